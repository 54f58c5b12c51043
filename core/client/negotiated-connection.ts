import type { Timer } from './clock.js';
import {
  Connection,
  type HandshakeData,
  type Platform,
  type ResolvedConnectionOptions,
  type TransportMemory,
  wireSize,
} from './connection.js';
import { TransportError } from './errors.js';
import type { EnginePacket, TransportConstructor } from './transports/transport.js';
import { Upgrade } from './upgrade.js';

/** Servers cap the packets of one polling body, against bodies made of thousands of empty ones. */
const MAX_PACKETS_PER_BODY = 1000;

/** A connection that tries several transports until one opens, and changes it for a better one. */
export class NegotiatedConnection extends Connection {
  /** Whether the last session that opened did so on WebSocket: what `rememberUpgrade` remembers. */
  static priorWebsocketSuccess = false;

  readonly #implementations: Record<string, TransportConstructor>;
  readonly #memory: TransportMemory;
  readonly #order: string[];
  readonly #candidates: string[];
  #failure: TransportError | undefined;
  #fallbackTimer: Timer | undefined;
  #upgrade: Upgrade | undefined;

  constructor(options: ResolvedConnectionOptions, platform: Platform, memory: TransportMemory) {
    super(options, platform);
    this.#memory = memory;
    const { transports, transportImplementations = [], rememberUpgrade, tryAllTransports = true } = options;
    const implementations: Record<string, TransportConstructor> = { ...platform.transports };
    const add = (each: TransportConstructor) => {
      implementations[each.prototype.name] = each;
      return each.prototype.name;
    };
    transportImplementations.forEach(add);
    this.#order = (transports ?? Object.keys(platform.transports))
      .map((each) => (typeof each === 'string' ? each : add(each)))
      .filter((name) => Object.hasOwn(implementations, name));
    this.#implementations = implementations;
    const first = rememberUpgrade && NegotiatedConnection.priorWebsocketSuccess ? 'websocket' : memory.first;
    // The sort is stable: the others keep their order.
    const sorted = [...this.#order].sort((a, b) => Number(b === first) - Number(a === first));
    this.#candidates = tryAllTransports ? sorted : sorted.slice(0, 1);
  }

  protected override openTransport(): void {
    const name = this.#candidates.shift();
    if (!name) {
      // Later, as any other failure.
      this.options.clock.setTimeout(() => this.fail(new TransportError('No transports available')), 0);
      return;
    }
    const transport = this.setTransport(this.createTransport(name, this.#implementations[name]!));
    if (this.#candidates.length) {
      const { clock, fallbackTimeout = 5000 } = this.options;
      const error = new TransportError('timeout', `${name} did not open in ${fallbackTimeout} ms`);
      this.#fallbackTimer = clock.setTimeout(() => this.onTransportError(error), fallbackTimeout);
    }
    transport.open();
  }

  protected override onTransportError(error: TransportError): void {
    if (this.readyState === 'opening') {
      this.#fallbackTimer?.cancel();
      if (this.#failure) error.cause = this.#failure;
      this.#failure = error;
      if (this.#candidates.length) {
        this.openTransport();
        return;
      }
      this.#memory.first = undefined;
      NegotiatedConnection.priorWebsocketSuccess = false;
    }
    this.fail(error);
  }

  protected override onOpened({ upgrades }: HandshakeData): void {
    this.#fallbackTimer?.cancel();
    const { name } = this.transport;
    NegotiatedConnection.priorWebsocketSuccess = name === 'websocket';
    if (this.#failure) this.#memory.first = name;
    if (name !== 'polling' || this.options.upgrade === false || !Array.isArray(upgrades)) return;
    const better = this.#order.find((each) => each !== name && upgrades.includes(each));
    // After the listeners of `open`, which may close the connection or take a look at its transport.
    if (better) this.once('open', () => this.readyState === 'open' && this.#startUpgrade(better));
  }

  #startUpgrade(name: string): void {
    const transport = this.createTransport(name, this.#implementations[name]!);
    this.#upgrade = new Upgrade(transport, this.transport, {
      onUpgrading: () => {
        this.isPaused = true;
        this.emitReserved('upgrading', transport);
      },
      onUpgraded: () => {
        this.isPaused = false;
        this.setTransport(transport);
        NegotiatedConnection.priorWebsocketSuccess = name === 'websocket';
        this.#memory.first = undefined;
        this.emitReserved('upgrade', transport);
        this.flush();
      },
      onError: (error) => {
        this.isPaused = false;
        this.emitReserved('upgradeError', error);
        this.flush();
      },
    });
    this.#upgrade.start();
  }

  /** What fits into one polling body; everything, on other transports. */
  protected override nextPackets(): EnginePacket[] {
    const packets = super.nextPackets();
    const { maxPayload } = this.handshake!;
    if (this.transport.name !== 'polling' || !maxPayload) return packets;
    let bytes = -1;
    const tooMany = packets.findIndex(({ data }, index) => {
      bytes += 1 + wireSize(data ?? '', true);
      return index > 0 && (bytes > maxPayload || index === MAX_PACKETS_PER_BODY);
    });
    return tooMany === -1 ? packets : packets.slice(0, tooMany);
  }

  protected override onClosed(): void {
    this.#fallbackTimer?.cancel();
    this.#upgrade?.abort();
  }
}
