import { PacketType } from '../../../core/protocol/socketio/packet.js';
import { Socket } from '../../../core/server/socket.js';
import { FakeClient, FakeSocketNamespace } from './support/fakes.js';

function create(options: ConstructorParameters<typeof FakeSocketNamespace>[0] = {}, session?: object) {
  const namespace = new FakeSocketNamespace(options);
  const client = new FakeClient();
  const socket = new Socket(namespace, client, { token: 't' }, session as never); // What recovery found.
  namespace.sockets.set(socket.id, socket);
  socket.onConnect();
  const { log } = client;
  log.length = 0;
  const { reported } = namespace.server;
  const receive = (data: unknown[], id?: number) => socket.onPacket({ type: PacketType.EVENT, nsp: '/', id, data });
  return { namespace, client, socket, log, reported, receive };
}

describe('connecting', () => {
  test('tells the client, with what extensions add, and joins the room of its id', () => {
    const namespace = new FakeSocketNamespace();
    const client = new FakeClient();
    const socket = new Socket(namespace, client, {});
    expect(socket.disconnected).toBe(true);
    socket.onConnect({ extra: 1 });
    expect(client.log).toEqual([`0{"sid":"${socket.id}","extra":1}`]);
    expect([...socket.rooms]).toEqual([socket.id]);
    expect(socket.connected).toBe(true);
  });

  test('a restored session brings its id, rooms and data', () => {
    const session = { sid: 'old', pid: 'secret', rooms: ['r'], data: { name: 'n' } };
    const { socket } = create({ connectionStateRecovery: {} }, session);
    expect([socket.id, socket.recovered, socket.data]).toEqual(['old', true, { name: 'n' }]);
    expect([...socket.rooms]).toEqual(['r', 'old']);
  });

  test('the handshake: the request, and what the client gave', () => {
    const { socket } = create();
    expect(socket.handshake).toMatchObject({
      address: '1.2.3.4',
      auth: { token: 't' },
      query: { EIO: '4', x: '1' },
      secure: false,
      xdomain: true,
    });
    expect(socket.handshake).toBe(socket.handshake);
  });
});

describe('sending', () => {
  test('an event, with flags for this one only', () => {
    const { socket, log } = create();
    socket.volatile.emit('a', 1);
    socket.emit('b');
    expect(log).toEqual(['2["a",1] (volatile)', '2["b"]']);
  });

  test('an acknowledgement comes back, once', () => {
    const { socket, log } = create();
    const answers: unknown[] = [];
    socket.emit('a', (...answer: unknown[]) => answers.push(answer));
    expect(log).toEqual(['20["a"]']);
    for (const data of [['yes'], ['again']]) socket.onPacket({ type: PacketType.ACK, nsp: '/', id: 0, data });
    expect(answers).toEqual([['yes']]);
  });

  test('beyond the bound no answer is waited for', () => {
    const { socket } = create({ maxPendingAcks: 1 });
    const answers: unknown[] = [];
    socket.emit('a', () => answers.push('a'));
    socket.timeout(1000).emit('b', (error: Error) => answers.push(error.message));
    expect(answers).toEqual(['operation has timed out']);
  });

  test.each(['connect', 'disconnect', 'carillon:x'])('%s is reserved', (event) => {
    const { socket, log } = create();
    expect(() => socket.emit(event)).toThrow(`"${event}" is a reserved event name`);
    expect(log).toEqual([]);
  });

  test('an extension sees it once, adds to it, or drops it', () => {
    const { namespace, socket, log } = create();
    const seen: unknown[] = [];
    namespace.server.hooks.add('outgoing', '/', ({ namespace, data, target }) => {
      seen.push([namespace, [...data], [...target.rooms], target.flags]);
      data.push('added');
      return data[0] !== 'dropped';
    });
    socket.volatile.emit('a', 1, () => {});
    socket.emit('dropped');
    expect(seen).toEqual([
      ['/', ['a', 1], [socket.id], { volatile: true }],
      ['/', ['dropped'], [socket.id], {}],
    ]);
    expect(log).toEqual(['20["a",1,"added"] (volatile)']);
  });

  test('a notice is nothing that listeners or extensions of the application see', () => {
    const { namespace, socket, log } = create();
    namespace.server.hooks.add('outgoing', undefined, () => false);
    const seen: unknown[] = [];
    socket.onAnyOutgoing((event) => seen.push(event));
    socket.notice('carillon:x', [1]);
    expect(log).toEqual(['2["carillon:x",1]']);
    expect(seen).toEqual([]);
  });
});

describe('receiving', () => {
  test('listeners, with an acknowledgement that works once', () => {
    const { socket, log, receive } = create();
    socket.on('sum', (a: number, b: number, ack: (sum: number) => void) => {
      ack(a + b);
      ack(0);
    });
    receive(['sum', 1, 2], 5);
    expect(log).toEqual(['35[3]']);
  });

  test('a listener that throws: reported, and the client hears of it', () => {
    const { socket, log, reported, receive } = create();
    socket.on('x', () => {
      throw new Error('broken');
    });
    receive(['x'], 5);
    expect(reported).toEqual(['x: broken']);
    expect(log).toEqual(['35[{"status":"error","message":"Internal server error"}]']);
  });

  test('an answer that cannot be encoded: reported, and the client hears of it', () => {
    const { socket, log, reported, receive } = create();
    socket.on('x', (ack: (value: unknown) => void) => ack(1n));
    receive(['x'], 5);
    expect(reported).toEqual([expect.stringContaining('x: the acknowledgement of "x" could not be sent')]);
    expect(log).toEqual(['35[{"status":"error","message":"Internal server error"}]']);
  });

  test('an error event without listeners is nothing', () => {
    const { log, reported, receive } = create();
    receive(['error', 1]);
    expect([...log, ...reported]).toEqual([]);
  });

  test('names of extensions: refused with an answer, or a notice', () => {
    const { socket, log, receive } = create();
    const seen: unknown[] = [];
    socket.on('carillon:x', () => seen.push('heard'));
    receive(['carillon:x'], 5);
    receive(['carillon:x']);
    expect(seen).toEqual([]);
    expect(log).toEqual([
      '35[{"status":"error","message":"\\"carillon:x\\" is a reserved event name: \\"carillon:\\" begins those of extensions"}]',
      '2["carillon:refused",{"event":"carillon:x","reason":"reserved name"}]',
    ]);
  });

  test('catch-all listeners and middlewares come first', () => {
    const { socket, receive } = create();
    const order: unknown[] = [];
    socket.on('x', () => order.push('listener'));
    socket.use((_event, next) => {
      order.push('middleware');
      next();
    });
    socket.onAny(() => order.push('any'));
    receive(['x']);
    expect(order).toEqual(['any', 'middleware', 'listener']);
    socket.offAny();
    expect(socket.listenersAny()).toEqual([]);
  });

  test('hooks of an extension, until they are taken back', () => {
    const { socket, receive } = create();
    const hook = { arrived: () => false };
    const heard: unknown[] = [];
    socket.on('x', (value) => heard.push(value));
    socket.addIncomingHook(hook);
    receive(['x', 1]);
    socket.removeIncomingHook(hook);
    receive(['x', 2]);
    expect(heard).toEqual([2]);
  });
});

describe('leaving', () => {
  test('disconnect: the client is told, rooms are left, listeners hear of it, once', () => {
    const { namespace, socket, log } = create();
    const heard: unknown[] = [];
    socket.join('r');
    namespace.server.hooks.add('disconnecting', '/', ({ rooms }, reason) => heard.push(['hook', rooms.size, reason]));
    socket.on('disconnecting', (reason) => heard.push(['disconnecting', socket.rooms.size, reason]));
    socket.on('disconnect', (reason) => heard.push(['disconnect', socket.rooms.size, reason]));
    socket.disconnect();
    socket.disconnect();
    socket.onClose('transport close');
    const reason = 'server namespace disconnect';
    expect(heard).toEqual([
      ['hook', 2, reason],
      ['disconnecting', 2, reason],
      ['disconnect', 0, reason],
    ]);
    expect(log).toEqual(['1', 'removed']);
    expect(namespace.removed).toEqual([socket.id]);
  });

  test('the whole client', () => {
    const { socket, log } = create();
    socket.disconnect(true);
    expect(log).toEqual(['disconnected']);
  });

  test('acknowledgements that are waited for fail', () => {
    const { socket } = create();
    const failed: unknown[] = [];
    socket.timeout(1000).emit('x', (error: Error) => failed.push(error.message));
    socket.onPacket({ type: PacketType.DISCONNECT, nsp: '/' } as never); // It has no data.
    expect(failed).toEqual(['socket has been disconnected']);
  });

  test('afterwards it joins nothing any more', () => {
    const { namespace, socket } = create();
    socket.disconnect();
    socket.join('r');
    expect(namespace.adapter.rooms.size).toBe(0);
  });
});
