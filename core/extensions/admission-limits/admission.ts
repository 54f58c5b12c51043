import type { IncomingMessage } from 'node:http';
import createDebug from 'debug';
import type { Clock } from '../../clock.js';
import { type ClientAddress, networkOf } from '../client-address.js';
import { type Rate, TokenBucket } from '../token-bucket.js';

const debug = createDebug('carillon:engine');

export interface AdmissionLimits {
  /** `Infinity`: no limit. */
  readonly maxConnectionsPerAddress: number;
  /** Handshakes of one address. */
  readonly handshakeRate: Rate | undefined;
  /** Tells who sent a request, when that is not the peer of the TCP connection: behind a proxy. */
  readonly clientAddress: ClientAddress | undefined;
}

/** How long a client that has too many connections is told to wait, in milliseconds: nobody knows when one will end. */
const RETRY_LATER = 5000;

/** Who may open a connection: counts connections and handshakes by address. Costs nothing while no limit is set. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #clock: Clock;
  readonly #connections = new Map<string, number>();
  /** Addresses by the id of the connection. */
  readonly #addresses = new Map<string, string>();
  /** Least recently used first: those at the front are full again and can go. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: AdmissionLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** A client begins a handshake. @returns 0, or the milliseconds after which it may try again. */
  onHandshake(request: IncomingMessage): number {
    const { handshakeRate } = this.#limits;
    if (handshakeRate === undefined) return 0;
    const now = this.#clock.now();
    const address = this.#addressOf(request);
    const bucket = this.#buckets.get(address) ?? new TokenBucket(handshakeRate, now);
    const wait = bucket.take(1, now);
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    this.#forgetFull(now);
    return wait;
  }

  /** A handshake is complete but for this. @returns 0, or the milliseconds after which the client may try again. */
  onConnection(request: IncomingMessage): number {
    const { maxConnectionsPerAddress } = this.#limits;
    if (maxConnectionsPerAddress === Number.POSITIVE_INFINITY) return 0;
    return (this.#connections.get(this.#addressOf(request)) ?? 0) < maxConnectionsPerAddress ? 0 : RETRY_LATER;
  }

  /** A connection opens. */
  onOpen(id: string, request: IncomingMessage): void {
    if (this.#limits.maxConnectionsPerAddress === Number.POSITIVE_INFINITY) return;
    const address = this.#addressOf(request);
    this.#addresses.set(id, address);
    this.#connections.set(address, (this.#connections.get(address) ?? 0) + 1);
  }

  /** A connection is gone. */
  onClosed(id: string): void {
    const address = this.#addresses.get(id);
    if (address === undefined) return;
    this.#addresses.delete(id);
    const count = this.#connections.get(address)! - 1;
    if (count === 0) this.#connections.delete(address);
    else this.#connections.set(address, count);
  }

  #addressOf(request: IncomingMessage): string {
    let address: unknown;
    try {
      address = this.#limits.clientAddress?.(request);
    } catch (error) {
      debug('clientAddress failed: %O', error);
    }
    return networkOf(typeof address === 'string' && address !== '' ? address : (request.socket.remoteAddress ?? ''));
  }

  #forgetFull(now: number): void {
    for (const [address, bucket] of this.#buckets) {
      if (!bucket.isFull(now)) return;
      this.#buckets.delete(address);
    }
  }
}
