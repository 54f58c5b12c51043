import msgpack from 'socket.io-msgpack-parser';
import { RawWebSocket } from './support/raw.js';
import { Stage } from './support/stage.js';

/** A custom parser decodes what clients send before anybody else sees it; this one is the most used of them. */
describe('19. another parser: socket.io-msgpack-parser', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ application: 'msgpack', parser: msgpack });
  });
  afterAll(() => stage.end());
  beforeEach(() => stage.records());

  const encoder: { encode(value: unknown): Buffer[] } = new msgpack.Encoder() as never;
  const packet = (value: unknown) => encoder.encode(value)[0]!;
  const event = (...data: unknown[]) => packet({ type: 2, nsp: '/', data });
  const join = async () => {
    const peer = await RawWebSocket.open(stage.port);
    await peer.text(/^0/);
    peer.send(packet({ type: 0, nsp: '/' }));
    return peer;
  };
  const nested = (depth: number, open: number[], end: number[]) =>
    Buffer.concat([
      // {"type":2,"nsp":"/","data":["relay", ...]}
      Buffer.from([0x83, ...str('type'), 2, ...str('nsp'), ...str('/'), ...str('data'), 0x92, ...str('relay')]),
      Buffer.from(new Array(depth).fill(open).flat()),
      Buffer.from(end),
    ]);
  const str = (text: string) => [0xa0 + text.length, ...Buffer.from(text)];

  const attacks: [name: string, message: Buffer | string][] = [
    ['text', '42["x"]'],
    ['nothing', Buffer.alloc(0)],
    ['a number', packet(1)],
    ['null', packet(null)],
    ['a list', packet([2, '/', ['x']])],
    ['no data', packet({ type: 2, nsp: '/' })],
    ['no namespace', packet({ type: 2, data: ['x'] })],
    ['a namespace that is an object', packet({ type: 2, nsp: {}, data: ['x'] })],
    ['an unknown type', packet({ type: 9, nsp: '/', data: ['x'] })],
    ['an event without a name', event()],
    ['a name that is an object', event({ toString: 'x' })],
    ['a reserved event', event('disconnecting')],
    ['a long namespace', packet({ type: 0, nsp: `/${'n'.repeat(100_000)}` })],
    ['an id that is text', packet({ type: 2, nsp: '/', id: 'x', data: ['x'] })],
    ['a length of 4 GB: text', Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff])],
    ['a length of 4 GB: bytes', Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff])],
    ['a length of 4 GB: a list', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['a length of 4 GB: a map', Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff])],
    ['an extension that ends too soon', Buffer.from([0xc9, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    ['a code that means nothing', Buffer.from([0xc1])],
    ['lists inside each other', nested(600, [0x91], [0xc0])],
    ['a hundred thousand of them', nested(100_000, [0x91], [0xc0])],
    ['maps inside each other', nested(600, [0x81, ...str('a')], [0xc0])],
    ['a hundred thousand of those', nested(100_000, [0x81, ...str('a')], [0xc0])],
    ['a prototype', nested(1, [0x81, ...str('__proto__')], [0x81, ...str('isAdmin'), 0xc3])],
    ['a prototype deep inside', nested(20, [0x81, ...str('__proto__')], [0x81, ...str('isAdmin'), 0xc3])],
  ];

  test('what is malformed ends the connection, with the same reason on both sides', async () => {
    await stage.survives(async () => {
      for (const [name, message] of attacks) {
        const peer = await join();
        peer.send(message);
        const { code, reason } = await peer.closed;
        const isBound = /long|inside each/.test(name);
        expect([name, code, reason.slice(0, 12)]).toEqual([name, ...(isBound ? [1008, 'parse error:'] : [1005, ''])]);
        const end = await stage.recorded((each) => each.sid === peer.sid, `the end after ${name}`);
        expect([name, end.reason]).toEqual([name, 'parse error']);
      }
    });
  });

  test('what is strange, but allowed', async () => {
    await stage.survives(async () => {
      const peer = await join();
      peer.send(event('error', 'x'));
      peer.send(event('constructor', { constructor: 1, prototype: { isAdmin: true } }));
      peer.send(event('inspect', { constructor: { prototype: { isAdmin: true } } }));
      peer.send(packet({ type: 3, nsp: '/', id: 99, data: [] }));
      // An extension nobody knows is data like any other.
      peer.send(nested(1, [0x91], [0xd4, 0x63, 0x01]));
      expect(await stage.recorded((each) => each.kind === 'inspected')).toMatchObject({ isAdmin: false });
      await peer.end();
      await stage.recorded((each) => each.sid === peer.sid, 'the end');
    });
  });
});
