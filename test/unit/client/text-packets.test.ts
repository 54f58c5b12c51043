import { decodeFromText, encodeAsText } from '../../../core/client/transports/base64.js';
import { decodeText, encodeText, quote } from '../../../core/client/transports/codec.js';

describe('packets as text', () => {
  test.each([
    ['0{"sid":"a"}', { type: 'open', data: '{"sid":"a"}' }],
    ['1', { type: 'close' }],
    ['2probe', { type: 'ping', data: 'probe' }],
    ['3', { type: 'pong' }],
    ['4é\u{1d11e}', { type: 'message', data: 'é\u{1d11e}' }],
    ['5', { type: 'upgrade' }],
    ['6', { type: 'noop' }],
  ] as const)('%s', (text, packet) => {
    expect(decodeText(text)).toEqual(packet);
    expect(decodeFromText(text)).toEqual(packet);
    expect(encodeText(packet)).toBe(text);
    expect(encodeAsText(packet)).toBe(text);
  });

  test.each(['', '7', 'x', '<!DOCTYPE html>', ' 4', '٤', '\0', 'bnot base64!', 'b====='])('%j is none', (text) => {
    expect(decodeFromText(text)).toBeUndefined();
  });

  test('binary is base64, there and back, whatever it is a view of', () => {
    const bytes = Uint8Array.from({ length: 20_001 }, (_, index) => (index * 7) % 256);
    const padded = new Uint8Array(bytes.length + 20);
    padded.set(bytes, 7);
    for (const data of [bytes, bytes.buffer, Buffer.from(bytes), padded.subarray(7, 7 + bytes.length)]) {
      const text = encodeAsText({ type: 'message', data }) as string;
      expect(text).toBe(`b${Buffer.from(bytes).toString('base64')}`);
      const packet = decodeFromText(text)!;
      expect(Buffer.from(packet.data).equals(Buffer.from(bytes))).toBe(true);
    }
    expect(encodeAsText({ type: 'message', data: new ArrayBuffer(0) })).toBe('b');
    expect(decodeFromText('b')!.data.byteLength).toBe(0);
  });

  test('a Blob is read first', async () => {
    const text = encodeAsText({ type: 'message', data: new Blob(['abc']) });
    expect(typeof text).toBe('object');
    expect(await text).toBe('bYWJj');
  });

  test('what was received is quoted, but not at length', () => {
    expect(quote('<html>\n')).toBe('received "<html>\\n"');
    expect(quote('x'.repeat(1000))).toHaveLength(212);
    expect(quote(undefined)).toBe('received "undefined"');
  });
});
