import fc from 'fast-check';
import { decodeEntry, encodeEntry, isReceiver } from '../../../../../core/adapters/recovery/records/log-entry.js';

const rooms = fc.uniqueArray(fc.string({ unit: 'grapheme' }), { maxLength: 4 }).map((list) => new Set(list));
const broadcast = fc.record({
  parts: fc
    .tuple(fc.string(), fc.array(fc.uint8Array(), { maxLength: 3 }))
    .map(([text, attachments]) => [`42${text}`, ...attachments.map((each) => Buffer.from(each))]),
  options: fc.record({
    rooms: rooms.map((set) => set),
    except: fc.constant(new Set<string>()),
    flags: fc.constantFrom({}, { compress: false }),
  }),
});

test('an entry is what was written', () => {
  fc.assert(
    fc.property(
      fc.array(broadcast, { minLength: 1, maxLength: 5 }),
      fc.nat(),
      fc.nat(),
      (broadcasts, first, sentAt) => {
        const events = broadcasts.map((each, i) => ({ ...each, sequence: first + i, sentAt }));
        expect(decodeEntry(encodeEntry(events))).toEqual(events);
      },
    ),
  );
});

test('whatever else is in a log is no entry', () => {
  const entry = encodeEntry([
    { sequence: 1, sentAt: 0, parts: ['42["x"]'], options: { rooms: new Set(['a']), except: new Set(), flags: {} } },
  ]);
  for (let length = 0; length < entry.length; length++) expect(decodeEntry(entry.subarray(0, length))).toBeUndefined();
  expect(decodeEntry(Buffer.concat([entry, Buffer.of(0)]))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      decodeEntry(Buffer.from(bytes));
      decodeEntry(Buffer.concat([entry.subarray(0, 20), bytes]));
    }),
  );
});

test('who an event is for', () => {
  const to = (rooms: string[], except: string[] = []) => ({
    rooms: new Set(rooms),
    except: new Set(except),
    flags: {},
  });
  expect(isReceiver(['me', 'a'], to([]))).toBe(true);
  expect(isReceiver(['me', 'a'], to(['a', 'b']))).toBe(true);
  expect(isReceiver(['me', 'a'], to(['b']))).toBe(false);
  expect(isReceiver(['me', 'a'], to([], ['a']))).toBe(false);
  expect(isReceiver(['me', 'a'], to(['a'], ['me']))).toBe(false);
});
