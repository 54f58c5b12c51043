import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as ws from 'ws';
import { Prepared } from '../../core/protocol/prepared.js';
import { Sequence } from '../../core/protocol/sequence.js';
import { fuzz } from './support/fuzz.js';

interface Input {
  messages: { text?: string; bytes?: Uint8Array; repeat: number; compress: boolean }[];
  threshold: number;
  level: number;
  windowBits: number;
  memLevel: number;
  deflate: boolean;
  /** Sizes of the pieces the bytes arrive in. */
  pieces: number[];
}

/** The reader of `ws`, in the role of a client: what it reads is what a browser would. */
function read(chunks: Buffer[], deflate: boolean): Promise<(string | Buffer)[]> {
  const extensions: Record<string, unknown> = {};
  if (deflate) {
    const extension = new (ws as any).PerMessageDeflate({ isServer: false, threshold: 0 });
    extension.accept([{ server_no_context_takeover: [true], client_no_context_takeover: [true] }]);
    extensions['permessage-deflate'] = extension;
  }
  // Public exports of the package, missing in its types.
  const receiver = new (ws as any).Receiver({ isServer: false, extensions, binaryType: 'nodebuffer' });
  return new Promise((resolve, reject) => {
    const messages: (string | Buffer)[] = [];
    receiver.on('message', (data: Buffer, isBinary: boolean) => messages.push(isBinary ? data : data.toString()));
    receiver.on('error', reject);
    receiver.on('finish', () => resolve(messages));
    for (const chunk of chunks) receiver.write(chunk);
    receiver.end();
  });
}

function split(bytes: Buffer, pieces: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = pieces.length === 0 ? bytes.length : pieces[i % pieces.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

fuzz<Input>({
  name: 'frame',
  inputs: fc.record({
    messages: fc.array(
      fc.oneof(
        fc.record({
          text: fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constant('\ud800')),
          repeat: fc.constantFrom(1, 1, 1, 2, 10, 124, 125, 126, 127, 2000, 65_535),
          compress: fc.boolean(),
        }),
        fc.record({
          bytes: fc.uint8Array({ maxLength: 20 }),
          repeat: fc.constantFrom(1, 1, 1, 3, 125, 126, 3000, 65_536),
          compress: fc.boolean(),
        }),
      ),
      { minLength: 1, maxLength: 4 },
    ),
    threshold: fc.constantFrom(0, 1, 64, 1024, 1e9),
    level: fc.integer({ min: -1, max: 9 }),
    windowBits: fc.integer({ min: 9, max: 15 }),
    memLevel: fc.integer({ min: 1, max: 9 }),
    deflate: fc.boolean(),
    pieces: fc.oneof(
      fc.constant<number[]>([]),
      fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 5 }),
    ),
  }),
  async check({ messages, threshold, level, windowBits, memLevel, deflate, pieces }) {
    let sequence = Sequence.root();
    const expected: (string | Buffer)[] = [];
    for (const { text, bytes, repeat, compress } of messages) {
      if (text !== undefined) {
        const whole = text.repeat(Math.min(repeat, 70_000 / Math.max(1, text.length)));
        sequence = sequence.append(Prepared.message([whole], compress));
        // A lone surrogate has no UTF-8: it arrives as U+FFFD.
        expected.push(Buffer.from(`4${whole}`).toString());
      } else {
        const whole = Buffer.concat(
          new Array(Math.min(repeat, Math.ceil(70_000 / Math.max(1, bytes!.byteLength)))).fill(Buffer.from(bytes!)),
        );
        sequence = sequence.append(Prepared.message([whole], compress));
        expected.push(whole);
      }
    }
    const written = deflate
      ? sequence.deflatedFrames({ threshold, zlib: { level, windowBits, memLevel } })
      : sequence.frames();
    const chunks = split(written, written.length > 20_000 ? pieces.map((size) => size * 50) : pieces);
    expect(isDeepStrictEqual(await read(chunks, deflate), expected)).toBe(true);
    if (written.length < 1000) expect(isDeepStrictEqual(await read(split(written, [1]), deflate), expected)).toBe(true);
  },
});
