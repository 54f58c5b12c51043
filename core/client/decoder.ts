import { attach } from '../protocol/socketio/attachments.js';
import { type Packet, PacketType, RESERVED_EVENTS } from '../protocol/socketio/packet.js';
import { quote } from './transports/codec.js';

/** Type, or type with the number of attachments; namespace; acknowledgement id; JSON. */
const PACKET = /^(?:([0-4])|([56])(\d{1,16})-)(?:(\/[^,]*),?)?(\d{0,16})(.*)$/s;

const MAX_ATTACHMENTS = 10;

/**
 * Makes packets of messages: what `PacketAssembler` does for the server, in a third of the bytes. A client needs no limits
 * against its own server, and no speed beyond a regular expression; what both accept and refuse is the same, and tested so.
 * Source: Socket.IO protocol 5, "Packet encoding".
 */
export class PacketDecoder {
  #pending: Packet | undefined;
  #attachments: unknown[] = [];
  #count = 0;

  /**
   * Takes one message, and gives the packet it completes.
   *
   * @throws Error when it is malformed, or not what has to come next.
   */
  receive(message: any): Packet | undefined {
    const isText = typeof message === 'string';
    // Attachments follow their packet, and nothing else does.
    if (isText !== !this.#pending) throw invalid(message);
    if (isText) {
      const packet = parse(message);
      if (packet.attachments === undefined) return packet;
      this.#pending = packet;
      this.#count = packet.attachments;
      return undefined;
    }
    if (this.#attachments.push(message) < this.#count) return undefined;
    const { type, nsp, id, data } = this.#pending!;
    const packet = { type, nsp, id, data: attach(data, this.#attachments) };
    this.reset();
    return packet;
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
  let data: any;
  try {
    data = json ? JSON.parse(json) : undefined;
  } catch {
    throw invalid(text);
  }
  if (!isValid(type, data) || Number(id) > Number.MAX_SAFE_INTEGER || Number(count) > MAX_ATTACHMENTS)
    throw invalid(text);
  return {
    type,
    nsp,
    ...(id && { id: Number(id) }),
    ...(json && { data }),
    ...(count && { attachments: Number(count) }),
  };
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
