import type { Scenario } from '../../support/compat/types.js';
import { answering, fast, watch } from './support.js';

const once: Scenario['modes'] = ['websocket'];

export const scenarios: Scenario[] = [
  {
    name: 'client: what is emitted before the connection waits, in order',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => socket.onAny((...args) => context.record('server', ...(args as [string]))));
      const client = context.client(io, { autoConnect: false });
      client.on('connect', () => client.emit('in the connect listener'));
      client.emit('first', 1);
      client.emit('second', Buffer.from([2]));
      context.record('client', 'waiting', client.sendBuffer.length, client.sendBuffer[0]!.data);
      client.connect();
      client.emit('third');
      await context.recorded('server', 4);
      context.record('client', 'waiting', client.sendBuffer.length);
    },
  },
  {
    name: 'client: what waits can be forgotten',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => socket.onAny((event) => context.record('server', event)));
      const client = context.client(io, { autoConnect: false });
      client.emit('forgotten');
      client.sendBuffer = [];
      client.emit('kept');
      client.connect();
      const { socket } = await context.connected(io, client);
      await context.delivered(client, socket);
    },
  },
  {
    name: 'client: volatile events are dropped while it is not connected',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => socket.onAny((event) => context.record('server', event)));
      const client = context.client(io, { autoConnect: false });
      context.record('client', 'returns', client.volatile === client, client.volatile.emit('dropped') === client);
      client.emit('kept');
      context.record('client', 'waiting', client.sendBuffer.length);
      client.connect();
      await context.recorded('server', 1);
    },
  },
  {
    name: 'client: of two volatile events in one turn one arrives',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('v', (n) => context.record('server', 'v', n));
      await context.delivered(client, socket);
      client.volatile.emit('v', 1);
      client.volatile.emit('v', 2);
      await context.delivered(client, socket);
    },
  },
  {
    name: 'client: arguments of all kinds',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('args', (...args) => context.record('server', 'args', ...args));
      client.emit('args');
      client.emit('args', undefined, null, true, 1.5, 'text é ☃ 𝄞', '');
      client.emit('args', [], {}, [[1], { a: [2] }], { nested: { deep: { er: 1 } } });
      client.emit('args', new Date(0), { toJSON: () => 'json' }, Number.NaN, -0, Number.POSITIVE_INFINITY);
      client.emit('args', { undefined: undefined, f: () => 1 }, [undefined]);
      client.emit('args', 'line\nbreak \u2028 "quotes" \\ \x1e');
      await context.recorded('server', 6);
    },
  },
  {
    name: 'client: binary of all kinds',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('bin', (...args) => context.record('server', 'bin', ...args));
      client.emit('bin', Buffer.from('abc'));
      client.emit('bin', Uint8Array.from([1, 2, 3]).buffer, Uint16Array.from([4, 5]), new DataView(new ArrayBuffer(2)));
      client.emit('bin', Uint8Array.from([0, 1, 2, 3, 4]).subarray(1, 3), { list: [Buffer.alloc(0), 'x'] });
      client.emit('bin', { a: { b: [{ c: Buffer.from([255]) }] } }, Buffer.alloc(5000, 7));
      await context.recorded('server', 4);
    },
  },
  {
    name: 'client: binary comes in, in any place',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      client.on('bin', (...args) => context.record('client', 'bin', ...args));
      socket.emit('bin', Buffer.from('abc'));
      socket.emit('bin', { list: [Buffer.from([1]), { deep: Buffer.from([2]) }] }, 'text', Buffer.alloc(0));
      socket.emit('bin', Uint8Array.from([5]), Uint8Array.from([6, 7]).buffer);
      await context.recorded('client', 3);
    },
  },
  {
    name: 'client: a thousand events keep their order',
    touches: [],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      const { client, socket } = connected;
      const received: number[] = [];
      socket.on('n', (n) => received.push(n));
      for (let n = 0; n < 500; n++) client.emit('n', n);
      await context.upgraded(connected);
      for (let n = 500; n < 1000; n++) client.emit('n', n, n % 100 === 0 ? Buffer.from([1]) : 'text');
      await context.delivered(client, socket);
      context.record(
        'server',
        'count',
        received.length,
        received.every((n, index) => n === index),
      );
    },
  },
  {
    name: 'client: a long message, both ways',
    touches: [],
    async run(context) {
      const io = answering(await context.server());
      const { client } = await context.connect(io);
      const text = 'é'.repeat(200_000);
      const answer = await client.emitWithAck('ask', text);
      context.record('client', 'same', answer === text);
      const bytes = Buffer.alloc(300_000, 3);
      context.record('client', 'bytes', await client.emitWithAck('ask', bytes));
    },
  },
  {
    name: 'client: send is the message event',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('message', (...args) => context.record('server', 'message', ...args.slice(0, 2)));
      client.on('message', (...args) => context.record('client', 'message', ...args));
      context.record('client', 'returns', client.send('hello', 2) === client);
      socket.send('hi', { there: 1 });
      await Promise.all([context.recorded('server', 1), context.recorded('client', 2)]);
    },
  },
  {
    name: 'client: reserved names',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io);
      const names = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
      for (const name of names) context.attempt('client', name, () => client.emit(name) === client);
      for (const name of names) await context.settle('client', name, client.emitWithAck(name));
    },
  },
  {
    name: 'client: names that are not reserved',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const names = ['error', '', '__proto__', 'constructor', 'toString', 'message', 'ping', 'with space', 'é'];
      for (const name of names) socket.on(name, (n) => context.record('server', name, n));
      for (const name of names) client.on(name, (n) => context.record('client', name, n));
      for (const [n, name] of names.entries()) client.emit(name, n);
      for (const [n, name] of names.entries()) socket.emit(name, n);
      await Promise.all([context.recorded('server', names.length), context.recorded('client', names.length)]);
    },
  },
  {
    name: 'client: what cannot be encoded throws at the call',
    touches: [],
    modes: once,
    async run(context) {
      const io = answering(await context.server());
      const { client } = await context.connect(io);
      const loop: { self?: unknown } = {};
      loop.self = loop;
      for (const value of [loop, 10n]) {
        let thrown = false;
        try {
          client.emit('bad', value);
        } catch {
          thrown = true;
        }
        context.record('client', 'thrown', thrown);
      }
      context.record('client', 'lives', await client.emitWithAck('ask', 'still'));
    },
  },
  {
    name: 'client: catch-all listeners for what comes',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const second = (...args: unknown[]) => context.record('client', 'second', ...args.slice(0, 2));
      client.on('e', (n) => context.record('client', 'listener', n));
      client.onAny(second);
      client.prependAny((...args) => context.record('client', 'first', ...args.slice(0, 2)));
      context.record('client', 'count', client.listenersAny().length, client.listenersAny()[1] === second);
      socket.emit('e', 1);
      await context.recorded('client', 4);
      client.offAny(second);
      socket.emit('e', 2);
      await context.recorded('client', 6);
      client.offAny();
      socket.emit('e', 3);
      await context.recorded('client', 7);
      context.record('client', 'count', client.listenersAny().length);
      client.offAny(second);
    },
  },
  {
    name: 'client: catch-all listeners see acknowledgements and no library events',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const client = context.client(io);
      client.onAny((event, ...args) => {
        context.record('client', event, ...args);
        if (event === 'ask') args[0]('answered');
      });
      const { socket } = await context.connected(io, client);
      context.record('server', 'answer', await socket.emitWithAck('ask'));
      client.disconnect();
    },
  },
  {
    name: 'client: catch-all listeners for what goes',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const client = context.client(io, { autoConnect: false });
      const second = (...args: unknown[]) => context.record('client', 'second', ...args);
      client.onAnyOutgoing(second);
      client.prependAnyOutgoing((...args) => context.record('client', 'first', ...args));
      context.record('client', 'count', client.listenersAnyOutgoing().length);
      client.emit('waiting', 1);
      client.volatile.emit('dropped');
      context.record('client', 'before');
      client.connect();
      const { socket } = await context.connected(io, client);
      client.emit('sent', 2, () => {});
      client.offAnyOutgoing(second);
      client.emit('sent', 3);
      client.offAnyOutgoing();
      client.emit('unseen');
      context.record('client', 'count', client.listenersAnyOutgoing().length);
      client.on('ask', (answer) => answer('not an event'));
      context.record('server', 'answer', await socket.emitWithAck('ask'));
    },
  },
  {
    name: 'client: what comes in the same breath as CONNECT',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.emit('greeting', 1);
        socket.emit('greeting', Buffer.from([2]));
        socket.emit('question', (answer: string) => context.record('server', 'answer', answer));
      });
      const client = context.client(io);
      client.on('connect', () => context.record('client', 'connect'));
      client.on('greeting', (n) => context.record('client', 'greeting', n, client.connected));
      client.on('question', (answer) => answer('yes'));
      await Promise.all([context.recorded('client', 3), context.recorded('server', 1)]);
    },
  },
  {
    name: 'client: what is emitted after the end waits for the next connection',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => socket.onAny((...args) => context.record('server', ...(args as [string]))));
      const { client } = await context.connect(io);
      client.disconnect();
      client.emit('later', 1);
      client.emit('later', 2);
      context.record('client', 'waiting', client.sendBuffer.length);
      client.connect();
      await context.recorded('server', 2);
    },
  },
  {
    name: 'client: what is emitted while it reconnects arrives in order',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => socket.on('n', (n) => context.record('server', 'n', n)));
      const { client } = await context.connect(io, fast);
      client.emit('n', 0);
      await context.recorded('server', 1);
      watch(context, client);
      client.on('disconnect', () => {
        for (let n = 1; n <= 3; n++) client.emit('n', n);
      });
      client.io.engine.close();
      await context.recorded('server', 4);
    },
  },
  {
    name: 'client: compress is for the next event, and changes nothing else',
    touches: [],
    async run(context) {
      const io = await context.server({ perMessageDeflate: true });
      const { client, socket } = await context.connect(io, { perMessageDeflate: { threshold: 10 } });
      socket.on('text', (text) => context.record('server', 'text', text.length));
      context.record('client', 'returns', client.compress(true) === client);
      client.emit('text', 'a'.repeat(5000));
      client.compress(false).emit('text', 'b'.repeat(5000));
      client.compress(true).volatile.emit('text', 'c');
      await context.delivered(client, socket);
    },
  },
  {
    name: 'client: listeners are added, counted and removed',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const listener = (n: number) => context.record('client', 'on', n);
      const single = (n: number) => context.record('client', 'once', n);
      client.on('e', listener).once('e', single);
      client.on('e', listener);
      context.record('client', 'listeners', client.listeners('e').length, client.listeners('e')[0] === listener);
      context.record('client', 'has', client.hasListeners('e'), client.hasListeners('f'));
      socket.emit('e', 1);
      await context.recorded('client', 5);
      client.off('e', listener);
      socket.emit('e', 2);
      await context.recorded('client', 6);
      client.once('e', single);
      client.off('e', single);
      client.removeListener('e', listener);
      context.record('client', 'left', client.listeners('e').length, client.hasListeners('e'));
      client.on('e', listener);
      client.removeAllListeners('e');
      client.on('f', listener);
      client.off();
      context.record('client', 'left', client.hasListeners('e'), client.hasListeners('f'));
    },
  },
  {
    name: 'client: a listener removes another while they are called',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const third = () => context.record('client', 'third');
      client.on('e', () => {
        context.record('client', 'first');
        client.off('e', third);
        client.on('e', () => context.record('client', 'added'));
      });
      client.on('e', () => context.record('client', 'second'));
      client.on('e', third);
      socket.emit('e');
      await context.delivered(socket, client);
      client.off('e');
      socket.emit('e');
      await context.delivered(socket, client);
    },
  },
  {
    name: 'client: what a listener is called on',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      client.on('e', function (this: unknown) {
        context.record('client', 'this', this === client);
      });
      client.once('e', function (this: unknown) {
        context.record('client', 'this', this === client);
      });
      socket.emit('e');
      await context.recorded('client', 2);
    },
  },
];
