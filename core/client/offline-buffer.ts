import { MessageError } from './errors.js';
import type { OfflineBufferOptions } from './options.js';

/**
 * Keeps a list of unsent events within its limits, see {@link OfflineBufferOptions}.
 *
 * The list belongs to somebody else, who takes from it and may replace it: applications assign `socket.sendBuffer = []`.
 */
export class BufferLimit<Item extends object> {
  readonly #options: OfflineBufferOptions;
  readonly #onDrop: (item: Item, error: MessageError) => void;
  readonly #sizes = new WeakMap<Item, number>();
  // The total of the list as it was; counted anew when somebody else has changed it.
  #list: Item[] | undefined;
  #length = 0;
  #bytes = 0;

  constructor(options: OfflineBufferOptions = {}, onDrop: (item: Item, error: MessageError) => void) {
    this.#options = options;
    this.#onDrop = onDrop;
  }

  /**
   * Adds an item of `size` bytes, or drops it, or others for it.
   *
   * @throws MessageError under the `throw` policy.
   */
  push(list: Item[], item: Item, size: number): void {
    const { maxMessages = 10_000, maxBytes = 16_777_216, policy = 'drop-oldest' } = this.#options;
    const sizeOf = (each: Item) => this.#sizes.get(each) ?? 0;
    if (list !== this.#list || list.length !== this.#length) {
      this.#list = list;
      this.#bytes = list.reduce((bytes, each) => bytes + sizeOf(each), 0);
    }
    const fits = () => list.length < maxMessages && this.#bytes + size <= maxBytes;
    const full = () => new MessageError('BUFFER_FULL', `offline buffer full: ${maxMessages} events, ${maxBytes} bytes`);
    const dropped: Item[] = [];
    while (policy === 'drop-oldest' && size <= maxBytes && list.length && !fits()) {
      const oldest = list.shift()!;
      this.#bytes -= sizeOf(oldest);
      dropped.push(oldest);
    }
    if (fits()) {
      list.push(item);
      this.#sizes.set(item, size);
      this.#bytes += size;
    } else if (policy === 'throw') {
      throw full();
    } else {
      dropped.push(item);
    }
    this.#length = list.length;
    // Last, since they may emit.
    for (const each of dropped) this.#onDrop(each, full());
  }
}
