import type { Clock } from '../clock.js';
import type { PayloadVisitor } from '../protocol/engineio/payload.js';

/**
 * Packets of one polling body that are delivered in one turn of the event loop. The body may hold tens of thousands, and
 * one that joins a namespace costs as much as many that do not; others have their turn in between.
 */
export const PACKETS_PER_TURN = 128;

/**
 * The packets of one polling body on their way: the first ones are delivered while the body is being decoded, the others in
 * later turns, in order.
 */
export class PayloadTurns implements PayloadVisitor {
  readonly #target: PayloadVisitor;
  #left = PACKETS_PER_TURN;
  #isOver = false;
  #rest: (string | Buffer)[] = [];

  /** @param target returns `false` when nothing more is to be delivered. */
  constructor(target: PayloadVisitor) {
    this.#target = target;
  }

  /** Whether packets wait for a later turn. */
  get isWaiting(): boolean {
    return this.#rest.length > 0;
  }

  onText(packet: string): boolean {
    return this.#visit(packet);
  }

  onBinary(data: Buffer): boolean {
    return this.#visit(data);
  }

  #visit(packet: string | Buffer): boolean {
    if (this.#left > 0) return this.#deliver(packet);
    this.#rest.push(packet);
    return true;
  }

  #deliver(packet: string | Buffer): boolean {
    this.#left--;
    const goOn = typeof packet === 'string' ? this.#target.onText(packet) : this.#target.onBinary(packet);
    this.#isOver = !goOn;
    return goOn;
  }

  /** Delivers what waits, turn by turn, and calls back behind the last one, or when no more is wanted. */
  finish(clock: Clock, done: () => void): void {
    let next = 0;
    const turn = (): void => {
      this.#left = PACKETS_PER_TURN;
      try {
        while (this.#left > 0 && next < this.#rest.length && !this.#isOver) this.#deliver(this.#rest[next++]!);
      } finally {
        // Whatever was thrown is the application's; its other packets still arrive.
        if (next < this.#rest.length && !this.#isOver) clock.endOfTurn(turn);
        else done();
      }
    };
    clock.endOfTurn(turn);
  }
}
