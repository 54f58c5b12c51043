import { draft, introduction, name, Refusal } from '../../../examples/chat/check.js';
import type { Message } from '../../../examples/chat/contract.js';
import { Limiter } from '../../../examples/chat/limiter.js';
import { measure } from '../../../examples/chat/picture.js';
import { Rooms } from '../../../examples/chat/rooms.js';

const id = 'i'.repeat(32);

describe('check', () => {
  test.each([
    ['  Ada   Lovelace ', 'Ada Lovelace'],
    ["Zoë O'Neill-3", "Zoë O'Neill-3"],
    ['Zoe\u0308', 'Zoë'],
    ['千代', '千代'],
  ])('takes %j as a name', (given, taken) => {
    expect(name(given, 'A nickname')).toBe(taken);
  });

  test.each([undefined, null, 5, {}, '', '   ', 'x'.repeat(21), '<b>', '\u202eada', 'a\u200bb', '-', 'x'.repeat(1e6)])(
    'refuses %j as a name',
    (given) => {
      expect(() => name(given, 'A nickname')).toThrow(Refusal);
    },
  );

  test('keeps line breaks and drops what cannot be seen', () => {
    expect(draft({ id, room: 'Tower', text: ' a\n\tb\u0000\u202e\u0007c ' })).toEqual({
      id,
      room: 'Tower',
      text: 'a\n\tbc',
    });
  });

  test('an introduction needs a key that is hard to guess', () => {
    const given = { nickname: 'Ada', room: 'Tower', key: id };
    expect(introduction({ ...given, extra: 1 })).toEqual(given);
    expect(() => introduction({ ...given, key: 'short' })).toThrow(Refusal);
  });
});

describe('picture', () => {
  const frame = (marker: number): number[] => [0xff, marker, 0x00, 0x11, 0x08, 0x02, 0x30, 0x03, 0x84, 0x03];
  const comment = [0xff, 0xfe, 0x00, 0x04, 0x41, 0x42];
  const table = [0xff, 0xc4, 0x00, 0x05, 0x00, 0x00, 0x00];
  const jpeg = (...parts: number[][]): Buffer => Buffer.from([0xff, 0xd8, ...parts.flat()]);

  test.each([
    ['baseline', jpeg(comment, frame(0xc0))],
    ['progressive, behind a table', jpeg(table, comment, frame(0xc2))],
  ])('measures a JPEG: %s', (_kind, bytes) => {
    expect(measure(bytes)).toEqual({ type: 'image/jpeg', width: 900, height: 560 });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['only a start', jpeg()],
    ['a segment that claims to be longer than the file', jpeg([0xff, 0xfe, 0xff, 0xff, 0x00])],
    ['a segment of length zero, again and again', jpeg(...Array(1_000).fill([0xff, 0xfe, 0x00, 0x00]))],
    ['a frame cut short', jpeg(frame(0xc0).slice(0, 6))],
    ['a PNG cut short', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['a GIF', Buffer.from('GIF89a\x01\x00\x01\x00')],
  ])('finds no size in %s', (_kind, bytes) => {
    expect(measure(bytes)).toBeUndefined();
  });
});

describe('limiter', () => {
  test('lets a burst through, then a steady rate, and never saves up more than a burst', () => {
    let now = 0;
    const limiter = new Limiter(2, 4, () => now);
    const three = (): boolean[] => [limiter.take(), limiter.take(), limiter.take()];
    expect(three()).toEqual([true, true, false]);
    now += 250;
    expect(three()).toEqual([true, false, false]);
    now += 60_000;
    expect(three()).toEqual([true, true, false]);
  });
});

describe('rooms', () => {
  const ada = { id: 'ada', nickname: 'Ada' };
  const message = (number: number, text = ''): Message => ({ id: `m${number}`, room: 'Tower', from: ada, at: 0, text });

  test('a history keeps the last hundred, and less of large ones', () => {
    const room = new Rooms().enter('Tower', 's', ada);
    for (let number = 0; number < 130; number++) room.add(message(number));
    expect(room.messages).toHaveLength(100);
    expect(room.messages[0]!.id).toBe('m30');
    const picture = { bytes: new Uint8Array(400_000), type: 'image/png' as const, width: 1, height: 1 };
    for (let number = 130; number < 140; number++) room.add({ ...message(number), picture });
    expect(room.messages.map(({ id }) => id)).toEqual(['m135', 'm136', 'm137', 'm138', 'm139']);
  });

  test('names differ by more than case, and a room goes with its last visitor', () => {
    const rooms = new Rooms();
    const room = rooms.enter('Tower', 's', ada);
    expect(rooms.enter('TOWER', 't', ada)).toBe(room);
    rooms.leave('tower', 's');
    expect(rooms.get('Tower')).toBe(room);
    rooms.leave('tower', 't');
    expect(rooms.get('Tower')).toBeUndefined();
    rooms.enter('Belfry', 's', ada);
    rooms.leave('Belfry', 's');
    expect(rooms.get('Belfry')).toBeDefined();
  });

  test('rooms and people are bounded', () => {
    const rooms = new Rooms();
    for (let number = 0; number < 47; number++) rooms.enter(`Room ${number}`, `s${number}`, ada);
    expect(() => rooms.enter('One more', 's', ada)).toThrow(Refusal);
    for (let number = 0; number < 200; number++) rooms.enter('Belfry', `s${number}`, ada);
    expect(() => rooms.enter('Belfry', 's', ada)).toThrow(Refusal);
    expect(rooms.summaries()).toHaveLength(50);
  });
});
