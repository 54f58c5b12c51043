import { TransportError } from './errors.js';
import type { Transport } from './transports/transport.js';

/** What an upgrade tells the connection; one of the last two, once. */
export interface UpgradeHandler {
  /** The new transport works, and the old one is about to pause: nothing may be written until it is over. */
  onUpgrading(): void;
  onUpgraded(): void;
  onError(error: TransportError): void;
}

/**
 * One attempt to change the transport of a session. Exists only while it runs.
 *
 * A ping with `probe` goes over the new transport and comes back as a pong; then the old one finishes what it has on
 * its way, both ways, and an upgrade packet tells the server that from now on everything goes over the new one.
 * Source: Engine.IO protocol 4, "Upgrade".
 */
export class Upgrade {
  #state: 'probing' | 'pausing' | 'ended' = 'probing';
  readonly #next: Transport;
  readonly #current: Transport;
  readonly #handler: UpgradeHandler;

  constructor(next: Transport, current: Transport, handler: UpgradeHandler) {
    this.#next = next;
    this.#current = current;
    this.#handler = handler;
  }

  start(): void {
    const next = this.#next;
    next
      .on('open', () => next.send([{ type: 'ping', data: 'probe' }]))
      .on('packet', ({ type, data }) => {
        if (this.#state !== 'probing') return;
        if (type === 'pong' && data === 'probe') this.#pause();
        else this.#fail(new TransportError('probe error', `unexpected ${type} packet`));
      })
      .on('error', (error) => this.#fail(error))
      .on('close', (details) => this.#fail(new TransportError('probe error', details?.description, details?.context)))
      .open();
  }

  #pause(): void {
    this.#state = 'pausing';
    this.#handler.onUpgrading();
    // A listener may have closed the connection.
    if ((this.#state as string) === 'ended') return;
    this.#current.pause?.(() => {
      if (this.#state === 'ended') return;
      this.#state = 'ended';
      this.#next.removeAllListeners();
      this.#next.send([{ type: 'upgrade' }]);
      this.#handler.onUpgraded();
    });
  }

  /** The session is over. */
  abort(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#next.removeAllListeners();
    this.#next.close();
  }

  #fail(error: TransportError): void {
    if (this.#state === 'pausing') this.#current.resume?.();
    this.abort();
    this.#handler.onError(error);
  }
}
