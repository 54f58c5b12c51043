import { SocketIoInstrumentation } from '@opentelemetry/instrumentation-socket.io';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Server, Socket } from 'socket.io';
import type { Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';

interface EventPacket {
  type: number;
  nsp: string;
  id?: number;
  data: unknown[];
}

/** Members that the declarations hide, and that packages replace all the same. */
interface Hidden {
  onevent(packet: EventPacket): void;
  packet(packet: EventPacket, options?: object): void;
  ack(id: number): (...args: unknown[]) => void;
  _onpacket(packet: EventPacket): void;
}

const hidden = (socket: Socket): Hidden => socket as unknown as Hidden;

/** Has the instrumentation patch the classes of the package under test, as its hooks do when a program loads it. */
function trace(context: Context, io: Server): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  const instrumentation = new SocketIoInstrumentation({ enabled: false });
  instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const { init } = instrumentation as unknown as { init(): Definition[] };
  const [definition] = init.call(instrumentation);
  const exports: Record<string, object> = {
    'socket.io/dist/socket.js': { Socket: context.module.Socket },
    'socket.io/dist/broadcast-operator.js': { BroadcastOperator: io.to('any').constructor },
  };
  const modules: [Patch, object][] = [[definition!, { Server: context.module.Server }]];
  for (const file of definition!.files) if (file.name in exports) modules.push([file, exports[file.name]!]);
  for (const [patch, module] of modules) {
    patch.patch(module, '4.8.4');
    context.defer(() => patch.unpatch(module, '4.8.4'));
  }
  return exporter;
}

interface Patch {
  patch(module: object, version: string): unknown;
  unpatch(module: object, version: string): unknown;
}

interface Definition extends Patch {
  readonly files: readonly (Patch & { readonly name: string })[];
}

/** What packages of the ecosystem put in place of our methods, or read. */
export const scenarios: Scenario[] = [
  {
    name: 'a package replaces onevent to hear every event',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const { default: wildcard } = (await import('socketio-wildcard' as string)) as {
        default: () => (socket: Socket, next: () => void) => void;
      };
      io.use(wildcard());
      const { client, socket } = await context.connect(io);
      socket.on('*', ({ type, nsp, id, data }: EventPacket) =>
        context.record('server', '*', type, nsp, id, data[0], data.length),
      );
      socket.on('x', (...args: unknown[]) => {
        context.record('server', 'x', args.length);
        (args.at(-1) as (answer: string) => void)('answer');
      });
      context.record('client', 'answer', await client.emitWithAck('x', 1));
      client.emit('nobody listens', 2);
      await context.delivered(client, socket);
    },
  },
  {
    name: 'a wrapped onevent sees events and hands them on',
    touches: ['Socket.on', 'Socket.use', 'Socket.onAny'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const { onevent } = hidden(socket);
      hidden(socket).onevent = function (packet) {
        context.record('server', 'onevent', this === hidden(socket), packet.data);
        if (packet.data[0] !== 'swallowed') onevent.call(this, packet);
      };
      socket.onAny((event) => context.record('server', 'any', event));
      socket.use(([event], next) => {
        context.record('server', 'use', event);
        next();
      });
      socket.on('x', (ack) => ack('yes'));
      socket.on('swallowed', () => context.record('server', 'swallowed'));
      client.emit('swallowed');
      context.record('client', 'answer', await client.emitWithAck('x'));
    },
  },
  {
    name: 'a wrapped _onpacket sees every packet',
    touches: ['Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const { _onpacket } = hidden(socket);
      hidden(socket)._onpacket = function (packet) {
        context.record('server', 'packet', packet.type, packet.data);
        _onpacket.call(this, packet);
      };
      socket.on('x', (ack) => ack('yes'));
      socket.on('disconnect', (reason) => context.record('end', 'disconnect', reason));
      client.on('q', (ack) => ack('answer'));
      context.record('client', 'answer', await client.emitWithAck('x'));
      context.record('server', 'answer', await socket.emitWithAck('q'));
      client.disconnect();
      await context.recorded('end');
    },
  },
  {
    name: 'a wrapped packet sees what is sent to one client',
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const { packet: send } = hidden(socket);
      hidden(socket).packet = function (packet, options) {
        context.record('server', 'packet', packet.type, packet.data);
        send.call(this, packet, options);
      };
      context.listen('client', client);
      socket.on('question', (ack) => ack('answer', 1));
      socket.emit('x', 1);
      socket.send('hello');
      io.emit('to all', 2);
      context.record('client', 'answer', await client.emitWithAck('question'));
      await context.delivered(socket, client);
    },
  },
  {
    name: 'a wrapped emit of a namespace sees what is sent to all',
    touches: ['Namespace.emit', 'Namespace.send', 'Server.emit', 'Server.send'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const main = io.of('/');
      const { emit } = main;
      main.emit = function (this: unknown, ...args: Parameters<typeof emit>) {
        context.record('server', 'emit', this === main, args);
        return emit.apply(main, args);
      } as typeof emit;
      context.listen('client', client);
      io.emit('a', 1);
      main.emit('b', 2);
      io.send('c');
      main.send('d');
      await context.delivered(socket, client);
    },
  },
  {
    name: 'a wrapped emit and on of a socket see what goes through them',
    touches: ['Socket.emit', 'Socket.on', 'Socket.send'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      for (const name of ['emit', 'on'] as const) {
        const original = socket[name] as (...args: unknown[]) => unknown;
        (socket as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
          context.record('server', name, args[0]);
          return original.apply(socket, args);
        };
      }
      client.on('q', (ack) => ack('answer'));
      context.listen('client', client);
      socket.on('x', () => {});
      socket.emit('y', 1);
      socket.send('z');
      context.record('server', 'answer', await socket.emitWithAck('q'));
      await context.delivered(socket, client);
    },
  },
  {
    name: 'tracing by OpenTelemetry',
    touches: ['Socket.on', 'Socket.emit', 'Server.on', 'BroadcastOperator.emit'],
    async run(context) {
      const io = await context.server();
      const exporter = trace(context, io);
      io.on('connection', (socket) => {
        socket.join('room');
        socket.on('x', (text, ack) => ack(text));
        socket.on('fails', () => Promise.resolve());
      });
      io.of('/admin').on('connection', (socket) => socket.emit('welcome'));
      const { client, socket } = await context.connect(io);
      context.name(socket.id, 'id');
      context.record('client', 'answer', await client.emitWithAck('x', 'text'));
      const admin = await context.connect(io, { namespace: '/admin' });
      context.name(admin.socket.id, 'admin');
      client.emit('fails');
      await context.delivered(client, socket);
      socket.emit('one', 1);
      socket.send('message');
      socket.broadcast.emit('others');
      io.emit('all');
      io.send('message to all');
      io.to('room').to('other').except('muted').emit('room');
      io.of('/admin').in('a').emit('in admin');
      for (const remote of await io.fetchSockets()) remote.emit('remote');
      for (const span of exporter.getFinishedSpans()) {
        if (span.attributes['messaging.socket.io.event_name'] === 'compat: delivered') continue;
        context.record('spans', span.name, span.kind, span.status.code, span.attributes);
      }
    },
  },
];
