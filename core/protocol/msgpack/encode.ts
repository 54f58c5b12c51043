import { MAX_BYTES, MAX_DEPTH } from './limits.js';

/**
 * Encodes a value as MessagePack, byte for byte as `notepack.io` 3 does (the encoder of `@socket.io/redis-adapter`):
 * the shortest form of integers, `float64` for all other numbers, `nil` for `undefined`, `bin` for binary, the timestamp
 * extension for dates; in objects, properties that are `undefined` or functions are left out; `toJSON()` is honoured
 * except on arrays, dates and binary. Source: https://github.com/msgpack/msgpack/blob/master/spec.md.
 *
 * Where notepack writes something else than was meant, this does not follow it: integers beyond 64 bits (they become
 * floats instead of the low 64 bits), typed arrays of wider elements and `DataView` (their bytes instead of truncated
 * elements), halves of surrogate pairs (U+FFFD instead of another character), invalid dates (`nil`, as in JSON, instead
 * of 1970), functions and symbols in arrays (`nil`, as in JSON, instead of an error).
 *
 * @throws TypeError for a BigInt; RangeError when values are nested deeper than {@link MAX_DEPTH}, are cyclic, or
 * take more than {@link MAX_BYTES}.
 */
export function encode(value: unknown): Buffer {
  // A `toJSON` may encode something itself: it then finds no idle writer, and makes its own.
  const writer = idle ?? new Writer();
  idle = null;
  try {
    writer.value(value, 0);
    return writer.take();
  } finally {
    writer.reset();
    idle = writer;
  }
}

const INITIAL_BYTES = 4096;
/** A larger scratch buffer is given back after use. */
const KEPT_BYTES = 1 << 20;
/** Strings up to this length are copied in JavaScript: a native call costs more. */
const SHORT_STRING = 40;

/** Appends encoded values to a buffer that grows. */
class Writer {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #at = 0;

  /** A copy of what was written. */
  take(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  reset(): void {
    this.#at = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.#string(value);
        return;
      case 'number':
        this.#number(value);
        return;
      case 'boolean':
        this.#byte(value ? 0xc3 : 0xc2);
        return;
      case 'object':
        if (value === null) this.#byte(0xc0);
        else this.#object(value, depth);
        return;
      case 'bigint':
        throw new TypeError('cannot encode a BigInt: send it as a string, or give BigInt.prototype a toJSON()');
      default:
        this.#byte(0xc0);
    }
  }

  #object(value: object, depth: number): void {
    if (depth >= MAX_DEPTH) throw new RangeError(`cannot encode values nested deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(value)) {
      this.#header(value.length, 0x90, 15, 0xdc);
      for (let i = 0; i < value.length; i++) this.value(value[i], depth + 1);
    } else if (value instanceof Date) {
      this.#date(value.getTime());
    } else if (value instanceof Uint8Array) {
      this.#binary(value);
    } else if (ArrayBuffer.isView(value)) {
      this.#binary(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    } else if (value instanceof ArrayBuffer) {
      this.#binary(new Uint8Array(value));
    } else if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
      this.value((value as { toJSON(): unknown }).toJSON(), depth + 1);
    } else {
      this.#map(value as Record<string, unknown>, depth);
    }
  }

  #map(value: Record<string, unknown>, depth: number): void {
    const keys = Object.keys(value);
    let count = 0;
    for (const key of keys) if (isEncoded(value[key])) count++;
    this.#header(count, 0x80, 15, 0xde);
    for (const key of keys) {
      const item = value[key];
      if (!isEncoded(item)) continue;
      this.#string(key);
      this.value(item, depth + 1);
    }
  }

  #string(text: string): void {
    const { length } = text;
    if (length <= SHORT_STRING) {
      this.#reserve(length + 2);
      const bytes = this.#bytes;
      const start = this.#at;
      let at = start;
      if (length < 32) bytes[at++] = 0xa0 | length;
      else {
        bytes[at++] = 0xd9;
        bytes[at++] = length;
      }
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0x7f) break;
        bytes[at++] = code;
      }
      if (i === length) {
        this.#at = at;
        return;
      }
    }
    const byteLength = Buffer.byteLength(text);
    if (byteLength < 32) this.#byte(0xa0 | byteLength);
    else if (byteLength <= 0xff) this.#bytes2(0xd9, byteLength);
    else if (byteLength <= 0xffff) this.#bytes3(0xda, byteLength);
    else this.#bytes5(0xdb, byteLength);
    this.#reserve(byteLength);
    this.#at += this.#bytes.write(text, this.#at, 'utf8');
  }

  #binary(value: Uint8Array): void {
    const { byteLength } = value;
    if (byteLength <= 0xff) this.#bytes2(0xc4, byteLength);
    else if (byteLength <= 0xffff) this.#bytes3(0xc5, byteLength);
    else this.#bytes5(0xc6, byteLength);
    this.#reserve(byteLength);
    this.#bytes.set(value, this.#at);
    this.#at += byteLength;
  }

  #number(value: number): void {
    if (!Number.isInteger(value)) this.#float(value);
    else if (value >= 0) {
      if (value <= 0x7f) this.#byte(value);
      else if (value <= 0xff) this.#bytes2(0xcc, value);
      else if (value <= 0xffff) this.#bytes3(0xcd, value);
      else if (value <= 0xffff_ffff) this.#bytes5(0xce, value);
      else if (value < 2 ** 64) this.#integer64(0xcf, value);
      else this.#float(value);
    } else if (value >= -0x20) this.#byte(value & 0xff);
    else if (value >= -0x80) this.#bytes2(0xd0, value & 0xff);
    else if (value >= -0x8000) this.#bytes3(0xd1, value & 0xffff);
    else if (value >= -0x8000_0000) this.#bytes5(0xd2, value >>> 0);
    else if (value >= -(2 ** 63)) this.#integer64(0xd3, value);
    else this.#float(value);
  }

  #float(value: number): void {
    this.#byte(0xcb);
    this.#reserve(8);
    this.#at = this.#bytes.writeDoubleBE(value, this.#at);
  }

  /** Two's complement: the upper half of a negative number is its floor. */
  #integer64(type: number, value: number): void {
    this.#bytes5(type, Math.floor(value / 2 ** 32) >>> 0);
    this.#word(value >>> 0);
  }

  /** Seconds alone, nanoseconds beside 34 bits of seconds, or 12 bytes for all other times. */
  #date(time: number): void {
    if (Number.isNaN(time)) {
      this.#byte(0xc0);
      return;
    }
    const seconds = Math.floor(time / 1000);
    const nanoseconds = (time - seconds * 1000) * 1e6;
    if (seconds >= 0 && nanoseconds === 0 && seconds <= 0xffff_ffff) {
      this.#bytes2(0xd6, 0xff);
      this.#word(seconds);
    } else if (seconds >= 0 && seconds < 2 ** 34) {
      this.#bytes2(0xd7, 0xff);
      this.#word((nanoseconds << 2) | Math.floor(seconds / 2 ** 32));
      this.#word(seconds >>> 0);
    } else {
      this.#bytes3(0xc7, 0x0cff);
      this.#word(nanoseconds);
      this.#word(Math.floor(seconds / 2 ** 32) >>> 0);
      this.#word(seconds >>> 0);
    }
  }

  /** A count: in the type's own byte up to `inline`, else in 16 bits, else in 32 (whose type is the next). */
  #header(count: number, fixed: number, inline: number, type16: number): void {
    if (count <= inline) this.#byte(fixed | count);
    else if (count <= 0xffff) this.#bytes3(type16, count);
    else this.#bytes5(type16 + 1, count);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  #bytes2(type: number, value: number): void {
    this.#reserve(2);
    this.#bytes[this.#at++] = type;
    this.#bytes[this.#at++] = value;
  }

  #bytes3(type: number, value: number): void {
    this.#reserve(3);
    this.#bytes[this.#at++] = type;
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }

  #bytes5(type: number, value: number): void {
    this.#byte(type);
    this.#word(value);
  }

  #word(value: number): void {
    this.#reserve(4);
    this.#bytes[this.#at++] = value >>> 24;
    this.#bytes[this.#at++] = value >>> 16;
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    if (needed > MAX_BYTES) throw new RangeError(`cannot encode more than ${MAX_BYTES} bytes`);
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

let idle: Writer | null = new Writer();

/** Whether a property is there at all, as notepack and JSON see it. */
function isEncoded(value: unknown): boolean {
  const type = typeof value;
  return type !== 'undefined' && type !== 'function' && type !== 'symbol';
}
