import type { Bus } from '../../../cluster/bus.js';

/** Tells when everything has been received that was published before: a message to ourselves, behind all others. */
export class Barrier {
  readonly #bus: Bus;
  readonly #channel: string;
  /** Who waits, oldest first. */
  #waiting: { readonly number: number; resolve(): void; reject(error: Error): void }[] = [];
  #number = 0;

  /** @param scope of the channels that it is about. @param name not used by anybody else in the scope. */
  constructor(bus: Bus, scope: string, name: string) {
    this.#bus = bus;
    this.#channel = bus.channel(scope, name);
  }

  open(): Promise<void> {
    return this.#bus.subscribe(this.#channel, (message) => this.#onMessage(message));
  }

  close(): void {
    this.#bus.unsubscribe(this.#channel);
    this.fail(new Error('closed'));
  }

  /** Rejects when the connection fails in between. */
  pass(): Promise<void> {
    return new Promise((resolve, reject) => {
      const number = ++this.#number;
      this.#waiting.push({ number, resolve, reject });
      const message = Buffer.allocUnsafe(6);
      message.writeUIntBE(number, 0, 6);
      this.#bus.publish(this.#channel, message);
    });
  }

  /** The connection failed: what comes through it now says nothing about what was lost. */
  fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #onMessage(message: Buffer): void {
    // Anybody can publish; nobody else has a reason to.
    if (message.length !== 6) return;
    const number = message.readUIntBE(0, 6);
    while (this.#waiting.length > 0 && this.#waiting[0]!.number <= number) this.#waiting.shift()!.resolve();
  }
}
