import type { Namespace, Server, ServerOptions } from 'socket.io';
import type { Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';

const websocket = ['websocket'] as const;

/** The adapter class of the package under test, as an application gets hold of it to extend it. */
function adapterOf(context: Context): NonNullable<ReturnType<Server['adapter']>> & (new (namespace: Namespace) => any) {
  // Never attached, so there is nothing to close.
  const io = new context.module.Server();
  return io.of('/').adapter.constructor as any; // its type would be that of one package
}

/** An adapter that hands what is emitted between servers to the given list of adapters, as a bus would. */
function bus(context: Context): { all: any[]; adapter: ServerOptions['adapter'] } {
  const all: any[] = [];
  class Connected extends adapterOf(context) {
    constructor(namespace: Namespace) {
      super(namespace);
      all.push(this);
    }
    serverSideEmit(packet: any[]) {
      for (const other of all) {
        if (other === this || other.nsp.name !== this.nsp.name) continue;
        const acknowledge = typeof packet.at(-1) === 'function' ? packet.at(-1) : undefined;
        const args = acknowledge ? packet.slice(0, -1) : packet;
        // What adapters of the ecosystem call when a message of another server arrives.
        other.nsp._onServerSideEmit(acknowledge ? [...args, (answer: unknown) => acknowledge(null, [answer])] : args);
      }
    }
  }
  return { all, adapter: Connected as unknown as ServerOptions['adapter'] };
}

export const scenarios: Scenario[] = [
  {
    name: 'serverSideEmit reaches the other servers through the adapter',
    modes: websocket,
    touches: [
      'Server.serverSideEmit',
      'Namespace.serverSideEmit',
      'Adapter.serverSideEmit',
      'option:adapter',
      'Server.on',
    ],
    async run(context) {
      const { adapter } = bus(context);
      const one = await context.server({ adapter });
      const two = await context.server({ adapter });
      one.of('/chat');
      two.on('hello', (...args) => context.record('two', 'hello', ...args));
      one.on('hello', (...args) => context.record('one', 'hello', ...args));
      two.of('/chat').on('hello', (...args) => context.record('two chat', 'hello', ...args));
      context.record('one', 'returned', one.serverSideEmit('hello', 1, { a: 2 }));
      one.of('/chat').serverSideEmit('hello', 'chat');
    },
  },
  {
    name: 'serverSideEmit with an answer',
    modes: websocket,
    touches: ['Server.serverSideEmit', 'Server.serverSideEmitWithAck', 'Namespace.serverSideEmitWithAck'],
    async run(context) {
      const { adapter } = bus(context);
      const one = await context.server({ adapter });
      const two = await context.server({ adapter });
      one.of('/chat');
      two.on('ask', (question, answer) => answer(`${question}!`));
      two.of('/chat').on('ask', (question, answer) => answer(`chat ${question}!`));
      one.serverSideEmit('ask', 'how', (...args: unknown[]) => context.record('one', 'answer', ...args));
      await context.settle('one', 'promise', one.serverSideEmitWithAck('ask', 'who'));
      await context.settle('one', 'chat', one.of('/chat').serverSideEmitWithAck('ask', 'where'));
    },
  },
  {
    name: 'reserved names cannot be emitted to other servers',
    modes: websocket,
    touches: ['Server.serverSideEmit', 'Namespace.serverSideEmit'],
    async run(context) {
      const { adapter } = bus(context);
      const io = await context.server({ adapter });
      for (const event of ['connect', 'connection', 'new_namespace']) {
        context.attempt('server', event, () => io.serverSideEmit(event));
        context.attempt('server', `chat ${event}`, () => io.of('/chat').serverSideEmit(event));
      }
    },
  },
  {
    name: 'the adapter of the server is set and read',
    modes: websocket,
    touches: ['Server.adapter', 'option:adapter'],
    async run(context) {
      const Base = adapterOf(context);
      const made: string[] = [];
      class Spy extends Base {
        constructor(namespace: Namespace) {
          super(namespace);
          made.push(namespace.name);
        }
      }
      const io = await context.server();
      io.of('/before');
      context.record('server', 'by default', typeof io.adapter());
      context.record('server', 'returned', io.adapter(Spy as never) === io, io.adapter() === (Spy as never));
      io.of('/after');
      context.record('server', 'made', made, io.of('/before').adapter instanceof Spy);
    },
  },
  {
    name: 'an adapter made by a function',
    modes: websocket,
    touches: ['option:adapter', 'Adapter.broadcast', 'Adapter.broadcastWithAck', 'Adapter.init', 'Adapter.close'],
    async run(context) {
      const Base = adapterOf(context);
      class Spy extends Base {
        init() {
          context.record('adapter', 'init', this.nsp.name);
        }
        close() {
          context.record('adapter', 'close', this.nsp.name);
        }
        broadcast(packet: any, options: any) {
          context.record(
            'adapter',
            'broadcast',
            packet.data,
            options.rooms,
            options.except,
            Object.keys(options.flags ?? {}),
          );
          super.broadcast(packet, options);
        }
        broadcastWithAck(packet: any, options: any, count: any, acknowledge: any) {
          context.record('adapter', 'broadcastWithAck', packet.data, options.rooms);
          super.broadcastWithAck(packet, options, count, acknowledge);
        }
      }
      function create(namespace: Namespace) {
        return new Spy(namespace);
      }
      const io = await context.server({ adapter: create as never });
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      client.on('ask', (answer) => answer('here'));
      io.emit('all');
      io.to('room').except('other').volatile.emit('some', 1);
      socket.broadcast.emit('others');
      await context.settle('server', 'answers', io.timeout(60_000).emitWithAck('ask'));
      await io.close();
    },
  },
  {
    name: 'the adapter is told about joins, leaves and broadcasts to rooms',
    modes: websocket,
    touches: ['option:adapter', 'Adapter.addAll', 'Adapter.del', 'Adapter.delAll'],
    async run(context) {
      const Base = adapterOf(context);
      class Spy extends Base {
        addAll(id: string, rooms: Set<string>) {
          context.record('adapter', 'addAll', id, rooms);
          return super.addAll(id, rooms);
        }
        del(id: string, room: string) {
          context.record('adapter', 'del', id, room);
          return super.del(id, room);
        }
        delAll(id: string) {
          context.record('adapter', 'delAll', id);
          return super.delAll(id);
        }
      }
      const io = await context.server({ adapter: Spy as never });
      const { client, socket } = await context.connect(io);
      socket.join('a');
      socket.join(['b', 'c']);
      socket.leave('b');
      client.disconnect();
      await context.once(socket, 'disconnect');
    },
  },
  {
    name: 'the in-memory adapter of the ecosystem can be plugged in',
    touches: ['option:adapter', 'Adapter.rooms'],
    async run(context) {
      const { Adapter } = await import('socket.io-adapter');
      const io = await context.server({ adapter: Adapter as never });
      const one = await context.connect(io);
      const two = await context.connect(io);
      one.socket.join('room');
      context.listen('one', one.client);
      context.listen('two', two.client);
      io.emit('all', Buffer.from([1]));
      io.to('room').emit('room');
      one.socket.broadcast.emit('others');
      for (const { client, socket } of [one, two]) await context.delivered(socket, client);
      context.record('server', 'adapter', io.of('/').adapter instanceof Adapter, (await io.fetchSockets()).length);
    },
  },
];
