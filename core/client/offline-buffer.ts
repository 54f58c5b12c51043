import { MessageError } from './errors.js';
import type { OfflineBufferOptions } from './options.js';

/**
 * Keeps a list of unsent events within its limits, see {@link OfflineBufferOptions}.
 *
 * The list belongs to somebody else, who takes from it and may replace it: applications assign `socket.sendBuffer = []`.
 */
export class BufferLimit<Item extends object> {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  readonly #policy: NonNullable<OfflineBufferOptions['policy']>;
  readonly #sizes = new WeakMap<Item, number>();
  readonly #onDrop: (item: Item, error: MessageError) => void;
  // The total of the list as it was; counted anew when somebody else has changed it.
  #list: Item[] | undefined = undefined;
  #length = 0;
  #bytes = 0;

  constructor(options: OfflineBufferOptions = {}, onDrop: (item: Item, error: MessageError) => void) {
    this.#maxMessages = options.maxMessages ?? 10_000;
    this.#maxBytes = options.maxBytes ?? 16 * 1024 * 1024;
    this.#policy = options.policy ?? 'drop-oldest';
    this.#onDrop = onDrop;
  }

  /**
   * Adds an item of `size` bytes, or drops it, or others for it.
   *
   * @throws MessageError under the `throw` policy.
   */
  push(list: Item[], item: Item, size: number): void {
    if (list !== this.#list || list.length !== this.#length) {
      this.#list = list;
      this.#bytes = list.reduce((bytes, each) => bytes + this.#sizeOf(each), 0);
    }
    this.#sizes.set(item, size);
    const isTooLong = () => list.length >= this.#maxMessages || this.#bytes + size > this.#maxBytes;
    const dropped: Item[] = [];
    if (this.#policy === 'drop-oldest' && size <= this.#maxBytes) {
      while (list.length && isTooLong()) {
        const oldest = list.shift()!;
        this.#bytes -= this.#sizeOf(oldest);
        dropped.push(oldest);
      }
    }
    if (isTooLong()) {
      if (this.#policy === 'throw') throw this.#full();
      dropped.push(item);
    } else {
      list.push(item);
      this.#bytes += size;
    }
    this.#length = list.length;
    // Last, since they may emit.
    for (const each of dropped) this.#onDrop(each, this.#full());
  }

  #sizeOf(item: Item): number {
    return this.#sizes.get(item) ?? 0;
  }

  #full(): MessageError {
    return new MessageError('BUFFER_FULL', `offline buffer full: ${this.#maxMessages} events, ${this.#maxBytes} bytes`);
  }
}
