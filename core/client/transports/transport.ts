import type { PacketTypeName } from '../../protocol/engineio/packet.js';
import type { ClientClock } from '../clock.js';
import { Emitter } from '../emitter.js';
import { TransportError } from '../errors.js';
import type { ConnectionOptions } from '../options.js';

/** An Engine.IO packet, before encoding and after decoding. */
export interface EnginePacket {
  type: PacketTypeName;
  /** Text, or binary for a message. */
  data?: any;
  options?: { compress?: boolean };
}

/** Why a transport closed, when it was nobody's error. */
export interface CloseDetails {
  description: string;
  context?: unknown;
}

export interface TransportReservedEvents {
  open: () => void;
  error: (error: TransportError) => void;
  packet: (packet: EnginePacket) => void;
  close: (details?: CloseDetails) => void;
  poll: () => void;
  pollComplete: () => void;
  drain: () => void;
}

/** What a transport is made with: the options of the connection, completed. */
export interface TransportOptions extends ConnectionOptions {
  hostname: string;
  port: string;
  secure: boolean;
  /** With slashes as on the wire. */
  path: string;
  /** `EIO`, `transport`, `sid` and the application's own. */
  query: Record<string, any>;
  /** The connection it belongs to. */
  socket: object;
  clock: ClientClock;
}

export type TransportConstructor = new (options: any) => Transport;

/**
 * A pipe to the server. Knows how packets travel, nothing of what they mean.
 *
 * A subclass opens the pipe in `doOpen` and calls `onOpen` when packets can be sent; hands what it receives to
 * `onPacket`, in order; takes packets in `write`, sets `writable` to false, and back to true with a `drain` event; and
 * calls `onClose` or `onError` once when the pipe is gone, whoever closed it. After `doClose` it holds no socket, request
 * or timer.
 */
export abstract class Transport extends Emitter<Record<never, never>, Record<never, never>, TransportReservedEvents> {
  query: Record<string, any>;
  /** Whether `send` may be called. */
  writable = false;
  protected readonly opts: TransportOptions;
  protected readyState: 'opening' | 'open' | 'closed' | 'pausing' | 'paused' | undefined;

  constructor(options: TransportOptions) {
    super();
    this.opts = options;
    this.query = options.query;
  }

  abstract get name(): string;

  protected abstract doOpen(): unknown;
  protected abstract doClose(): unknown;
  protected abstract write(packets: EnginePacket[]): unknown;

  open(): this {
    this.readyState = 'opening';
    this.doOpen();
    return this;
  }

  close(): this {
    if (this.readyState && this.readyState !== 'closed') {
      this.doClose();
      this.onClose();
    }
    return this;
  }

  /** Only when `writable`. Ignored unless open: packets of a transport that is gone are the connection's to repeat. */
  send(packets: EnginePacket[]): void {
    if (this.readyState === 'open') this.write(packets);
  }

  /** Calls back when nothing is on its way in or out any more, and nothing will be. For the upgrade. */
  pause?(onPause: () => void): void;

  /** Takes `pause` back: the upgrade failed at the last moment. */
  resume?(): void;

  protected onOpen(): void {
    this.readyState = 'open';
    this.writable = true;
    this.emitReserved('open');
  }

  /** What `write` was given is out of our hands. */
  protected onDrain(): void {
    if (this.readyState === 'closed') return;
    this.writable = true;
    this.emitReserved('drain');
  }

  protected onPacket(packet: EnginePacket): void {
    this.emitReserved('packet', packet);
  }

  /** @param reason short and stable. @param description what was received. @param context the raw thing. */
  protected onError(reason: string, description?: unknown, context?: unknown): this {
    return this.emitReserved('error', new TransportError(reason, description, context));
  }

  protected onClose(details?: CloseDetails): void {
    this.readyState = 'closed';
    this.writable = false;
    this.emitReserved('close', details);
  }

  protected createUri(schema: string, query: Record<string, any>): string {
    const { hostname, port, path } = this.opts;
    // URL leaves out the port where it is the usual one, and encodes what has to be.
    const url = new URL(`${schema}://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}${path}`);
    url.search = String(new URLSearchParams(query)).replaceAll('+', '%20');
    return url.href;
  }

  /** The query, with a parameter that defeats caches when it is wanted. */
  protected stamped(byDefault: boolean): Record<string, any> {
    const { timestampRequests = byDefault, timestampParam = 't' } = this.opts;
    return timestampRequests ? { ...this.query, [timestampParam]: (stamps++).toString(36) } : this.query;
  }
}

/** Starts with the time: two pages of one client must not count alike. */
let stamps = Date.now() * 1000;
