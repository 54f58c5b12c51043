/** What JavaScript takes for a message or a value beside its content; about. */
const MESSAGE_OVERHEAD = 256;
const VALUE_OVERHEAD = 16;

/** Messages of one client that wait for something, in order, up to a number of bytes. */
export class PendingMessages {
  readonly #maxBytes: number;
  #handles: (() => void)[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#handles.length;
  }

  /** @returns `false` when it is one too many: nothing was added. */
  add(args: readonly unknown[], handle: () => void): boolean {
    const bytes = MESSAGE_OVERHEAD + bytesOf(args, this.#maxBytes);
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    this.#handles.push(handle);
    return true;
  }

  /** Handles all, in the order they came. */
  flush(): void {
    const handles = this.#handles;
    this.clear();
    for (const handle of handles) handle();
  }

  clear(): void {
    this.#handles = [];
    this.#bytes = 0;
  }
}

/**
 * About what the arguments of a message take in memory: strings by two bytes a character, binary data by its length.
 * Not recursive, because the depth is up to the client.
 *
 * @param enough where counting may stop.
 */
export function bytesOf(args: readonly unknown[], enough = Number.POSITIVE_INFINITY): number {
  const stack: unknown[] = [args];
  let bytes = 0;
  while (stack.length > 0 && bytes <= enough) {
    const value = stack.pop();
    bytes += VALUE_OVERHEAD;
    if (typeof value === 'string') bytes += 2 * value.length;
    else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) bytes += value.byteLength;
    else if (Array.isArray(value)) for (const entry of value) stack.push(entry);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, entry] of Object.entries(value)) {
        bytes += VALUE_OVERHEAD + 2 * key.length;
        stack.push(entry);
      }
    }
  }
  return bytes;
}
