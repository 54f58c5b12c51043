import { encodeText } from '../../../../core/client/transports/codec.js';
import { type EnginePacket, Transport, type TransportOptions } from '../../../../core/client/transports/transport.js';

export const HANDSHAKE = { sid: 'session', upgrades: [], pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000 };

/** A transport without a network: the test is the server. */
export class MemoryTransport extends Transport {
  /** What was sent: text packets as on the wire, binary as it is. */
  readonly sent: unknown[] = [];
  closed = false;
  onPause: (() => void) | undefined;

  constructor(options: TransportOptions) {
    super(options);
    network.transports.push(this);
  }

  get name(): string {
    return 'websocket';
  }

  get address(): string {
    return this.uri('http', false);
  }

  get options(): TransportOptions {
    return this.opts;
  }

  protected doOpen(): void {}

  protected doClose(): void {
    this.closed = true;
  }

  protected write(packets: EnginePacket[]): void {
    for (const packet of packets) {
      const isBinary = typeof packet.data === 'object' && packet.data !== null;
      this.sent.push(isBinary ? packet.data : encodeText(packet));
    }
    if (!network.isStalled) queueMicrotask(() => this.onDrain());
  }

  /** Lets what was written go, while the network is stalled. */
  drain(): void {
    this.onDrain();
  }

  /** The server answers. */
  accept(handshake: object = {}): this {
    this.openOnly();
    this.receive({ type: 'open', data: JSON.stringify({ ...HANDSHAKE, ...handshake }) });
    return this;
  }

  openOnly(): void {
    this.onOpen();
  }

  receive(packet: EnginePacket): void {
    this.emitReserved('packet', packet);
  }

  /** Socket.IO messages from the server. */
  messages(...data: unknown[]): void {
    for (const each of data) this.emitReserved('packet', { type: 'message', data: each });
  }

  refuse(reason = 'websocket error', description = 'refused'): void {
    this.onError(reason, description);
  }

  cut(description = 'cut'): void {
    this.onClose({ description });
  }

  /** Socket.IO messages that were sent, without heartbeats. */
  get events(): unknown[] {
    return this.sent
      .filter((each) => typeof each !== 'string' || each[0] === '4')
      .map((each) => {
        return typeof each === 'string' ? each.slice(1) : each;
      });
  }
}

/** The same, to be upgraded from. */
export class MemoryPolling extends MemoryTransport {
  isResumed = false;

  override get name(): string {
    return 'polling';
  }

  override pause(onPause: () => void): void {
    this.readyState = 'pausing';
    this.onPause = onPause;
  }

  override resume(): void {
    this.readyState = 'open';
    this.isResumed = true;
  }
}

/** All transports that were made since `reset`, and how they behave. */
export const network = {
  transports: [] as MemoryTransport[],
  /** Whether nothing that is written gets away. */
  isStalled: false,
  get last(): MemoryTransport {
    return this.transports.at(-1)!;
  },
  reset(): void {
    this.transports = [];
    this.isStalled = false;
  },
};
