import type { IncomingMessage } from 'node:http';

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

  /** The bytes that came in: a view, valid until more come. */
  toBuffer(): Buffer {
    return this.#bytes === null ? Buffer.alloc(0) : this.#bytes.subarray(0, this.#size);
  }

  /** As text; what is not UTF-8 becomes U+FFFD. */
  toString(): string {
    return this.#bytes === null ? '' : this.#bytes.toString('utf8', 0, this.#size);
  }
}

/**
 * Reads the body of a request.
 *
 * @param maxBytes beyond these nothing is kept, and what still comes is thrown away.
 * @returns `too large` when there is more, `undefined` when the request was aborted.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | undefined> {
  if (Number(request.headers['content-length']) > maxBytes) return Promise.resolve('too large');
  return new Promise((resolve) => {
    const body = new Body(maxBytes);
    request.on('data', (piece: Buffer) => {
      if (!body.append(piece)) resolve('too large');
    });
    request.on('end', () => resolve(body.toBuffer()));
    // Until the answer nobody else listens: an abort must not be an unhandled error.
    request.on('error', () => {});
    request.on('close', () => resolve(undefined));
  });
}
