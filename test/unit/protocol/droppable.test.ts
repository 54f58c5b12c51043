import { droppableKeys } from '../../../core/protocol/droppable.js';
import { Prepared } from '../../../core/protocol/prepared.js';

const keyOf = droppableKeys();

test.each([
  ['an event', ['2["news",1]'], '/,news'],
  ['an event of a namespace', ['2/chat,["news",1]'], '/chat,news'],
  ['an event with attachments', ['51-["picture",{"_placeholder":true,"num":0}]', Buffer.from([1])], '/,picture'],
])('%s may be dropped', (_name, parts, key) => {
  expect(keyOf(Prepared.message(parts))).toBe(key);
});

test.each([
  ['an event that somebody waits for', ['27["news",1]']],
  ['one with attachments', ['51-7["picture",{"_placeholder":true,"num":0}]', Buffer.from([1])]],
  ['an answer', ['37["yes"]']],
  ['CONNECT', ['0{"sid":"x"}']],
  ['DISCONNECT', ['1']],
  ['the packet of a custom parser that is bytes', [Buffer.from([0x83])]],
  ['... or a text of its own', ['{"type":2}']],
])('%s must arrive', (_name, parts) => {
  expect(keyOf(Prepared.message(parts))).toBeUndefined();
});

test('a heartbeat must arrive, and so must a text that only begins like a packet', () => {
  expect(keyOf(Prepared.text('2'))).toBeUndefined();
  expect(keyOf(Prepared.text('32["news",1]'))).toBeUndefined();
});

test('the application names what is of one kind, and is asked once for each message', () => {
  const asked: unknown[][] = [];
  const byUser = droppableKeys((...question) => {
    asked.push(question);
    return String((question[1] as { user: string }[])[0]!.user);
  });
  const message = Prepared.message(['2/chat,["position",{"user":"ann"}]']);
  expect([byUser(message), byUser(message)]).toEqual(['/chat,ann', '/chat,ann']);
  expect(asked).toEqual([['position', [{ user: 'ann' }], '/chat']]);
});
