import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import { Server } from '../../../core/index.js';

/** A connection of another engine, as `io.bind()` takes them: no network. */
class RawSocket extends EventEmitter {
  readonly id = 'sid';
  readonly request = { headers: {}, url: '/', socket: null };
  readonly remoteAddress = '10.0.0.1';
  readonly transport = { name: 'websocket', writable: true };
  readyState = 'open';
  readonly sent: unknown[] = [];

  write(data: unknown): void {
    this.sent.push(data);
  }

  close(): void {
    this.readyState = 'closed';
    this.emit('close', 'forced close');
  }
}

function serve(refuse: (next: (error?: Error) => void) => void): { io: Server; raw: RawSocket } {
  const io = new Server();
  io.use((_socket, next) => refuse(next));
  const raw = new RawSocket();
  const engine = new EventEmitter();
  io.bind(engine);
  engine.emit('connection', raw);
  raw.emit('data', '0');
  return { io, raw };
}

const loop: { self?: unknown } = {};
loop.self = loop;

test.each([
  ['a text', 'not you', '4{"message":"not you"}'],
  ['a number', 5, '4{"message":"5"}'],
  ['an object', { message: 'not you', data: [1] }, '4{"message":"not you","data":[1]}'],
  ['an error without data', new Error('not you'), '4{"message":"not you"}'],
])('a middleware that refuses with %s', (_what, reason, packet) => {
  expect(serve((next) => next(reason as Error)).raw.sent).toEqual([packet]);
});

test.each([
  ['a BigInt', 5n],
  ['a cycle', loop],
  [
    'what throws',
    {
      toJSON: () => {
        throw new Error('no');
      },
    },
  ],
])('an error whose data is %s is reported, and the client still gets the message', (_what, data) => {
  const log = jest.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const { raw } = serve((next) => next(Object.assign(new Error('not you'), { data })));
    expect(raw.sent).toEqual(['4{"message":"not you"}']);
    expect(log.mock.calls.join()).toContain('connect_error');
  } finally {
    log.mockRestore();
  }
});

test('what it holds may be told to the application instead of the log', () => {
  const reported: unknown[] = [];
  const { io, raw } = serve((next) => setImmediate(() => next(Object.assign(new Error('not you'), { data: 5n }))));
  io.on('listener_error', (error, { event }) => reported.push(error instanceof TypeError, event));
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    expect(reported).toEqual([true, 'connect_error']);
    expect(raw.sent).toEqual(['4{"message":"not you"}']);
  });
});

test('a packet that cannot be read is an error of each socket, while it is still connected', () => {
  const io = new Server();
  const raw = new RawSocket();
  const engine = new EventEmitter();
  io.bind(engine);
  const heard: unknown[] = [];
  for (const name of ['/', '/x'])
    io.of(name).on('connection', (socket) => {
      socket.on('error', (error) => heard.push([name, error instanceof Error, socket.connected]));
      socket.on('disconnect', (reason) => heard.push([name, reason]));
    });
  engine.emit('connection', raw);
  for (const packet of ['0', '0/x,', 'abc']) raw.emit('data', packet);
  expect(heard).toEqual([
    ['/', true, true],
    ['/x', true, true],
    ['/', 'parse error'],
    ['/x', 'parse error'],
  ]);
});
