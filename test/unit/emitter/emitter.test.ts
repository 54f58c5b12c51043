import { readBroadcast } from '../../../core/adapters/redis/socketio/broadcasts.js';
import { Emitter, OptionError } from '../../../core/emitter/index.js';

/** A client of ioredis as far as an emitter looks at it. */
class TestClient {
  readonly isCluster = false;
  readonly status = 'ready';
  readonly options = {};
  readonly published: [channel: string, message: Buffer][] = [];
  refusal: Error | undefined;
  callBuffer(): void {}
  pipeline(): void {}
  async publish(channel: string, message: Buffer): Promise<number> {
    this.published.push([channel, message]);
    if (this.refusal) throw this.refusal;
    return 1;
  }

  /** Requests, as text. */
  get texts(): [channel: string, message: string][] {
    return this.published.map(([channel, message]) => [channel, message.toString()]);
  }

  get broadcasts(): unknown[] {
    return this.published.map(([channel, message]) => {
      const broadcast = readBroadcast(message);
      if ('malformed' in broadcast) throw new Error(broadcast.malformed);
      const { nsp, data, options } = broadcast;
      return { channel, nsp, data, ...options };
    });
  }
}

function setUp(options = {}) {
  const client = new TestClient();
  return { client, emitter: new Emitter(client as never, options) };
}

const everybody = { rooms: new Set(), except: new Set(), flags: {} };

test('emits to everybody, to rooms, and not to others', () => {
  const { client, emitter } = setUp();
  expect(emitter.emit('news', 1, Buffer.of(1))).toBe(true);
  emitter.to('a').emit('one');
  emitter.in(['a', 'b']).to('c').except('d').except(['e']).volatile.compress(false).emit('many');
  expect(client.broadcasts).toEqual([
    { channel: 'socket.io#/#', nsp: '/', data: ['news', 1, Buffer.of(1)], ...everybody },
    { channel: 'socket.io#/#a#', nsp: '/', data: ['one'], ...everybody, rooms: new Set(['a']) },
    {
      channel: 'socket.io#/#',
      nsp: '/',
      data: ['many'],
      rooms: new Set(['a', 'b', 'c']),
      except: new Set(['d', 'e']),
      flags: { volatile: true, compress: false },
    },
  ]);
});

test('a refinement is a new emitter: what it came from stays as it was', () => {
  const { client, emitter } = setUp();
  const staff = emitter.to('staff');
  staff.except('away').emit('one');
  staff.emit('two');
  emitter.emit('three');
  expect(client.broadcasts).toMatchObject([
    { rooms: new Set(['staff']), except: new Set(['away']) },
    { rooms: new Set(['staff']), except: new Set() },
    everybody,
  ]);
});

test('in other namespaces, with or without a slash, and with another key', () => {
  const { client, emitter } = setUp({ key: 'app' });
  emitter.of('/orders').emit('x');
  emitter.of('orders').of('bills').to('r').emit('x');
  expect(client.broadcasts).toMatchObject([
    { channel: 'app#/orders#', nsp: '/orders' },
    { channel: 'app#/bills#r#', nsp: '/bills' },
  ]);
  expect([emitter.nsp, emitter.of('orders').nsp, new Emitter(client as never, {}, '/x').nsp]).toEqual([
    '/',
    '/orders',
    '/x',
  ]);
});

test('tells sockets what to do, and servers what happened', () => {
  const { client, emitter } = setUp();
  emitter.in('a').except('b').socketsJoin(['c', 'd']);
  emitter.socketsLeave('c');
  emitter.to('a').disconnectSockets();
  emitter.of('/x').disconnectSockets(true);
  emitter.serverSideEmit('hello', 1, { a: null });
  expect(client.texts).toEqual([
    ['socket.io-request#/#', '{"type":2,"opts":{"rooms":["a"],"except":["b"]},"rooms":["c","d"]}'],
    ['socket.io-request#/#', '{"type":3,"opts":{"rooms":[],"except":[]},"rooms":["c"]}'],
    ['socket.io-request#/#', '{"type":4,"opts":{"rooms":["a"],"except":[]},"close":false}'],
    ['socket.io-request#/x#', '{"type":4,"opts":{"rooms":[],"except":[]},"close":true}'],
    ['socket.io-request#/#', '{"uid":"emitter","type":6,"data":["hello",1,{"a":null}]}'],
  ]);
});

test('says what is wrong at the call', () => {
  const { client, emitter } = setUp();
  const wrong = emitter as unknown as Record<string, (...args: unknown[]) => unknown>;
  expect(() => emitter.emit('disconnect')).toThrow(new TypeError('"disconnect" is a reserved event name'));
  expect(() => wrong.emit!(5)).toThrow(new TypeError('the name of the event is 5, not a text'));
  expect(() => wrong.emit!()).toThrow(new TypeError('the name of the event is undefined, not a text'));
  expect(() => emitter.emit('x', () => {})).toThrow(
    new TypeError('an emitter cannot collect acknowledgements: use emitWithAck() of a server'),
  );
  expect(() => emitter.emit('x', 1n)).toThrow(/^cannot encode a BigInt/);
  expect(() => emitter.serverSideEmit('connection')).toThrow(new TypeError('"connection" is a reserved event name'));
  expect(() => emitter.serverSideEmit('x', () => {})).toThrow(TypeError);
  expect(() => wrong.to!(undefined)).toThrow(new TypeError('a room is undefined, not a name'));
  expect(() => wrong.except!([{}])).toThrow(new TypeError('a room is an object with keys (none), not a name'));
  expect(() => wrong.socketsJoin!(null)).toThrow(new TypeError('a room is null, not a name'));
  expect(() => wrong.of!(7)).toThrow(new TypeError('the namespace is 7, not a name such as "/orders"'));
  expect(client.published).toEqual([]);
});

test.each<[string, unknown, object]>([
  ['client', {}, {}],
  ['client', undefined, {}],
  ['key', new TestClient(), { key: '' }],
  ['onError', new TestClient(), { onError: true }],
])('an option that cannot work: %s', (option, client, options) => {
  expect(() => new Emitter(client as never, options)).toThrow(OptionError);
  expect(() => new Emitter(client as never, options)).toThrow(`"${option}"`);
});

test('flush() waits for Redis; what it refuses is reported, and nothing is rejected', async () => {
  const errors: Error[] = [];
  const { client, emitter } = setUp({ onError: (error: Error) => errors.push(error) });
  emitter.emit('x');
  await emitter.flush();
  client.refusal = new Error('OOM command not allowed');
  emitter.emit('x');
  emitter.of('/x').socketsJoin('r');
  await emitter.flush();
  expect(errors).toEqual([client.refusal, client.refusal]);
});
