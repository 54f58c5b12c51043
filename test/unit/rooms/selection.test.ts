import { Selection } from '../../../core/rooms/selection.js';

test('everybody is no room, nobody excepted', () => {
  expect(Selection.everybody).toMatchObject({ rooms: new Set(), except: new Set(), flags: {} });
});

test('rooms and exceptions add up, one or several at a time', () => {
  const selection = Selection.everybody.to('a').to(['b', 'c', 'a']).without('x').without(['y', 'x']);
  expect([...selection.rooms]).toEqual(['a', 'b', 'c']);
  expect([...selection.except]).toEqual(['x', 'y']);
});

test('a room may be called like an array is spelled', () => {
  expect([...Selection.everybody.to('a,b').rooms]).toEqual(['a,b']);
});

test('no room given means everybody still', () => {
  expect(Selection.everybody.to([]).rooms.size).toBe(0);
});

test('flags merge, later ones win', () => {
  const selection = Selection.everybody.with({ volatile: true, timeout: 1 }).with({ timeout: 2 });
  expect(selection.flags).toEqual({ volatile: true, timeout: 2 });
});

test('every refinement is a new value: a prefix can be used again', () => {
  const admins = Selection.everybody.to('admins');
  admins.to('others').without('muted').with({ volatile: true });
  expect(admins).toMatchObject({ rooms: new Set(['admins']), except: new Set(), flags: {} });
  expect(Selection.everybody.rooms.size).toBe(0);
  expect(Selection.everybody.except.size).toBe(0);
});
