import { attach } from '../protocol/socketio/attachments.js';
import { encodeBinary } from '../protocol/socketio/encode.js';
import { type Packet, PacketType, RESERVED_EVENTS } from '../protocol/socketio/packet.js';
import type { Codec } from './codec.js';
import { quote } from './transports/codec.js';

/** Type, or type with the number of attachments; namespace; acknowledgement id; JSON. */
const PACKET = /^(?:([0-4])|([56])(\d{1,16})-)(?:(\/[^,]*),?)?(\d{0,16})(.*)$/s;

const MAX_ATTACHMENTS = 10;

/**
 * JSON with binary attachments. Decodes as `PacketAssembler` does for the server, in a third of the bytes: a client needs no
 * limits against its own server, and no speed beyond a regular expression. What both accept and refuse is the same, and
 * tested so.
 * Source: Socket.IO protocol 5, "Packet encoding".
 */
export class DefaultCodec implements Codec {
  readonly #onPacket: (packet: Packet) => void;
  #pending: Packet | undefined;
  #attachments: unknown[] = [];
  #count = 0;

  constructor(onPacket: (packet: Packet) => void) {
    this.#onPacket = onPacket;
  }

  encode(packet: Packet): any[] {
    return encodeBinary(packet);
  }

  receive(message: any): void {
    const isText = typeof message === 'string';
    // Attachments follow their packet, and nothing else does.
    if (isText !== !this.#pending) throw invalid(message);
    if (isText) {
      const packet = parse(message);
      if (packet.attachments === undefined) {
        this.#onPacket(packet);
      } else {
        this.#pending = packet;
        this.#count = packet.attachments;
      }
    } else if (this.#attachments.push(message) >= this.#count) {
      const { type, nsp, id, data } = this.#pending!;
      const packet = { type, nsp, id, data: attach(data, this.#attachments) };
      this.reset();
      this.#onPacket(packet);
    }
  }

  /** Forgets a half-received packet. */
  reset(): void {
    this.#pending = undefined;
    this.#attachments = [];
  }
}

function parse(text: string): Packet {
  const [, plain, binary, count, nsp = '/', id, json] = PACKET.exec(text) ?? [];
  const type: PacketType = plain ? Number(plain) : Number(binary) - 3;
  const data = json ? JSON.parse(json) : undefined;
  const attachments = Number(count ?? 1);
  const isAllowed = attachments > 0 && attachments <= MAX_ATTACHMENTS && Number(id || 0) <= Number.MAX_SAFE_INTEGER;
  if (!isAllowed || !isValid(type, data)) throw invalid(text);
  return { type, nsp, ...(id && { id: Number(id) }), ...(json && { data }), ...(count && { attachments }) };
}

function isValid(type: PacketType, data: any): boolean {
  const isArray = Array.isArray(data);
  const isNothing = data === undefined;
  const isObject = typeof data === 'object' && data && !isArray;
  if (type === PacketType.CONNECT) return isNothing || isObject;
  if (type === PacketType.DISCONNECT) return isNothing;
  if (type === PacketType.CONNECT_ERROR) return isObject || typeof data === 'string';
  if (type === PacketType.ACK) return isArray;
  return isArray && (typeof data[0] === 'number' || (typeof data[0] === 'string' && !RESERVED_EVENTS.has(data[0])));
}

function invalid(message: unknown): Error {
  return new Error(`invalid packet: ${quote(message)}`);
}
