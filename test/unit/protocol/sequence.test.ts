import fc from 'fast-check';
import { SEPARATOR } from '../../../core/protocol/engineio/payload.js';
import { Prepared } from '../../../core/protocol/prepared.js';
import { Sequence } from '../../../core/protocol/sequence.js';

const compression = { threshold: 4, zlib: {} };

function sequenceOf(root: Sequence, messages: Prepared[]): Sequence {
  let sequence = root;
  for (const message of messages) sequence = sequence.append(message);
  return sequence;
}

test('the root is empty', () => {
  const root = Sequence.root();
  expect(root).toMatchObject({ length: 0, byteLength: 0, last: null, parent: null });
  expect(root.messages()).toEqual([]);
});

test('the same messages lead to the same node, and to the same bytes', () => {
  const [a, b] = [Prepared.message(['a']), Prepared.message(['b'])];
  const root = Sequence.root();
  const first = root.append(a);
  const second = root.append(a);
  expect(second).toBe(first);
  expect(first.append(b)).toBe(second.append(b));
  expect(first.append(b).frames()).toBe(second.append(b).frames());
  expect(first.append(b).payload()).toBe(second.append(b).payload());
  expect(first.append(b).deflatedFrames(compression)).toBe(second.append(b).deflatedFrames(compression));
});

test('equal messages that are not the same stay apart', () => {
  const root = Sequence.root();
  expect(root.append(Prepared.message(['a']))).not.toBe(root.append(Prepared.message(['a'])));
});

test('one message alone is the very frame of the message', () => {
  const message = Prepared.message(['a']);
  const sequence = Sequence.root().append(message);
  expect(sequence.frames()).toBe(message.frame);
  expect(sequence.deflatedFrames(compression)).toBe(message.deflatedFrame(compression));
});

test('any walk through a shared tree holds exactly its own messages, in every form', () => {
  const pool = Array.from({ length: 5 }, (_, i) =>
    Prepared.message(i === 4 ? ['51-[]', new Uint8Array([i])] : [`message ${i} `.repeat(i + 1)], i !== 3),
  );
  const walk = fc.record({
    steps: fc.array(fc.nat(4), { minLength: 1, maxLength: 12 }),
    form: fc.constantFrom('frames', 'deflated', 'payload', 'none'),
  });
  fc.assert(
    fc.property(fc.array(walk, { maxLength: 10 }), (walks) => {
      const root = Sequence.root();
      for (const { steps, form } of walks) {
        const messages = steps.map((step) => pool[step]!);
        const sequence = sequenceOf(root, messages);
        expect(sequence.messages()).toEqual(messages);
        expect(sequence.length).toBe(messages.length);
        expect(sequence.byteLength).toBe(messages.reduce((sum, message) => sum + message.byteLength, 0));
        if (form === 'frames') {
          expect(sequence.frames()).toEqual(Buffer.concat(messages.map((message) => message.frame)));
        } else if (form === 'deflated') {
          expect(sequence.deflatedFrames(compression)).toEqual(
            Buffer.concat(messages.map((message) => message.deflatedFrame(compression))),
          );
        } else if (form === 'payload') {
          expect(sequence.payload()).toBe(messages.map((message) => message.chunk).join(SEPARATOR));
        }
      }
    }),
  );
});
