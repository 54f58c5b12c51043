import type { HandshakeErrorName } from '../errors.js';
import type { TrafficStats } from '../extension.js';
import type { TransportName } from '../transports/transport.js';
import type { CloseSummary } from './close-summary.js';

/** What the counters read of an open connection. */
export interface CountedConnection {
  readonly protocol: 3 | 4;
  readonly transport: { readonly name: TransportName; readonly bytesReceived: number; readonly bytesSent: number };
  readonly packetsReceived: number;
  readonly packetsSent: number;
}

/**
 * Numbers of an engine since it was made. Each connection counts for itself, as it does anyway; what it counted is added
 * when it closes, so that messages cost nothing.
 */
export class EngineCounters {
  #opened = 0;
  readonly #refused = new Map<string, number>();
  readonly #closed = new Map<string, number>();
  readonly #ended = { packetsReceived: 0, packetsSent: 0, bytesReceived: 0, bytesSent: 0 };

  onOpened(): void {
    this.#opened++;
  }

  onRefused(error: HandshakeErrorName): void {
    increment(this.#refused, error);
  }

  onClosed(summary: CloseSummary): void {
    increment(this.#closed, summary.reason);
    addTo(this.#ended, summary);
  }

  /** @param connections those that are open. */
  read(connections: Iterable<CountedConnection>): TrafficStats {
    const sums = { ...this.#ended };
    const open = new Map<string, { transport: TransportName; protocol: 3 | 4; count: number }>();
    for (const { protocol, transport, packetsReceived, packetsSent } of connections) {
      const { name, bytesReceived, bytesSent } = transport;
      addTo(sums, { packetsReceived, packetsSent, bytesReceived, bytesSent });
      const row = open.get(name + protocol);
      if (row === undefined) open.set(name + protocol, { transport: name, protocol, count: 1 });
      else row.count++;
    }
    return {
      open: [...open.values()],
      opened: this.#opened,
      refused: Object.fromEntries(this.#refused),
      closed: Object.fromEntries(this.#closed),
      ...sums,
    };
  }
}

type Sums = Pick<TrafficStats, 'packetsReceived' | 'packetsSent' | 'bytesReceived' | 'bytesSent'>;

function addTo(sums: { -readonly [Name in keyof Sums]: number }, more: Sums): void {
  sums.packetsReceived += more.packetsReceived;
  sums.packetsSent += more.packetsSent;
  sums.bytesReceived += more.bytesReceived;
  sums.bytesSent += more.bytesSent;
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
