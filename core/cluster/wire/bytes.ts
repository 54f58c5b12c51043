/** What a reader found does not follow the format. Only between a reader and who called it; see `messages.ts`. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

const INITIAL_CAPACITY = 1024;
/** Up to this length, three bytes per character are set aside rather than counted first. */
const SHORT_TEXT = 512;

/** Writes numbers, texts and bytes one after the other into a buffer that grows. Lengths stand before what they measure. */
export class ByteWriter {
  #buffer: Buffer = Buffer.allocUnsafe(INITIAL_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written. The writer must not be used afterwards. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
  }

  /** Writes over four bytes that were written before. */
  uint32At(position: number, value: number): void {
    this.#buffer.writeUInt32BE(value, position);
  }

  /** An integer below 2^48. */
  uint48(value: number): void {
    this.#reserve(6);
    this.#length = this.#buffer.writeUIntBE(value, this.#length, 6);
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  /** A text as UTF-8, behind its length in bytes. */
  text(value: string): void {
    const worst = value.length <= SHORT_TEXT ? value.length * 3 : Buffer.byteLength(value);
    this.#reserve(4 + worst);
    const start = this.#length + 4;
    const written = this.#buffer.write(value, start);
    this.#buffer.writeUInt32BE(written, this.#length);
    this.#length = start + written;
  }

  /** Characters that are one byte each, without a length. */
  latin1(value: string): void {
    this.#reserve(value.length);
    this.#length += this.#buffer.write(value, this.#length, 'latin1');
  }

  /** Bytes behind their length. */
  block(value: Uint8Array): void {
    this.#reserve(4 + value.byteLength);
    this.#length = this.#buffer.writeUInt32BE(value.byteLength, this.#length);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
  }

  /** Bytes without a length: the last thing in whatever they are in. */
  raw(value: Uint8Array): void {
    this.#reserve(value.byteLength);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/**
 * Reads what a {@link ByteWriter} wrote. Every method throws {@link MalformedError} rather than read past the end; nothing
 * is allocated on the word of a length that the bytes do not bear out.
 */
export class ByteReader {
  readonly #buffer: Buffer;
  readonly #end: number;
  #position: number;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.#position = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  uint8(): number {
    return this.#buffer[this.#take(1)]!;
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  uint48(): number {
    return this.#buffer.readUIntBE(this.#take(6), 6);
  }

  float64(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  text(): string {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#buffer.toString('utf8', start, start + length);
  }

  latin1(length: number): string {
    const start = this.#take(length);
    return this.#buffer.toString('latin1', start, start + length);
  }

  /** A view, not a copy. */
  block(): Buffer {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#buffer.subarray(start, start + length);
  }

  /** Everything that is left, as a view. */
  rest(): Buffer {
    const start = this.#take(this.remaining);
    return this.#buffer.subarray(start, this.#end);
  }

  /** A reader of the next bytes only, which are skipped here. */
  section(): ByteReader {
    const length = this.uint32();
    const start = this.#take(length);
    return new ByteReader(this.#buffer, start, start + length);
  }

  /**
   * A count of things that take at least `size` bytes each.
   *
   * @throws MalformedError when fewer bytes are left than they would need.
   */
  count(size: number): number {
    const count = this.uint32();
    if (count * size > this.remaining) throw new MalformedError(`${count} things do not fit ${this.remaining} bytes`);
    return count;
  }

  /** @throws MalformedError when something is left. */
  finish(): void {
    if (this.remaining > 0) throw new MalformedError(`${this.remaining} bytes too many`);
  }

  #take(length: number): number {
    const start = this.#position;
    if (length > this.#end - start) throw new MalformedError(`${length} bytes wanted, ${this.#end - start} left`);
    this.#position = start + length;
    return start;
  }
}
