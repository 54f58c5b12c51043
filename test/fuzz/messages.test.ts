import fc from 'fast-check';
import { Announcement, AnswerStatus, Kind } from '../../core/cluster/wire/kinds.js';
import { decodeFrame, FrameWriter, type Message } from '../../core/cluster/wire/messages.js';
import type { Room } from '../../core/rooms/selection.js';
import { fuzz } from './support/fuzz.js';

const SENDER = 'AAAAAAAAAAAAAAAAAAAA';

const room = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.double()) as fc.Arbitrary<Room>;
const payload = fc.uint8Array({ maxLength: 40 });
const target = fc.record({
  rooms: fc.uniqueArray(room, { maxLength: 3 }).map((list) => new Set(list)),
  except: fc.uniqueArray(room, { maxLength: 2 }).map((list) => new Set(list)),
  flags: fc.record({ volatile: fc.boolean(), compress: fc.boolean() }),
});
const part = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((text) => `4${text}`),
  payload,
);

/** Writes a message. */
const message: fc.Arbitrary<(writer: FrameWriter) => void> = fc.oneof(
  fc.tuple(fc.constantFrom(Announcement.HELLO, Announcement.BEAT, Announcement.BYE), fc.array(fc.string())).map(
    ([announcement, features]) =>
      (writer: FrameWriter) =>
        writer.announce(announcement, features),
  ),
  fc.tuple(fc.nat(), fc.string(), payload).map((args) => (writer: FrameWriter) => writer.request(...args)),
  fc
    .tuple(fc.nat(), fc.constantFrom(AnswerStatus.DONE, AnswerStatus.PART, AnswerStatus.FAILED), payload)
    .map((args) => (writer: FrameWriter) => writer.answer(...args)),
  fc
    .tuple(fc.array(part, { minLength: 1, maxLength: 3 }), target, fc.option(fc.nat(1000)))
    .map(([parts, options, previous]) => (writer: FrameWriter) => {
      writer.broadcast(parts, options, previous === null ? undefined : { sequence: previous + 1, previous });
    }),
  fc.tuple(target, fc.array(room)).map((args) => (writer: FrameWriter) => writer.join(...args)),
  fc.tuple(target, fc.boolean()).map((args) => (writer: FrameWriter) => writer.disconnect(...args)),
  payload.map((bytes) => (writer: FrameWriter) => writer.serverSideEmit(bytes)),
);

function frameOf(writes: readonly ((writer: FrameWriter) => void)[]): Buffer {
  const writer = new FrameWriter(SENDER);
  for (const write of writes) write(writer);
  return writer.finish(1);
}

/** What a message says, written again. */
function rewrite(writer: FrameWriter, message: Message): void {
  switch (message.kind) {
    case Kind.ANNOUNCE:
      return writer.announce(message.announcement, message.features);
    case Kind.REQUEST:
      return writer.request(message.id, message.name, message.payload);
    case Kind.ANSWER:
      return writer.answer(message.id, message.status, message.payload);
    case Kind.BROADCAST:
      return writer.broadcast(message.parts, message, message.stamp);
    case Kind.JOIN:
      return writer.join(message, message.targets);
    case Kind.LEAVE:
      return writer.leave(message, message.targets);
    case Kind.DISCONNECT:
      return writer.disconnect(message, message.close);
    case Kind.SERVER_SIDE_EMIT:
      return writer.serverSideEmit(message.payload);
  }
}

/** Frames, and frames with a few bytes changed, cut out, or put in. */
const bytes: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(message, { maxLength: 4 }).map(frameOf),
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.nat(255)), { maxLength: 4 }),
  )
  .map(([frame, changes]) => {
    const list = [...frame];
    for (const [at, how, value] of changes)
      list.splice(at % (list.length + 1), how === 0 ? 0 : 1, ...(how === 2 ? [] : [value]));
    return Uint8Array.from(list);
  });

fuzz<Uint8Array>({
  name: 'messages',
  inputs: fc.oneof({ weight: 9, arbitrary: bytes }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) }),
  check(input) {
    const frame = decodeFrame(Buffer.from(input));
    if ('malformed' in frame) {
      expect(typeof frame.malformed).toBe('string');
      return;
    }
    // Whatever was read says the same when it is written again. (Bytes that are no UTF-8, and names given twice, are not
    // what we write: so it is compared one round later.)
    const again = (messages: readonly Message[]): Buffer => {
      const writer = new FrameWriter(frame.sender);
      for (const each of messages) rewrite(writer, each);
      return writer.finish(frame.number);
    };
    const written = again(frame.messages);
    const decoded = decodeFrame(written);
    if ('malformed' in decoded) throw new Error(`what was read cannot be written: ${decoded.malformed}`);
    expect(again(decoded.messages).equals(written)).toBe(true);
  },
});
