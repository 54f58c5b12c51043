import type { Timer } from './clock.js';
import {
  byteLength,
  Connection,
  type HandshakeData,
  type Platform,
  type ResolvedConnectionOptions,
  type TransportMemory,
} from './connection.js';
import { TransportError } from './errors.js';
import type { CloseDetails, EnginePacket, TransportConstructor } from './transports/transport.js';
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
  readonly #toBinary: Platform['toBinary'];
  #upgrade: Upgrade | undefined;
  /** Whether nothing may be written, since transports change. */
  #isPaused = false;

  constructor(options: ResolvedConnectionOptions, platform: Platform, memory: TransportMemory) {
    super(options, platform);
    this.#memory = memory;
    this.#toBinary = platform.toBinary;
    const { transports, transportImplementations = [], rememberUpgrade, tryAllTransports = true } = options;
    const implementations: Record<string, TransportConstructor> = { ...platform.transports };
    const add = (each: TransportConstructor) => {
      implementations[each.prototype.name] = each;
      return each.prototype.name;
    };
    const own = transportImplementations.map(add);
    const names = (transports ?? (own.length ? own : Object.keys(platform.transports))).map((each) =>
      typeof each === 'string' ? each : add(each),
    );
    this.#order = names.filter((name, index) => {
      if (Object.hasOwn(implementations, name)) return true;
      // Many a list holds what we do not have yet, or old names behind others: as with Socket.IO, they do no harm.
      if (index || name === 'webtransport') return false;
      throw new TypeError(`transports: no "${name}", only ${Object.keys(implementations).join(', ')}, or a class`);
    });
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
      this.opts.clock.setTimeout(() => this.fail(new TransportError('No transports available'), true), 0);
      return;
    }
    const transport = this.setTransport(this.createTransport(name, this.#implementations[name]!));
    if (this.#candidates.length) {
      const { clock, fallbackTimeout = 5000 } = this.opts;
      const error = new TransportError('timeout', `${name} did not open in ${fallbackTimeout} ms`);
      this.#fallbackTimer = clock.setTimeout(() => this.fail(error), fallbackTimeout);
    }
    transport.open();
  }

  override fail(error: TransportError, isFinal?: boolean): void {
    if (this.readyState === 'opening') {
      this.#fallbackTimer?.cancel();
      if (this.#failure) error.cause = this.#failure;
      this.#failure = error;
      if (this.#candidates.length && !isFinal) {
        this.openTransport();
        return;
      }
      this.#memory.first = undefined;
      NegotiatedConnection.priorWebsocketSuccess = false;
    }
    super.fail(error);
  }

  protected override convert(packet: EnginePacket): void {
    if (typeof packet.data === 'object' && this.#toBinary) packet.data = this.#toBinary(packet.data, this.binaryType);
  }

  protected override onHandshake(data: HandshakeData): void {
    this.#fallbackTimer?.cancel();
    const { name } = this.transport;
    NegotiatedConnection.priorWebsocketSuccess = name === 'websocket';
    if (this.#failure) this.#memory.first = name;
    super.onHandshake(data);
    // A listener may have closed the connection.
    if (this.readyState !== 'open' || name !== 'polling' || this.opts.upgrade === false) return;
    const better = this.#order.find(
      (each) => each !== name && Array.isArray(data.upgrades) && data.upgrades.includes(each),
    );
    if (better) this.#startUpgrade(better);
  }

  #startUpgrade(name: string): void {
    const transport = this.createTransport(name, this.#implementations[name]!);
    this.#upgrade = new Upgrade(transport, this.transport, {
      onUpgrading: () => {
        this.#isPaused = true;
        this.emitReserved('upgrading', transport);
      },
      onUpgraded: () => {
        this.#isPaused = false;
        this.setTransport(transport);
        NegotiatedConnection.priorWebsocketSuccess = name === 'websocket';
        this.#memory.first = undefined;
        this.emitReserved('upgrade', transport);
        this.flush();
      },
      onError: (error) => {
        this.#isPaused = false;
        this.emitReserved('upgradeError', error);
        this.flush();
      },
    });
    this.#upgrade.start();
  }

  /** Nothing while transports change; over polling, what fits into one body. */
  protected override flush(): void {
    if (this.#isPaused) return;
    const packets = [...this.writeBuffer];
    const { maxPayload } = this.handshake ?? {};
    if (this.transport.name === 'polling' && maxPayload) {
      let bytes = -1;
      const tooMany = packets.findIndex(({ data }, index) => {
        bytes += 1 + this.wireSize(data ?? '');
        return index > 0 && (bytes > maxPayload || index === MAX_PACKETS_PER_BODY);
      });
      if (tooMany !== -1) packets.length = tooMany;
    }
    super.flush(packets);
  }

  protected override finish(): void {
    const again = () => super.finish();
    if (this.#isPaused) this.once('upgrade', again).once('upgradeError', again);
    else again();
  }

  override wireSize(data: any): number {
    if (this.transport.name !== 'polling' || typeof data === 'string') return super.wireSize(data);
    // As base64.
    return 1 + 4 * Math.ceil(byteLength(data) / 3);
  }

  protected override end(reason: string, description?: CloseDetails | Error): void {
    this.#fallbackTimer?.cancel();
    this.#upgrade?.abort();
    super.end(reason, description);
  }
}
