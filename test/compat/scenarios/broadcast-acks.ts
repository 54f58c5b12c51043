import type { Server } from 'socket.io';
import type { Connected, Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';

/** Clients that answer `ask` with their number, or do not. */
async function answering(context: Context, io: Server, answers: (string | undefined)[]): Promise<Connected[]> {
  const all: Connected[] = [];
  for (const answer of answers) {
    const connected = await context.connect(io);
    connected.client.on('ask', (...args) => {
      if (answer !== undefined) args.at(-1)(answer);
    });
    all.push(connected);
  }
  return all;
}

const sorted = (responses: unknown) => (Array.isArray(responses) ? [...responses].sort() : responses);

export const scenarios: Scenario[] = [
  {
    name: 'everybody answers a broadcast',
    touches: ['Server.timeout', 'BroadcastOperator.emit', 'BroadcastOperator.timeout'],
    async run(context) {
      const io = await context.server();
      await answering(context, io, ['a', 'b', 'c']);
      const returned = io.timeout(60_000).emit('ask', 1, (error: unknown, responses: unknown) => {
        context.record('server', 'answers', error, sorted(responses));
      });
      await context.recorded('server', 1);
      context.record('server', 'returned', returned);
    },
  },
  {
    name: 'emitWithAck of a broadcast',
    touches: ['BroadcastOperator.emitWithAck', 'Server.to', 'Namespace.timeout'],
    async run(context) {
      const io = await context.server();
      const [one, two] = await answering(context, io, ['a', 'b', 'c']);
      one!.socket.join('room');
      two!.socket.join('room');
      await context.settle('server', 'all', io.timeout(60_000).emitWithAck('ask').then(sorted));
      await context.settle('server', 'room', io.to('room').timeout(60_000).emitWithAck('ask').then(sorted));
      await context.settle('server', 'except', io.timeout(60_000).except('room').emitWithAck('ask').then(sorted));
      await context.settle('server', 'namespace', io.of('/').timeout(60_000).emitWithAck('ask').then(sorted));
    },
  },
  {
    name: 'somebody does not answer a broadcast in time',
    timed: true,
    touches: ['BroadcastOperator.timeout', 'BroadcastOperator.emitWithAck'],
    async run(context) {
      const io = await context.server();
      await answering(context, io, ['a', undefined, 'c']);
      io.timeout(context.time(250)).emit('ask', (error: Error & { responses?: unknown }, responses: unknown) => {
        context.record('server', 'answers', error, sorted(responses), sorted(error.responses));
      });
      await context.recorded('server', 1);
      const late = io
        .timeout(context.time(250))
        .emitWithAck('ask')
        .catch((error) => Promise.reject(Object.assign(error, { data: sorted(error.responses) })));
      await context.settle('server', 'promise', late);
    },
  },
  {
    name: 'nobody is there to answer a broadcast',
    touches: ['BroadcastOperator.emit', 'BroadcastOperator.emitWithAck'],
    async run(context) {
      const io = await context.server();
      io.to('nowhere')
        .timeout(50)
        .emit('ask', (...args: unknown[]) => context.record('server', 'callback', ...args));
      await context.recorded('server', 1);
      await context.settle('server', 'promise', io.to('nowhere').timeout(50).emitWithAck('ask'));
    },
  },
  {
    name: 'a broadcast with an ack and no timeout hardly waits',
    touches: ['Server.emit', 'BroadcastOperator.emit'],
    async run(context) {
      const io = await context.server();
      await answering(context, io, [undefined, undefined]);
      const callback = (...args: unknown[]) => context.record('server', 'answers', ...args.map(sorted));
      context.attempt('server', 'io', () => io.emit('ask', callback));
      await context.recorded('server', 2);
      context.attempt('server', 'except', () => io.except('nowhere').emit('ask', callback));
      await context.recorded('server', 4);
    },
  },
  {
    name: 'a socket asks the others',
    touches: ['Socket.broadcast', 'Socket.to', 'BroadcastOperator.emitWithAck'],
    async run(context) {
      const io = await context.server();
      const [one, two] = await answering(context, io, ['a', 'b', 'c']);
      two!.socket.join('room');
      await context.settle(
        'server',
        'broadcast',
        one!.socket.broadcast.timeout(60_000).emitWithAck('ask').then(sorted),
      );
      await context.settle('server', 'to', one!.socket.to('room').timeout(60_000).emitWithAck('ask'));
      await context.settle('server', 'timeout first', one!.socket.timeout(60_000).to('room').emitWithAck('ask'));
    },
  },
  {
    name: 'binary in the answers to a broadcast',
    touches: ['BroadcastOperator.emitWithAck'],
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io);
      client.on('ask', (value, answer) => answer({ value }));
      await context.settle('server', 'answers', io.timeout(60_000).emitWithAck('ask', Buffer.from([1, 2, 3])));
    },
  },
  {
    name: 'each client answers a broadcast with its first argument',
    touches: ['BroadcastOperator.emitWithAck'],
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io);
      client.on('several', (answer) => answer('one', 'two'));
      client.on('none', (answer) => answer());
      client.on('twice', (answer) => {
        answer(1);
        answer(2);
      });
      for (const event of ['several', 'none', 'twice']) {
        await context.settle('server', event, io.timeout(60_000).emitWithAck(event));
      }
    },
  },
  {
    name: 'a client leaves while a broadcast waits for its answer',
    timed: true,
    touches: ['BroadcastOperator.timeout'],
    async run(context) {
      const io = await context.server();
      const [, two] = await answering(context, io, ['a', undefined]);
      two!.client.on('ask', () => two!.client.disconnect());
      io.timeout(context.time(400)).emit('ask', (error: unknown, responses: unknown) =>
        context.record('server', 'answers', error, responses),
      );
      await context.recorded('server', 1);
    },
  },
  {
    name: 'the wire of a broadcast with an ack',
    touches: ['BroadcastOperator.emit'],
    async run(context) {
      const io = await context.server();
      const [peer] = await context.joinedPeer(io);
      for (let count = 0; count < 2; count++) {
        const answers = io.timeout(60_000).emitWithAck('ask', count);
        const packet = String(await peer.receive());
        context.record('peer', 'received', packet);
        const id = /^42(\d+)/.exec(packet)?.[1];
        await peer.send(`43${id}["answer ${count}"]`);
        await context.settle('server', 'answers', answers);
      }
    },
  },
];
