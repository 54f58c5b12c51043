import { createServer } from 'node:http';
import fc from 'fast-check';
import { Server } from '../../core/index.js';
import type { Sequence } from '../../core/protocol/sequence.js';
import type { Transport, TransportHandler } from '../../core/transports/transport.js';
import { bytes, packetText } from './support/arbitraries.js';
import { fuzz } from './support/fuzz.js';

/** A transport without a network: what the peer sends goes straight in, what is written is kept. */
class MemoryTransport implements Transport {
  readonly maxPackets = Number.POSITIVE_INFINITY;
  readonly name = 'websocket';
  readonly ready = true;
  readonly writable = true;
  readonly bufferedBytes = 0;
  readonly bytesReceived = 0;
  readonly bytesSent = 0;
  readyState: 'open' | 'closing' | 'closed' = 'open';
  readonly written: unknown[] = [];
  #handler: TransportHandler | null = null;

  attach(handler: TransportHandler): void {
    this.#handler = handler;
  }

  receive(message: string | Uint8Array): boolean {
    if (this.readyState !== 'open') return false;
    if (typeof message === 'string') return this.#handler?.onText(message) ?? false;
    return this.#handler?.onBinary(Buffer.from(message)) ?? false;
  }

  write(sequence: Sequence): void {
    for (const message of sequence.messages()) this.written.push(...message.parts);
  }

  close(): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.#handler?.onClose('transport close');
  }

  terminate(): void {
    this.close();
  }
}

const io = new Server(createServer(), { maxNamespacesPerConnection: 4 });
const reported: unknown[] = [];
io.on('listener_error', (error) => reported.push(error));
io.of(/^\/dynamic/g);
for (const namespace of [io.of('/'), io.of('/a')]) {
  namespace.on('connection', (socket) => {
    socket.onAny((_event, ...args) => socket.emit('echo', ...args.filter((each) => typeof each !== 'function')));
    socket.on('x', (...args) => args.at(-1)?.call?.(null, 'answer'));
  });
}
afterAll(() => io.close());

type Message = string | Uint8Array;

const message: fc.Arbitrary<Message> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('40', '40/a,', '40/dynamic-1,', '42["x",1]', '421["x"]', '41', '42/a,["x"]'),
  },
  packetText.map((text) => `4${text}`),
  fc.constantFrom('2', '3', '3probe', '2probe', '5', '6', '1', '0', '', '7', 'b', '4'),
  bytes,
);

let count = 0;

fuzz<Message[]>({
  name: 'connection',
  inputs: fc.array(message, { maxLength: 12 }).map((rest): Message[] => ['40', ...rest]),
  check(messages) {
    const transport = new MemoryTransport();
    const request = { url: '/socket.io/?EIO=4&transport=websocket', headers: {}, socket: {} };
    const holder = { get: () => request as never, is: () => false, reduce: () => {} };
    const connection = io.engine.open(`fuzz-${count++}`, transport, holder, '127.0.0.1')!;
    const reasons: unknown[] = [];
    connection.on('close', (reason) => reasons.push(reason));
    const alive = messages.every((each) => transport.receive(each));

    expect(reported).toEqual([]);
    if (alive) {
      expect(reasons).toEqual([]);
      expect(connection.readyState).toBe('open');
      connection.close(true);
    }
    // Whoever ended it, it ended once, and nothing of it is left.
    expect(reasons).toHaveLength(1);
    expect(['transport close', 'transport error', 'parse error', 'forced close']).toContain(reasons[0]);
    expect(io.engine.clientsCount).toBe(0);
    expect(io.sockets.sockets.size + io.of('/a').sockets.size + io.sockets.adapter.rooms.size).toBe(0);
  },
});
