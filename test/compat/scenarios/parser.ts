import msgpack from 'socket.io-msgpack-parser';
import type { Scenario } from '../../support/compat/types.js';

/** A parser of an application: the packet as JSON, without binary. Its shape is that of the documentation. */
function jsonParser(context: { record(channel: string, label: string, ...values: unknown[]): void }, name: string) {
  class Encoder {
    encode({ type, nsp, data, id }: { type: number; nsp: string; data?: unknown; id?: number }) {
      context.record(`${name} encoder`, 'encode', type, nsp);
      return [JSON.stringify({ type, nsp, data, id })];
    }
  }
  class Decoder {
    #listeners = new Map<string, ((packet: unknown) => void)[]>();
    on(event: string, listener: (packet: unknown) => void) {
      this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
      return this;
    }
    off() {
      this.#listeners.clear();
      return this;
    }
    removeListener() {
      return this.off();
    }
    add(chunk: string) {
      const packet = JSON.parse(chunk);
      if (typeof packet.type !== 'number') throw new Error('invalid format');
      for (const listener of this.#listeners.get('decoded') ?? []) listener(packet);
    }
    destroy() {
      context.record(`${name} decoder`, 'destroy');
    }
  }
  return { Encoder, Decoder };
}

export const scenarios: Scenario[] = [
  {
    name: 'socket.io-msgpack-parser on both sides',
    touches: ['option:parser'],
    async run(context) {
      const io = await context.server({ parser: msgpack });
      const { client, socket } = await context.connect(io, { parser: msgpack });
      context.listen('client', client);
      socket.on('x', (...args) => context.record('server', 'x', ...args));
      client.emit('x', 1, 'é', null, { a: [Buffer.from([1, 2])] }, 1.5, true);
      socket.emit('x', 1, 'é', null, { a: [Buffer.from([1, 2])] }, 1.5, true);
      io.emit('all', Buffer.from([3]), new Uint8Array([4]));
      await context.delivered(client, socket);
      await context.delivered(socket, client);
    },
  },
  {
    name: 'acks and namespaces with socket.io-msgpack-parser',
    touches: ['option:parser', 'Socket.emitWithAck'],
    async run(context) {
      const io = await context.server({ parser: msgpack });
      io.of('/chat').on('connection', (socket) => {
        socket.on('ask', (value, answer) => answer(value, 'and more'));
      });
      const { client, socket } = await context.connect(io, {
        parser: msgpack,
        namespace: '/chat',
        auth: { token: 'x' },
      });
      context.record('server', 'auth', socket.handshake.auth);
      client.on('ask', (value, answer) => answer(value));
      await context.settle('client', 'answer', client.emitWithAck('ask', Buffer.from([1])));
      await context.settle('server', 'answer', socket.emitWithAck('ask', { deep: Buffer.from([2]) }));
      await context.settle('server', 'answers', io.of('/chat').timeout(60_000).emitWithAck('ask', 'all'));
      const unknown = context.client(io, { parser: msgpack, namespace: '/nowhere' });
      const [error] = await context.once(unknown, 'connect_error');
      context.record('client', 'connect_error', error);
    },
  },
  {
    name: 'garbage for socket.io-msgpack-parser closes the connection',
    touches: ['option:parser', 'Socket event:disconnect'],
    async run(context) {
      const io = await context.server({ parser: msgpack });
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const encoder = new msgpack.Encoder();
      const connect = Buffer.from(
        ([encoder.encode({ type: 0, nsp: '/', data: undefined })].flat() as unknown as Uint8Array[])[0]!,
      );
      for (const garbage of [Buffer.from([0xc1]), Buffer.from([0x93, 0x01]), Buffer.from('text'), 'text']) {
        const peer = await context.peer(io);
        await peer.send(connect);
        context.record('peer', 'connected', typeof (await peer.receive()));
        const end = peer.receive();
        await peer.send(typeof garbage === 'string' ? `4${garbage}` : garbage);
        context.record('peer', 'end', await end);
      }
    },
  },
  {
    name: 'a parser of the application',
    touches: ['option:parser'],
    async run(context) {
      const io = await context.server({ parser: jsonParser(context, 'server') });
      const { client, socket } = await context.connect(io, { parser: jsonParser(context, 'client') });
      context.listen('client', client);
      socket.on('x', (...args) => context.record('server', 'x', ...args));
      client.emit('x', 1, { a: 2 });
      io.emit('y', 3);
      socket.emit('z', (answer: string) => context.record('server ack', 'answer', answer));
      client.on('z', (answer) => answer('here'));
      await context.delivered(client, socket);
      await context.delivered(socket, client);
      await context.recorded('server ack', 1);
      await context.recorded('server', 1);
      client.disconnect();
      await context.recorded('server decoder', 1);
    },
  },
  {
    name: 'a parser of the application that throws closes the connection',
    touches: ['option:parser', 'Socket event:disconnect'],
    async run(context) {
      const io = await context.server({ parser: jsonParser(context, 'server') });
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const peer = await context.peer(io);
      await peer.send(`4${JSON.stringify({ type: 0, nsp: '/' })}`);
      context.record('peer', 'received', await peer.receive());
      const end = peer.receive();
      await peer.send('4not json');
      context.record('peer', 'end', await end);
      await context.recorded('server', 1);
    },
  },
];
