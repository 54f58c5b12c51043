import { deflateRawSync } from 'node:zlib';
import { SEPARATOR } from '../../../core/protocol/engineio/payload.js';
import { Prepared } from '../../../core/protocol/prepared.js';
import { encodeDeflatedFrame, encodeFrame } from '../../../core/protocol/websocket/frame.js';

const compression = { threshold: 10, zlib: {} };

test('a text becomes an Engine.IO message', () => {
  const message = Prepared.message(['2["a"]']);
  expect(message.parts).toEqual(['42["a"]']);
  expect(message.frame).toEqual(encodeFrame('42["a"]'));
  expect(message.chunk).toBe('42["a"]');
});

test('what is made of parts may be compressed, unless it says otherwise', () => {
  expect(new Prepared(['42["a"]']).compress).toBe(true);
  expect(Prepared.message(['2["a"]']).compress).toBe(true);
  expect(Prepared.message(['2["a"]', Buffer.from([1])]).compress).toBe(true);
  expect(Prepared.message(['2["a"]'], false).compress).toBe(false);
});

test('a header and its attachments are one unit in every form', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const message = Prepared.message(['51-[{}]', bytes]);
  expect(message.frame).toEqual(Buffer.concat([encodeFrame('451-[{}]'), encodeFrame(bytes)]));
  expect(message.chunk).toBe(`451-[{}]${SEPARATOR}bAQID`);
});

test('a single binary message', () => {
  const message = Prepared.message([new Uint8Array([1, 2, 3])]);
  expect(message.frame).toEqual(encodeFrame(new Uint8Array([1, 2, 3])));
  expect(message.chunk).toBe('bAQID');
});

test.each([
  ['ArrayBuffer', new Uint8Array([1, 2]).buffer],
  ['DataView', new DataView(new Uint8Array([0, 1, 2, 0]).buffer, 1, 2)],
  ['Uint16Array', new Uint16Array(new Uint8Array([1, 2]).buffer)],
  ['Buffer', Buffer.from([1, 2])],
])('bytes come as %s', (_name, bytes) => {
  expect(Prepared.message(['51-', bytes as Uint8Array]).parts[1]).toEqual(
    bytes instanceof Buffer ? bytes : new Uint8Array([1, 2]),
  );
});

test('a Blob cannot be sent, and the error says what can', () => {
  expect(() => Prepared.message(['51-', new Blob(['x']) as never])).toThrow(
    new TypeError('cannot send a Blob: send its bytes (await blob.arrayBuffer())'),
  );
});

test('each form is made once and shared', () => {
  const message = Prepared.message(['2["a long enough text"]', new Uint8Array(100)]);
  expect(message.frame).toBe(message.frame);
  expect(message.deflatedFrame(compression)).toBe(message.deflatedFrame(compression));
  expect(message.chunk).toBe(message.chunk);
});

test('compressed part by part', () => {
  const bytes = new Uint8Array(100);
  expect(Prepared.message(['51-[]', bytes]).deflatedFrame(compression)).toEqual(
    Buffer.concat([encodeFrame('451-[]'), encodeDeflatedFrame(bytes, compression)]),
  );
});

test('with compress: false the deflated frame is the frame', () => {
  const message = Prepared.message(['x'.repeat(1000)], false);
  expect(message.deflatedFrame(compression)).toBe(message.frame);
});

test('control packets are never compressed and get no type digit', () => {
  const ping = Prepared.text('2');
  expect(ping.compress).toBe(false);
  expect(ping.parts).toEqual(['2']);
});

test('byteLength counts the bytes of all parts', () => {
  expect(Prepared.message(['ü', new Uint8Array(10)]).byteLength).toBe(1 + 2 + 10);
});

describe('compressed on another thread', () => {
  const calls: { payload: Uint8Array; finish: (error: Error | null) => void }[] = [];
  const compression = {
    threshold: 0,
    zlib: {},
    pool: (payload: Uint8Array, options: object, callback: (error: Error | null, deflated: Buffer) => void) => {
      calls.push({ payload, finish: (error) => callback(error, deflateRawSync(payload, options)) });
    },
  };
  const large = 'x'.repeat(20_000);
  beforeEach(() => calls.splice(0));

  test('once for all, and the same bytes as at once', () => {
    const message = Prepared.message([large, Buffer.alloc(30_000, 7)]);
    expect(message.isSlowToDeflate).toBe(true);
    let done = 0;
    message.deflate(compression, () => done++);
    message.deflate(compression, () => done++);
    expect(calls).toHaveLength(2);
    calls[1]!.finish(null);
    expect(done).toBe(0);
    calls[0]!.finish(null);
    expect(done).toBe(2);
    expect(message.isSlowToDeflate).toBe(false);
    const atOnce = Prepared.message([large, Buffer.alloc(30_000, 7)]);
    expect(message.deflatedFrame(compression)).toEqual(atOnce.deflatedFrame(compression));
  });

  test('a compressor that fails leaves it as it is', () => {
    const message = Prepared.message([large]);
    let isDone = false;
    message.deflate(compression, () => {
      isDone = true;
    });
    calls[0]!.finish(new Error('no memory'));
    expect(isDone).toBe(true);
    expect(message.deflatedFrame(compression)).toEqual(message.frame);
  });

  test('what is small, or is not to be compressed, is not slow', () => {
    expect(Prepared.message(['x'.repeat(16_000)]).isSlowToDeflate).toBe(false);
    expect(Prepared.message([large], false).isSlowToDeflate).toBe(false);
  });

  test('bytes that are gone are noticed before anything is on its way', () => {
    const bytes = new Uint8Array(20_000);
    const message = Prepared.message([bytes]);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    expect(() => message.deflate(compression, () => {})).toThrow(new TypeError('the bytes of a message are gone'));
    expect(calls).toEqual([]);
  });
});
