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
  /** Packets can be sent. */
  open: () => void;
  /** It is broken. The connection will close it. */
  error: (error: TransportError) => void;
  packet: (packet: EnginePacket) => void;
  /** It is gone, whoever closed it. */
  close: (details?: CloseDetails) => void;
  poll: () => void;
  pollComplete: () => void;
  /** What `send` was given is out of our hands, and there can be more. */
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
 * A subclass opens the pipe in `doOpen` and calls `onOpen` when packets can be sent; emits `packet` for what it receives,
 * in order; takes packets in `write`, and calls `onDrain` when it can take more; and calls `onClose` or `onError` once
 * when the pipe is gone. After `doClose` it holds no socket, request or timer.
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

  protected abstract doOpen(): void;
  protected abstract doClose(): void;
  protected abstract write(packets: EnginePacket[]): void;

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
    if (this.readyState !== 'open') return;
    this.writable = false;
    this.write(packets);
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

  protected onDrain(): void {
    if (this.readyState === 'closed') return;
    this.writable = true;
    this.emitReserved('drain');
  }

  /** @param reason short and stable. @param description what was received. @param context the raw thing. */
  protected onError(reason: string, description?: unknown, context?: unknown): void {
    this.emitReserved('error', new TransportError(reason, description, context));
  }

  protected onClose(details?: CloseDetails): void {
    this.readyState = 'closed';
    this.writable = false;
    this.emitReserved('close', details);
  }

  /** @param isStamped whether the query gets a parameter that defeats caches, unless the options say otherwise. */
  protected uri(schema: string, isStamped: boolean): string {
    const { hostname, port, path, secure, timestampRequests = isStamped, timestampParam = 't' } = this.opts;
    const query = { ...this.query, ...(timestampRequests && { [timestampParam]: (stamps++).toString(36) }) };
    const search = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join('='));
    const host = port === (secure ? '443' : '80') ? hostname : `${hostname}:${port}`;
    return `${schema}${secure ? 's' : ''}://${host}${path}?${search.join('&')}`;
  }
}

/** Starts with the time: two pages of one client must not count alike. */
let stamps = Date.now() * 1000;
