import fc from 'fast-check';
import { Decoder as OfficialDecoder } from 'socket.io-parser';
import { DefaultCodec } from '../../core/client/default-codec.js';
import { ProtocolError } from '../../core/errors.js';
import { PacketAssembler } from '../../core/protocol/socketio/assembler.js';
import { createEncoder } from '../../core/protocol/socketio/outgoing.js';
import type { Packet } from '../../core/protocol/socketio/packet.js';
import { bytes, json, packetText } from './support/arbitraries.js';
import { fuzz } from './support/fuzz.js';

type Message = string | Uint8Array;

const encoder = createEncoder(undefined, { maxAttachments: 10, maxArguments: 10_000, maxMessageBytes: 1e8 });

/** What a server takes of a client, and an application passes on. */
function received(messages: readonly Message[]): Packet | undefined {
  const assembler = new PacketAssembler();
  try {
    for (const message of messages) {
      const packet =
        typeof message === 'string' ? assembler.receiveText(message) : assembler.receiveBinary(Buffer.from(message));
      if (packet !== undefined) return packet;
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  return undefined;
}

/** What the receivers make of it: the client of ours, and the official one. */
const receivers: [string, (onPacket: (packet: any) => void) => (message: any) => void][] = [
  [
    'ours',
    (onPacket) => {
      const codec = new DefaultCodec(onPacket);
      return (message) => codec.receive(message);
    },
  ],
  [
    'official',
    (onPacket) => {
      const decoder = new OfficialDecoder();
      decoder.on('decoded', onPacket);
      return (message) => decoder.add(message);
    },
  ],
];

/** As JSON sees it; bytes as lists. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, function (key, each) {
      const own: unknown = this[key];
      return own instanceof Uint8Array ? { bytes: [...own] } : each;
    }),
  );
}

const placeholders = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 });

/**
 * What comes in can go out: an event or an answer that is taken from a client, and passed on, is read by every client, and
 * what it means is the same. With binary data of the application's own beside it, it is refused or read.
 */
fuzz<Message[]>({
  name: 'outgoing',
  inputs: fc.oneof(
    packetText.map((text): Message[] => [text]),
    fc
      .tuple(fc.constantFrom(5, 61), placeholders, fc.array(json, { maxLength: 2 }), fc.array(bytes, { maxLength: 4 }))
      .map(([type, numbers, values, attachments]): Message[] => [
        `${String(type)[0]}${attachments.length}-${String(type).slice(1)}${JSON.stringify([
          'x',
          ...numbers.map((num) => ({ _placeholder: true, num })),
          ...values,
        ])}`,
        ...attachments,
      ]),
  ),
  check(messages) {
    const packet = received(messages);
    if (packet === undefined || (packet.type !== 2 && packet.type !== 3)) return;
    const before = plain(packet.data);
    for (const [name, connect] of receivers) {
      const read: Packet[] = [];
      const receive = connect((each) => read.push(each));
      for (const message of encoder.encode(packet)) receive(message);
      // An official decoder loses a key called `__proto__` when it puts attachments back.
      if (name === 'ours' || !JSON.stringify(before).includes('"__proto__"'))
        expect([name, plain(read.map(({ data }) => data))]).toEqual([name, [before]]);
      let together: unknown[];
      try {
        together = encoder.encode({ ...packet, data: [...packet.data, Buffer.from([1])] });
      } catch (error) {
        expect(String(error)).toMatch(/_placeholder|too many attachments/);
        continue;
      }
      for (const message of together) receive(message);
      expect(read).toHaveLength(2);
    }
  },
});
