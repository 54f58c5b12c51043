import { PACKET_TYPES, packetTypeOf } from '../../protocol/engineio/packet.js';
import type { EnginePacket } from './transport.js';

/** The text form of a packet whose data is text. */
export function encodeText(packet: EnginePacket): string {
  return `${PACKET_TYPES.indexOf(packet.type)}${packet.data ?? ''}`;
}

/** Reads the text form of a packet; `undefined` when it is none. */
export function decodeText(text: string): EnginePacket | undefined {
  const type = packetTypeOf(text);
  return type && { type, ...(text.length > 1 && { data: text.slice(1) }) };
}

/** What was received, short enough for a log. */
export function quote(received: unknown): string {
  const text = String(received);
  return `received ${JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)}`;
}
