import fc from 'fast-check';
import {
  decodeSession,
  encodeSession,
  startOf,
  withCheckpoint,
} from '../../../../../core/adapters/recovery/records/session-record.js';

const record = {
  owner: 'n'.repeat(20),
  isOpen: true,
  sid: 'sid',
  pid: 'pid',
  rooms: ['sid', 'a', 7 as unknown as string],
  data: { user: 'Ann', since: new Date(0), avatar: Buffer.from([1, 2]), nested: { list: [1, null] } },
  checkpoints: [{ covers: '', at: '~node-a1' }],
};

test('a session is what was written', () => {
  expect(decodeSession(encodeSession(record))).toEqual(record);
  expect(decodeSession(encodeSession({ ...record, isOpen: false }))!.isOpen).toBe(false);
});

test('anything else is none', () => {
  const bytes = encodeSession(record);
  for (let length = 0; length < bytes.length; length++)
    expect(decodeSession(bytes.subarray(0, length))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
      decodeSession(Buffer.from(tail));
      expect(decodeSession(Buffer.concat([bytes.subarray(0, 21), tail]))).toBeUndefined();
    }),
  );
});

test('data that cannot be written', () => {
  expect(() => encodeSession({ ...record, data: { big: 1n } })).toThrow(TypeError);
});

describe('from where on a client has missed something', () => {
  const start = (...given: Parameters<typeof startOf>) => {
    const found = startOf(...given);
    return found && { after: Object.fromEntries(found.after), required: [...found.required] };
  };

  test('one that got nothing, when nothing was sent to it', () => {
    expect(start([{ covers: '', at: '~node-a4' }], undefined)).toEqual({
      after: { 'node-a': 4 },
      required: ['node-a'],
    });
  });
  test('one that got nothing of what was sent to it begins where it connected', () => {
    const checkpoints = [
      { covers: '~node-a5', at: '~node-a9' },
      { covers: '', at: '~node-a4' },
    ];
    expect(start(checkpoints, undefined)!.after).toEqual({ 'node-a': 4 });
    expect(start(checkpoints.slice(0, 1), undefined)).toBeUndefined();
  });
  test('one that has the last event begins where its node was when it was lost', () => {
    const checkpoints = [
      { covers: '~node-a5', at: '~node-a9.node-b2' },
      { covers: '', at: '~node-a4' },
    ];
    expect(start(checkpoints, '~node-a5')!.after).toEqual({ 'node-a': 9, 'node-b': 2 });
    expect(start(checkpoints, '~node-a7.node-c1')).toEqual({
      after: { 'node-a': 9, 'node-b': 2, 'node-c': 1 },
      required: ['node-a', 'node-b'],
    });
  });
  test('one that has not begins at its last event, or where it was known to have all', () => {
    const checkpoints = [
      { covers: '~node-a8', at: '~node-a9' },
      { covers: '~node-a2', at: '~node-a5' },
    ];
    expect(start(checkpoints, '~node-a3')!.after).toEqual({ 'node-a': 5 });
    expect(start(checkpoints, '~node-a1')).toEqual({ after: { 'node-a': 1 }, required: ['node-a'] });
  });
  test('an offset that is none', () => {
    expect(start([{ covers: '', at: '~' }], 'nonsense')).toBeUndefined();
  });
});

test('checkpoints that say no more than a newer one go, and so do the oldest', () => {
  let checkpoints = withCheckpoint([], { covers: '', at: '~node-a1' });
  checkpoints = withCheckpoint(checkpoints, { covers: '', at: '~node-a2' });
  expect(checkpoints).toEqual([{ covers: '', at: '~node-a2' }]);
  for (let i = 3; i < 9; i++) checkpoints = withCheckpoint(checkpoints, { covers: `~node-a${i}`, at: `~node-a${i}` });
  expect(checkpoints.map(({ at }) => at)).toEqual(['~node-a8', '~node-a7', '~node-a6']);
});
