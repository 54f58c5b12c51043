/**
 * The body of a request, as it comes in. Pieces are copied together rather than listed: a client may send a byte at a
 * time, and a buffer of its own would cost each byte two hundred.
 */
export class Body {
  readonly #limit: number;
  #bytes: Buffer | null = null;
  #size = 0;

  /** @param limit bytes it may grow to. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that came in. */
  get size(): number {
    return this.#size;
  }

  /** @returns whether it is still within its limit; if not, nothing is kept. */
  append(piece: Buffer): boolean {
    const start = this.#size;
    this.#size += piece.byteLength;
    if (this.#size > this.#limit) {
      this.#bytes = null;
      return false;
    }
    if (this.#bytes === null) {
      // Most bodies are one piece, and need no copy.
      this.#bytes = piece;
      return true;
    }
    if (this.#size > this.#bytes.byteLength) {
      const larger = Buffer.allocUnsafe(Math.min(this.#limit, Math.max(2 * this.#bytes.byteLength, this.#size)));
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    piece.copy(this.#bytes, start);
    return true;
  }

  /** As text; what is not UTF-8 becomes U+FFFD. */
  toString(): string {
    return this.#bytes === null ? '' : this.#bytes.toString('utf8', 0, this.#size);
  }
}
