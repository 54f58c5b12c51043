import { ProtocolError } from '../../core/errors.js';
import { decode, Reader } from '../../core/protocol/msgpack/decode.js';
import { encode } from '../../core/protocol/msgpack/encode.js';
import { readJson } from '../../core/protocol/msgpack/json.js';
import { hasBinary } from '../../core/protocol/socketio/attachments.js';
import { fuzz } from './support/fuzz.js';
import { messagePack } from './support/messagepack.js';

/** What it gives, or `refused`. */
function outcome<Result>(read: () => Result): Result | typeof refused {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return refused;
    throw error;
  }
}
const refused = Symbol('refused');

function whole<Result>(bytes: Uint8Array, read: (reader: Reader) => Result): Result {
  const reader = new Reader(bytes);
  const result = read(reader);
  reader.end();
  return result;
}

fuzz<Uint8Array>({
  name: 'msgpack',
  inputs: messagePack,
  check(bytes) {
    const value = outcome(() => decode(bytes));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    if (value === refused) return;

    // What is written of it reads as what it was (`undefined` reads as `null`).
    const written = encode(value);
    expect(encode(decode(written)).equals(written)).toBe(true);
    expect(outcome(() => whole(bytes, (reader) => reader.skip()))).toBeUndefined();
    if (!hasBinary(value)) {
      const text = whole(bytes, readJson)!;
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value) ?? 'null'));
    }
    // Byte by byte: no beginning of a value is a value.
    for (let length = 0; length < Math.min(bytes.length, 64); length++) {
      expect(outcome(() => decode(bytes.subarray(0, length)))).toBe(refused);
      expect(outcome(() => whole(bytes.subarray(0, length), (reader) => reader.skip()))).toBe(refused);
    }
  },
});
