import type { Scenario } from '../../support/compat/types.js';

/** Records numbers as ranges, so that ten thousand in order are one line. */
function ranges(numbers: number[]): string[] {
  const result: [number, number][] = [];
  for (const number of numbers) {
    const last = result.at(-1);
    if (last && last[1] + 1 === number) last[1] = number;
    else result.push([number, number]);
  }
  return result.map(([from, to]) => `${from}..${to}`);
}

export const scenarios: Scenario[] = [
  {
    name: 'direct emits and broadcasts, binary and text, arrive as they were emitted',
    touches: ['Socket.emit', 'Server.emit', 'BroadcastOperator.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      socket.join('room');
      for (let index = 0; index < 40; index += 8) {
        socket.emit('direct', index);
        io.emit('broadcast', index + 1);
        io.to('room').emit('room', index + 2, Buffer.from([index]));
        socket.emit('direct binary', index + 3, Buffer.from([1]), Buffer.from([2]));
        io.local.emit('local', index + 4);
        socket.emit('with ack', index + 5, () => {});
        socket.compress(false).emit('uncompressed', index + 6);
        socket.send(index + 7);
      }
      await context.delivered(socket, client);
    },
  },
  {
    name: 'what comes in, in one go, is heard in order',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const heard: number[] = [];
      const done = new Promise<void>((resolve) => {
        socket.on('x', (index: number) => {
          heard.push(index);
          if (heard.length === 1000) resolve();
        });
      });
      for (let index = 0; index < 1000; index++) {
        if (index % 5 === 0) client.emit('x', index, Buffer.from([index % 256]));
        else client.emit('x', index);
      }
      await context.bounded(done, '1000 events');
      context.record('server', 'heard', ranges(heard));
    },
  },
  {
    name: 'numbered messages each way while the client upgrades',
    touches: ['Socket.emit', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const total = 2000;
      const down: number[] = [];
      const up: number[] = [];
      const collect = (into: number[]) =>
        new Promise<(index: number) => void>((give) => give((index) => void into.push(index)));
      const pushDown = await collect(down);
      const pushUp = await collect(up);
      const upDone = new Promise<void>((resolve) => {
        io.on('connection', (socket) => {
          socket.on('up', (index: number) => {
            pushUp(index);
            if (up.length === total) resolve();
          });
          emitInSlices(
            (index) =>
              index % 7 === 0
                ? socket.emit('down', index, Buffer.from([1]))
                : index % 3 === 0
                  ? io.emit('down', index)
                  : socket.emit('down', index),
            total,
          );
        });
      });
      const client = context.client(io);
      const downDone = new Promise<void>((resolve) => {
        client.on('down', (index: number) => {
          pushDown(index);
          if (down.length === total) resolve();
        });
      });
      await context.once(client, 'connect');
      emitInSlices(
        (index) => (index % 7 === 0 ? client.emit('up', index, Buffer.from([1])) : client.emit('up', index)),
        total,
      );
      await context.bounded(Promise.all([upDone, downDone]), 'all messages');
      context.record('server', 'up', ranges(up));
      context.record('client', 'down', ranges(down));
    },
  },
  {
    name: 'two namespaces on one connection keep their order, each and together',
    touches: ['Namespace.emit', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      const chat = io.of('/chat');
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const other = await context.connected(io, manager.socket('/chat'), '/chat');
      for (const client of [main.client, other.client]) {
        client.on('x', (...args) => context.record('client', 'x', ...args));
      }
      for (let index = 0; index < 20; index += 4) {
        main.socket.emit('x', index);
        other.socket.emit('x', index + 1, Buffer.from([index]));
        chat.emit('x', index + 2);
        io.emit('x', index + 3);
      }
      await context.delivered(main.socket, main.client);
    },
  },
  {
    name: 'acks keep their place among events',
    touches: ['Socket.on', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('ask', (index, answer) => {
        socket.emit('before', index);
        answer(index);
        socket.emit('after', index);
      });
      client.on('before', (index) => context.record('client', 'before', index));
      client.on('after', (index) => context.record('client', 'after', index));
      for (const index of [1, 2, 3])
        client.emit('ask', index, (answer: number) => context.record('client', 'answer', answer));
      await context.recorded('client', 9);
    },
  },
];

/** Emits in slices over several turns, so that an upgrade happens in the middle. */
function emitInSlices(emit: (index: number) => void, total: number): void {
  let next = 0;
  const slice = () => {
    for (const end = Math.min(next + 20, total); next < end; next++) emit(next);
    if (next < total) setImmediate(slice);
  };
  slice();
}
