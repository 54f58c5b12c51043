import { LimitError, ProtocolError } from '../../errors.js';
import { attach } from './attachments.js';
import { DEFAULT_DECODE_LIMITS, type DecodeLimits, decode } from './decode.js';
import { type Packet, PacketType } from './packet.js';

/**
 * Assembles packets from messages: a text, and the binary messages that belong to it.
 *
 * Sans-I/O: `receive` returns the packet that became complete, or `undefined` while attachments are missing. This is what
 * core calls, on both sides; `Decoder` in parser.ts wraps it in the emitter that custom parsers are made of.
 */
export class PacketAssembler {
  readonly #limits: DecodeLimits;
  readonly #reviver: ((this: any, key: string, value: any) => any) | undefined;
  #pending: Packet | undefined = undefined;
  #attachments: unknown[] | undefined = undefined;
  #bytes = 0;

  constructor(limits: DecodeLimits = DEFAULT_DECODE_LIMITS, reviver?: (this: any, key: string, value: any) => any) {
    this.#limits = limits;
    this.#reviver = reviver;
  }

  /** @throws ProtocolError for a malformed packet, or a text in the middle of attachments. */
  receiveText(text: string, offset = 0): Packet | undefined {
    if (this.#pending !== undefined) throw new ProtocolError('got plaintext data when reconstructing a packet');
    const packet = decode(text, offset, this.#limits, this.#reviver);
    if (packet.attachments === undefined) return packet;
    this.#pending = packet;
    this.#attachments = [];
    this.#bytes = 0;
    return undefined;
  }

  /** @throws ProtocolError when no attachment is expected, they are too large, or a placeholder names none of them. */
  receiveBinary(data: ArrayBuffer | ArrayBufferView): Packet | undefined {
    if (this.#pending === undefined) throw new ProtocolError('got binary data when not reconstructing a packet');
    this.#bytes += data.byteLength;
    if (this.#bytes > this.#limits.maxAttachmentBytes) throw new LimitError('attachments too large');
    const attachments = this.#attachments!;
    attachments.push(data);
    if (attachments.length < this.#pending.attachments!) return undefined;
    const packet = this.#pending;
    this.clear();
    return complete(packet, attachments);
  }

  /** Bytes of attachments that wait for others. */
  get pendingBytes(): number {
    return this.#pending === undefined ? 0 : this.#bytes;
  }

  /** Whether a packet waits for attachments. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** Forgets a half-received packet. */
  clear(): void {
    this.#pending = undefined;
    this.#attachments = undefined;
  }
}

/** How the bytes travelled is of no interest any more: it is an ordinary event or acknowledgement from here on. */
function complete(packet: Packet, attachments: unknown[]): Packet {
  const type = packet.type === PacketType.BINARY_EVENT ? PacketType.EVENT : PacketType.ACK;
  return { type, nsp: packet.nsp, id: packet.id, data: attach(packet.data, attachments) };
}
