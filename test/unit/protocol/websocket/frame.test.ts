import { constants, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { encodeDeflatedFrame, encodeFrame } from '../../../../core/protocol/websocket/frame.js';

interface Frame {
  opcode: number;
  isFinal: boolean;
  isCompressed: boolean;
  isMasked: boolean;
  payload: Buffer;
}

/** Reads one frame as RFC 6455 §5.2 lays it out, and insists that it ends with the buffer. */
function readFrame(bytes: Buffer): Frame {
  const length = bytes[1]! & 0x7f;
  const [at, size] =
    length === 126 ? [4, bytes.readUInt16BE(2)] : length === 127 ? [10, Number(bytes.readBigUInt64BE(2))] : [2, length];
  expect(bytes.byteLength).toBe(at + size);
  return {
    opcode: bytes[0]! & 0x0f,
    isFinal: (bytes[0]! & 0x80) !== 0,
    isCompressed: (bytes[0]! & 0x40) !== 0,
    isMasked: (bytes[1]! & 0x80) !== 0,
    payload: bytes.subarray(at),
  };
}

/** RFC 7692 §7.2.2: append the four bytes, then inflate. */
function inflate(payload: Buffer): Buffer {
  const tail = Buffer.from([0, 0, 0xff, 0xff]);
  return inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH });
}

describe('encodeFrame', () => {
  // 125, 65,535 and 2^32 are where the header changes; the last is not affordable here.
  test.each([0, 1, 125, 126, 127, 65_535, 65_536, 100_000])('a text of %d bytes', (size) => {
    const frame = readFrame(encodeFrame('x'.repeat(size)));
    expect(frame).toMatchObject({ opcode: 1, isFinal: true, isCompressed: false, isMasked: false });
    expect(frame.payload.toString()).toBe('x'.repeat(size));
  });

  test('the length is that of the bytes, not of the characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(readFrame(encodeFrame(text)).payload.toString()).toBe(text);
      }),
    );
  });

  test('binary of any size', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const frame = readFrame(encodeFrame(bytes));
        expect(frame).toMatchObject({ opcode: 2, isFinal: true, isMasked: false });
        expect(frame.payload).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe('encodeDeflatedFrame', () => {
  const compression = { threshold: 0, zlib: {} };

  test('what is compressed inflates to the same', () => {
    const text = fc.array(fc.constantFrom('carillon ', 'bell ', '{"a":1}', 'ü'), { minLength: 20, maxLength: 2000 });
    fc.assert(
      fc.property(text, fc.constantFrom(1, 6, 9), (words, level) => {
        const message = words.join('');
        const frame = readFrame(encodeDeflatedFrame(message, { threshold: 0, zlib: { level } }));
        expect(frame).toMatchObject({ opcode: 1, isFinal: true, isCompressed: true });
        expect(inflate(frame.payload).toString()).toBe(message);
      }),
      { numRuns: 50 },
    );
  });

  test('also around the size of the buffers of zlib', () => {
    for (let size = 16_370; size < 16_400; size++) {
      const message = Buffer.alloc(size, 'ab');
      for (let i = 0; i < size; i += 3) message[i] = (i * 2_654_435_761) >>> 24;
      const frame = readFrame(encodeDeflatedFrame(message, compression));
      expect((frame.isCompressed ? inflate(frame.payload) : frame.payload).equals(message)).toBe(true);
    }
  });

  test('small messages go out as they are', () => {
    const message = 'x'.repeat(99);
    expect(encodeDeflatedFrame(message, { threshold: 100, zlib: {} })).toEqual(encodeFrame(message));
    expect(readFrame(encodeDeflatedFrame(`${message}x`, { threshold: 100, zlib: {} })).isCompressed).toBe(true);
  });

  test('the threshold counts bytes', () => {
    expect(readFrame(encodeDeflatedFrame('ü'.repeat(50), { threshold: 100, zlib: {} })).isCompressed).toBe(true);
  });

  test('so does what compression would only make larger', () => {
    const noise = new Uint8Array([200, 13, 77, 5, 91, 3]);
    expect(encodeDeflatedFrame(noise, compression)).toEqual(encodeFrame(noise));
    expect(encodeDeflatedFrame('', compression)).toEqual(encodeFrame(''));
  });

  test('binary stays binary', () => {
    const frame = readFrame(encodeDeflatedFrame(new Uint8Array(1000), compression));
    expect(frame).toMatchObject({ opcode: 2, isCompressed: true });
    expect(inflate(frame.payload)).toEqual(Buffer.alloc(1000));
  });

  test('each message stands alone: nothing looks back at the one before', () => {
    const message = 'the same words '.repeat(100);
    expect(encodeDeflatedFrame(message, compression)).toEqual(encodeDeflatedFrame(message, compression));
  });
});
