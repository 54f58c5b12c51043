import type { Reader } from './decode.js';

/**
 * Reads one value, and returns the JSON text that `JSON.stringify` would make of it: text is copied as bytes, and nothing
 * is made of the value in between. `undefined`, with the reader somewhere in the value, when there is binary in it, which
 * JSON cannot hold.
 *
 * @throws ProtocolError when the bytes are malformed. Nothing else is thrown.
 */
export function readJson(reader: Reader): string | undefined {
  try {
    return write(reader) ? scratch.toString(isAscii ? 'latin1' : 'utf8', 0, at) : undefined;
  } finally {
    at = 0;
    isAscii = true;
    if (scratch.length > KEPT_BYTES) scratch = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }
}

const INITIAL_BYTES = 4096;
/** A larger scratch buffer is given back after use. */
const KEPT_BYTES = 1 << 20;

// The text in the making. Module-level, because nothing here calls back into anybody's code.
let scratch = Buffer.allocUnsafeSlow(INITIAL_BYTES);
let at = 0;
let isAscii = true;

/** Writes one value; `false` when it is, or holds, binary. */
function write(reader: Reader): boolean {
  const type = reader.type();
  if (type <= 0x7f) writeNatural(type);
  else if (type >= 0xe0) writeAscii(String(type - 0x100));
  else if (type <= 0x8f) return writeMap(reader, type & 0x0f);
  else if (type <= 0x9f) return writeArray(reader, type & 0x0f);
  else if (type <= 0xbf) writeText(reader, type & 0x1f);
  else if (type === 0xc0) writeAscii('null');
  else if (type === 0xc2) writeAscii('false');
  else if (type === 0xc3) writeAscii('true');
  else if (type >= 0xc4 && type <= 0xc6) return false;
  else if (type >= 0xd9 && type <= 0xdb) writeText(reader, reader.length(type - 0xd9));
  else if (type === 0xdc || type === 0xdd) return writeArray(reader, reader.length(type - 0xdb));
  else if (type >= 0xde) return writeMap(reader, reader.length(type - 0xdd));
  else {
    reader.position--;
    writeAscii(JSON.stringify(reader.value()) ?? 'null');
  }
  return true;
}

function writeArray(reader: Reader, count: number): boolean {
  reader.enter(count);
  writeByte(0x5b);
  for (let i = 0; i < count; i++) {
    if (i > 0) writeByte(0x2c);
    if (!write(reader)) return false;
  }
  writeByte(0x5d);
  reader.leave();
  return true;
}

function writeMap(reader: Reader, count: number): boolean {
  reader.enter(count * 2);
  writeByte(0x7b);
  let isFirst = true;
  for (let i = 0; i < count; i++) {
    const start = at;
    if (!isFirst) writeByte(0x2c);
    const type = reader.bytes[reader.position]!;
    if (type >= 0xa0 && type <= 0xbf) {
      reader.position++;
      writeText(reader, type & 0x1f);
    } else {
      writeUtf8(JSON.stringify(reader.key()));
    }
    writeByte(0x3a);
    if (reader.skipUndefined()) {
      at = start;
      continue;
    }
    isFirst = false;
    if (!write(reader)) return false;
  }
  writeByte(0x7d);
  reader.leave();
  return true;
}

const HEX = '0123456789abcdef';
const ESCAPES: Readonly<Record<number, number>> = {
  8: 0x62,
  9: 0x74,
  10: 0x6e,
  12: 0x66,
  13: 0x72,
  34: 0x22,
  92: 0x5c,
};

/** A string: its bytes as they are, but for what JSON escapes. */
function writeText(reader: Reader, length: number): void {
  const from = reader.take(length);
  const { bytes } = reader;
  // At most `\u0000` for each byte.
  reserve(length * 6 + 2);
  const target = scratch;
  let to = at;
  target[to++] = 0x22;
  for (let i = from; i < from + length; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) isAscii = false;
    else if (byte < 0x20 || byte === 0x22 || byte === 0x5c) {
      target[to++] = 0x5c;
      const short = ESCAPES[byte];
      if (short !== undefined) {
        target[to++] = short;
        continue;
      }
      to += target.write(`u00${HEX[byte >> 4]}${HEX[byte & 15]}`, to, 'latin1');
      continue;
    }
    target[to++] = byte;
  }
  target[to++] = 0x22;
  at = to;
}

function writeNatural(value: number): void {
  reserve(3);
  if (value >= 100) scratch[at++] = 0x30 + Math.floor(value / 100);
  if (value >= 10) scratch[at++] = 0x30 + (Math.floor(value / 10) % 10);
  scratch[at++] = 0x30 + (value % 10);
}

function writeAscii(text: string): void {
  reserve(text.length);
  for (let i = 0; i < text.length; i++) scratch[at++] = text.charCodeAt(i);
}

function writeUtf8(text: string): void {
  isAscii = false;
  reserve(text.length * 3);
  at += scratch.write(text, at, 'utf8');
}

function writeByte(byte: number): void {
  reserve(1);
  scratch[at++] = byte;
}

function reserve(count: number): void {
  const needed = at + count;
  if (needed <= scratch.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, scratch.length * 2));
  scratch.copy(larger, 0, 0, at);
  scratch = larger;
}
