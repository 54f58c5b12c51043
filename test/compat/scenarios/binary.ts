import type { Scenario } from '../../support/compat/types.js';

const bytes = (length: number, seed = 0) => Buffer.from(Array.from({ length }, (_, index) => (index * 7 + seed) % 256));

export const scenarios: Scenario[] = [
  {
    name: 'every kind of binary from the server arrives',
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      socket.emit('buffer', Buffer.from([1, 2, 3]));
      socket.emit('empty', Buffer.alloc(0));
      socket.emit('arraybuffer', new Uint8Array([4, 5]).buffer);
      socket.emit('uint8', new Uint8Array([6, 7]));
      socket.emit('uint16', new Uint16Array([256, 257]));
      socket.emit('float64', new Float64Array([1.5]));
      socket.emit('dataview', new DataView(new Uint8Array([8, 9]).buffer));
      socket.emit('slice', Buffer.from([0, 1, 2, 3, 4]).subarray(1, 3), new Uint8Array([0, 1, 2, 3]).subarray(2));
      await context.delivered(socket, client);
    },
  },
  {
    name: 'every kind of binary from the client arrives',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.onAny((event, ...args) => {
        if (!event.startsWith('compat')) context.record('server', event, ...args);
      });
      client.emit('buffer', Buffer.from([1, 2, 3]));
      client.emit('empty', Buffer.alloc(0));
      client.emit('arraybuffer', new Uint8Array([4, 5]).buffer);
      client.emit('uint8', new Uint8Array([6, 7]));
      client.emit('uint16', new Uint16Array([256, 257]));
      client.emit('slice', Buffer.from([0, 1, 2, 3, 4]).subarray(1, 3));
      await context.delivered(client, socket);
    },
  },
  {
    name: 'binary deep inside, several times, with text around it',
    touches: ['Socket.emit', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const value = { a: [Buffer.from([1]), { b: Buffer.from([2]), c: 'text' }], d: null, e: [[Buffer.from([3])]] };
      socket.on('deep', (...args) => context.record('server', 'deep', ...args));
      context.listen('client', client);
      client.emit('deep', 1, value, Buffer.from([4]), 'end');
      socket.emit('deep', 1, value, Buffer.from([4]), 'end');
      await context.delivered(client, socket);
      await context.delivered(socket, client);
      context.record('server', 'the value is unharmed', value);
    },
  },
  {
    name: 'the same buffer twice in one event',
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      const buffer = Buffer.from([1, 2]);
      socket.emit('twice', buffer, { again: buffer });
      await context.delivered(socket, client);
    },
  },
  {
    name: 'the binary that arrives at the server is a Buffer of its own',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('x', (value) => {
        context.record('server', 'value', Buffer.isBuffer(value), value.length, value);
        value.fill(0);
        context.record('server', 'writable', value);
      });
      client.emit('x', bytes(10));
      client.emit('x', bytes(10, 1));
      await context.recorded('server', 4);
    },
  },
  {
    name: 'large binary, both ways',
    touches: ['Socket.emit', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('large', (value) => context.record('server', 'large', value));
      context.listen('client', client);
      for (const length of [125, 126, 65_535, 65_536, 300_000]) {
        client.emit('large', bytes(length));
        socket.emit('large', bytes(length, 3));
      }
      await context.delivered(client, socket);
      await context.delivered(socket, client);
    },
  },
  {
    name: 'large text, both ways',
    touches: ['Socket.emit', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('large', (value) => context.record('server', 'large', value));
      context.listen('client', client);
      for (const length of [100, 120, 32_000, 70_000]) {
        client.emit('large', 'é☃💩'.repeat(length / 4));
        socket.emit('large', 'x'.repeat(length));
      }
      await context.delivered(client, socket);
      await context.delivered(socket, client);
    },
  },
  {
    name: 'attachments up to the limit, and one more',
    touches: ['Socket.on', 'Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      for (const count of [10, 11]) {
        const { client, socket } = await context.connect(io);
        await context.upgraded({ client, socket });
        socket.on('many', (...args) => context.record('server', 'many', args.length, args.at(-1)));
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
        client.emit('many', ...Array.from({ length: count }, (_, index) => Buffer.from([index])));
        await context.recorded('server', count - 9);
      }
    },
  },
  {
    name: 'many attachments from the server',
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const [peer] = await context.joinedPeer(io);
      io.emit('many', ...Array.from({ length: 10 }, (_, index) => Buffer.from([index])));
      for (let count = 0; count < 11; count++) context.record('peer', 'received', await peer.receive());
    },
  },
  {
    name: 'values with toJSON, and things without a place in JSON',
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      socket.emit('toJSON', { toJSON: () => ({ shown: true }) }, new Date(1e12), [undefined, () => {}, Symbol('s')]);
      socket.emit('with binary', { toJSON: () => ({ bytes: Buffer.from([1]) }) }, Buffer.from([2]));
      await context.delivered(socket, client);
      const circular: { self?: unknown } = {};
      circular.self = circular;
      // The messages differ: ours name the event.
      for (const [name, value] of [['bigint', 1n] as const, ['circular', circular] as const]) {
        try {
          socket.emit(name, value);
          context.record('server', name, 'returned');
        } catch (error) {
          context.record('server', name, 'threw', error instanceof TypeError);
        }
      }
    },
  },
  {
    name: 'placeholders that are only text stay text',
    touches: ['Socket.emit', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      socket.on('x', (...args) => context.record('server', 'x', ...args));
      client.emit('x', { _placeholder: true, num: 0 });
      socket.emit('x', { _placeholder: true, num: 0 });
      await context.delivered(client, socket);
      await context.delivered(socket, client);
    },
  },
  {
    name: 'binary events and text events keep their order',
    touches: ['Socket.emit', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('x', (index, value) => context.record('server', 'x', index, value));
      context.listen('client', client);
      for (let index = 0; index < 30; index++) {
        const value =
          index % 3 === 0 ? Buffer.from([index]) : index % 3 === 1 ? `text ${index}` : [Buffer.from([index]), bytes(3)];
        client.emit('x', index, value);
        socket.emit('x', index, value);
      }
      await context.delivered(client, socket);
      await context.delivered(socket, client);
    },
  },
];
