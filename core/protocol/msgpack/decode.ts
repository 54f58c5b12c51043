import { ProtocolError } from '../../errors.js';
import { MAX_DEPTH } from './limits.js';

/**
 * Decodes one MessagePack value that takes all the bytes. See {@link Reader} for the dialect and the limits.
 *
 * @throws ProtocolError when the bytes are anything else. Nothing else is thrown.
 */
export function decode(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.value();
  reader.end();
  return value;
}

/** Strings up to this length are made in JavaScript: a native call costs more. */
const SHORT_STRING = 24;

/** Types of extension. */
const UNDEFINED = 0;
const TIMESTAMP = -1;

/**
 * Reads MessagePack from bytes it does not own: values, or only as much of them as somebody wants to know.
 *
 * Every length is checked against the bytes that are left before anything is allocated, nesting is bounded, and keys such
 * as `__proto__` are plain data. The dialect is that of `notepack.io` 3: extension -1 is a date, extension 0 is
 * `undefined`; any other is refused. Binary values share the bytes of the message.
 *
 * Every method throws ProtocolError when the bytes are malformed; nothing else is thrown.
 */
export class Reader {
  /** What it reads from. */
  readonly bytes: Buffer;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the next value begins. */
  get position(): number {
    return this.#at;
  }

  set position(at: number) {
    this.#at = at;
  }

  /** There must be nothing left. */
  end(): void {
    const left = this.bytes.length - this.#at;
    if (left > 0) throw new ProtocolError(`malformed MessagePack: ${left} bytes after the value`);
  }

  // --- values ---

  value(): unknown {
    const type = this.type();
    if (type <= 0x7f) return type;
    if (type >= 0xe0) return type - 0x100;
    if (type <= 0x8f) return this.#map(type & 0x0f);
    if (type <= 0x9f) return this.#array(type & 0x0f);
    if (type <= 0xbf) return this.#text(type & 0x1f);
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#slice(this.length(type - 0xc4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.length(type - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#array(this.length(type - 0xdb));
      case 0xde:
      case 0xdf:
        return this.#map(this.length(type - 0xdd));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.length(type - 0xc7));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (type - 0xd4));
      default:
        return this.#number(type);
    }
  }

  #array(count: number): unknown[] {
    this.enter(count);
    // Not allocated ahead: nested headers could each claim all the bytes that are left.
    const array: unknown[] = [];
    for (let i = 0; i < count; i++) array.push(this.value());
    this.leave();
    return array;
  }

  #map(count: number): Record<string, unknown> {
    this.enter(count * 2);
    const map: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const key = this.key();
      const value = this.value();
      if (key === '__proto__')
        Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
      else map[key] = value;
    }
    this.leave();
    return map;
  }

  /** A key of a map. Other languages have keys that are not strings. */
  key(): string {
    const key = this.value();
    if (typeof key === 'string') return key;
    if (typeof key === 'object' && key !== null) throw this.#malformed('a map with a key that is not a plain value');
    return String(key);
  }

  #number(type: number): number {
    const bytes = this.bytes;
    switch (type) {
      case 0xca:
        return bytes.readFloatBE(this.take(4));
      case 0xcb:
        return bytes.readDoubleBE(this.take(8));
      case 0xcc:
        return bytes[this.take(1)]!;
      case 0xcd:
        return bytes.readUInt16BE(this.take(2));
      case 0xce:
        return bytes.readUInt32BE(this.take(4));
      case 0xcf: {
        const at = this.take(8);
        return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
      }
      case 0xd0:
        return bytes.readInt8(this.take(1));
      case 0xd1:
        return bytes.readInt16BE(this.take(2));
      case 0xd2:
        return bytes.readInt32BE(this.take(4));
      case 0xd3: {
        const at = this.take(8);
        return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
      }
      default:
        throw this.#malformed(`the type 0x${type.toString(16)}, which does not exist`);
    }
  }

  #extension(length: number): Date | undefined {
    const bytes = this.bytes;
    const type = bytes.readInt8(this.take(1));
    const at = this.take(length);
    if (type === UNDEFINED && length === 1) return undefined;
    if (type !== TIMESTAMP) throw this.#malformed(`an extension of unknown type ${type}`);
    if (length === 4) return new Date(bytes.readUInt32BE(at) * 1000);
    if (length === 8) {
      const upper = bytes.readUInt32BE(at);
      return date((upper & 3) * 2 ** 32 + bytes.readUInt32BE(at + 4), upper >>> 2);
    }
    if (length !== 12) throw this.#malformed(`a timestamp of ${length} bytes`);
    return date(bytes.readInt32BE(at + 4) * 2 ** 32 + bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at));
  }

  #text(length: number): string {
    const at = this.take(length);
    const { bytes } = this;
    if (length > SHORT_STRING) return bytes.toString('utf8', at, at + length);
    let text = '';
    for (let i = at; i < at + length; i++) {
      const byte = bytes[i]!;
      if (byte > 0x7f) return bytes.toString('utf8', at, at + length);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #slice(length: number): Buffer {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  // --- parts of values ---

  /** Number of items, which follow one by one; `-1`, and nothing is read, when this is not an array. */
  arrayHeader(): number {
    return this.#headerOf(0x90, 0xdc);
  }

  /** Number of pairs, which follow as key, value, key, value; `-1`, and nothing is read, when this is not a map. */
  mapHeader(): number {
    return this.#headerOf(0x80, 0xde);
  }

  #headerOf(fixed: number, type16: number): number {
    const type = this.type();
    if (type >> 4 === fixed >> 4) return type & 0x0f;
    if (type === type16 || type === type16 + 1) return this.length(type - type16 + 1);
    this.#at--;
    return -1;
  }

  /** Passes over one value. */
  skip(): void {
    const type = this.type();
    if (type <= 0x7f || type >= 0xe0) return;
    if (type <= 0x8f) this.#skipAll((type & 0x0f) * 2);
    else if (type <= 0x9f) this.#skipAll(type & 0x0f);
    else if (type <= 0xbf) this.take(type & 0x1f);
    else if (type === 0xc0 || type === 0xc2 || type === 0xc3) return;
    else if (type === 0xc1) this.#number(type);
    else if (type <= 0xc6) this.take(this.length(type - 0xc4));
    else if (type <= 0xc9) this.take(this.length(type - 0xc7) + 1);
    else if (type <= 0xcb) this.take(type === 0xca ? 4 : 8);
    else if (type <= 0xd3) this.take(1 << ((type - 0xcc) & 3));
    else if (type <= 0xd8) this.take((1 << (type - 0xd4)) + 1);
    else if (type <= 0xdb) this.take(this.length(type - 0xd9));
    else if (type <= 0xdd) this.#skipAll(this.length(type - 0xdb));
    else this.#skipAll(this.length(type - 0xdd) * 2);
  }

  /** Passes over an `undefined`, if one stands here. */
  skipUndefined(): boolean {
    const at = this.#at;
    if (this.bytes[at] !== 0xd4 || this.bytes[at + 1] !== UNDEFINED || at + 2 >= this.bytes.length) return false;
    this.#at = at + 3;
    return true;
  }

  #skipAll(count: number): void {
    this.enter(count);
    for (let i = 0; i < count; i++) this.skip();
    this.leave();
  }

  // --- bytes: for those who read on their own ---

  /** Takes the first byte of a value. */
  type(): number {
    const type = this.bytes[this.#at];
    if (type === undefined) throw this.#malformed('nothing where a value should be');
    this.#at++;
    return type;
  }

  /** @param size 0, 1, 2 for a length of 8, 16, 32 bits. */
  length(size: number): number {
    if (size === 0) return this.bytes[this.take(1)]!;
    return size === 1 ? this.bytes.readUInt16BE(this.take(2)) : this.bytes.readUInt32BE(this.take(4));
  }

  /** Advances over bytes that must be there; returns where they begin. */
  take(count: number): number {
    const at = this.#at;
    const left = this.bytes.length - at;
    if (count > left) throw this.#malformed(`a value of ${count} bytes where ${left} are left`);
    this.#at = at + count;
    return at;
  }

  /** Goes one level down, to values that take at least a byte each. */
  enter(count: number): void {
    const left = this.bytes.length - this.#at;
    if (count > left) throw this.#malformed(`${count} values where ${left} bytes are left`);
    if (++this.#depth > MAX_DEPTH) throw this.#malformed(`values nested deeper than ${MAX_DEPTH} levels`);
  }

  leave(): void {
    this.#depth--;
  }

  #malformed(what: string): ProtocolError {
    return new ProtocolError(`malformed MessagePack: ${what}, before byte ${this.#at}`);
  }
}

/** Dates have milliseconds. */
function date(seconds: number, nanoseconds: number): Date {
  return new Date(seconds * 1000 + Math.floor(nanoseconds / 1e6));
}
