import { Announcement, AnswerStatus, Kind } from '../../../../core/cluster/wire/kinds.js';
import {
  decodeFrame,
  type Frame,
  FrameWriter,
  isFrameOf,
  type Message,
} from '../../../../core/cluster/wire/messages.js';
import { Selection } from '../../../../core/rooms/selection.js';

const SENDER = 'AAAAAAAAAAAAAAAAAA-_';

function frame(write: (writer: FrameWriter) => void, number = 1): Buffer {
  const writer = new FrameWriter(SENDER);
  write(writer);
  return writer.finish(number);
}

function read(bytes: Buffer): readonly Message[] {
  const decoded = decodeFrame(bytes);
  if ('malformed' in decoded) throw new Error(decoded.malformed);
  return decoded.messages;
}

test('a frame says who sent it, and which one it is', () => {
  const bytes = frame(() => {}, 2 ** 40);
  expect(decodeFrame(bytes)).toEqual({ sender: SENDER, number: 2 ** 40, messages: [] } satisfies Frame);
  expect(isFrameOf(bytes, SENDER)).toBe(true);
  expect(isFrameOf(bytes, 'BAAAAAAAAAAAAAAAAA-_')).toBe(false);
  expect(isFrameOf(bytes.subarray(0, 10), SENDER)).toBe(false);
});

test('all messages of a frame, in order', () => {
  const everybody = Selection.everybody;
  const some = everybody.to(['x', 'é', 7 as never]).without('muted');
  const bytes = frame((writer) => {
    writer.announce(Announcement.HELLO, ['native', 'compatible']);
    writer.request(0xffffffff, 'fetch', Buffer.from('question'));
    writer.answer(3, AnswerStatus.PART, Buffer.from('answer'));
    writer.broadcast(['42["hi"]'], everybody);
    writer.broadcast(['451-["b",{}]', Buffer.from([1, 2])], some.with({ volatile: true, compress: false }), {
      sequence: 5,
      previous: 3,
    });
    writer.join(some, ['a', 8 as never]);
    writer.leave(everybody, ['a']);
    writer.disconnect(some, true);
    writer.serverSideEmit(Buffer.from('emit'));
  });
  const target = { rooms: new Set(['x', 'é', 7]), except: new Set(['muted']), flags: {} };
  const all = { rooms: new Set(), except: new Set(), flags: {} };
  expect(read(bytes)).toEqual([
    { kind: Kind.ANNOUNCE, announcement: Announcement.HELLO, features: ['native', 'compatible'] },
    { kind: Kind.REQUEST, id: 0xffffffff, name: 'fetch', payload: Buffer.from('question') },
    { kind: Kind.ANSWER, id: 3, status: AnswerStatus.PART, payload: Buffer.from('answer') },
    { kind: Kind.BROADCAST, ...all, parts: ['42["hi"]'], stamp: undefined },
    {
      kind: Kind.BROADCAST,
      ...target,
      flags: { volatile: true, compress: false },
      parts: ['451-["b",{}]', Buffer.from([1, 2])],
      stamp: { sequence: 5, previous: 3 },
    },
    { kind: Kind.JOIN, ...target, targets: ['a', 8] },
    { kind: Kind.LEAVE, ...all, targets: ['a'] },
    { kind: Kind.DISCONNECT, ...target, close: true },
    { kind: Kind.SERVER_SIDE_EMIT, payload: Buffer.from('emit') },
  ]);
});

test('a large message', () => {
  const text = `42["${'é'.repeat(100_000)}"]`;
  expect(read(frame((writer) => writer.broadcast([text], Selection.everybody)))[0]).toMatchObject({ parts: [text] });
});

describe('what is no frame is a value, not an exception', () => {
  const broadcast = frame((writer) => writer.broadcast(['42["hi"]'], Selection.everybody));
  const changed = (position: number, value: number): Buffer => {
    const copy = Buffer.from(broadcast);
    copy[position] = value;
    return copy;
  };

  /** A DISCONNECT with this body behind its empty lists. */
  const disconnect = (...rest: number[]): Buffer => {
    const body = Buffer.from([Kind.DISCONNECT, 0, 0, 0, 0, 0, 0, 0, 0, ...rest]);
    return Buffer.concat([frame(() => {}), Buffer.from([0, 0, 0, body.length]), body]);
  };

  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'shorter than a header'],
    ['text', Buffer.from('{"uid":"x","type":3,"data":{"packet":{}}}'), 'not a frame'],
    ['another version', changed(1, 2), 'version 2, expected 1'],
    ['a strange sender', changed(5, 0x20), 'the sender has no proper id'],
    ['an unknown kind', changed(32, 99), 'kind 99'],
    ['unknown flags', changed(33, 8), 'flags 8'],
    ['more rooms than there are bytes', changed(34, 0xff), 'things do not fit'],
    ['a part of an unknown type', changed(46, 2), 'part of type 2'],
    ['a part that is another packet of Engine.IO', changed(51, 0x31), 'a part that is not a message'],
    ['neither true nor false', disconnect(2), 'neither true nor false: 2'],
    ['bytes too many in a message', disconnect(1, 7), '1 bytes too many'],
    ['an answer of unknown status', frame((writer) => writer.answer(1, 4 as never, Buffer.alloc(0))), 'status 4'],
    ['an unknown announcement', frame((writer) => writer.announce(4 as never, [])), 'announcement 4'],
    ['a packet without parts', frame((writer) => writer.broadcast([], Selection.everybody)), 'without parts'],
    [
      'an event before the one before it',
      frame((writer) => writer.broadcast(['42["a"]'], Selection.everybody, { sequence: 3, previous: 3 })),
      'an event before',
    ],
  ])('%s', (_what, bytes, reason) => {
    expect(decodeFrame(bytes)).toEqual({ malformed: expect.stringContaining(reason) });
  });

  test('every frame that was cut off', () => {
    // Between two messages, a cut is not to be seen.
    for (let length = 0; length < broadcast.length; length++) {
      if (length === 28) continue;
      expect(decodeFrame(broadcast.subarray(0, length))).toHaveProperty('malformed');
    }
  });

  test('one bad message spoils the frame: nothing of it is done', () => {
    const bytes = frame((writer) => {
      writer.disconnect(Selection.everybody, true);
      writer.answer(1, 9 as never, Buffer.alloc(0));
    });
    expect(decodeFrame(bytes)).toHaveProperty('malformed');
  });
});
