import fc from 'fast-check';
import { ProtocolError } from '../../core/errors.js';
import { PacketAssembler } from '../../core/protocol/socketio/assembler.js';
import { bytes, json, packetText } from './support/arbitraries.js';
import { fuzz } from './support/fuzz.js';

type Message = string | Uint8Array;

const header = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.array(json, { maxLength: 3 }))
  .map(([count, args]) => `5${count}-${JSON.stringify(['x', ...args])}`);

const limits = { maxAttachments: 4, maxAttachmentBytes: 64, maxDepth: 32, maxNamespaceLength: 64, maxArguments: 100 };

fuzz<Message[]>({
  name: 'assembler',
  inputs: fc.array(fc.oneof<fc.Arbitrary<Message>[]>(header, packetText, bytes, bytes), { maxLength: 8 }),
  check(messages) {
    const assembler = new PacketAssembler(limits);
    for (const message of messages) {
      let packet: ReturnType<PacketAssembler['receiveText']>;
      try {
        packet =
          typeof message === 'string' ? assembler.receiveText(message) : assembler.receiveBinary(Buffer.from(message));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        // A connection is over with its first error; a decoder that is cleared starts afresh.
        assembler.clear();
        expect(assembler.receiveText('2["x"]')).toEqual({ type: 2, nsp: '/', data: ['x'] });
        continue;
      }
      if (packet !== undefined) expect(packet.attachments).toBeUndefined();
    }
    expect(({} as Record<string, unknown>).num).toBeUndefined();
    expect(Array.prototype.splice).toBe(splice);
  },
});

const { splice } = Array.prototype;
