import { type Binary, countPlaceholders, detach, hasBinary } from './attachments.js';
import { type Packet, PacketType } from './packet.js';

/**
 * Encodes a packet: one string, followed by its attachments in order. Source: Socket.IO protocol 5, "Packet encoding".
 *
 * @throws TypeError when the data is cyclic, holds a BigInt or cannot be JSON for another reason, or looks like a
 * placeholder next to binary data; RangeError when it is nested too deeply. They surface at the `emit` of the application.
 */
export function encode(packet: Packet, replacer?: (this: any, key: string, value: any) => any): (string | Binary)[] {
  // A look costs less than a copy, and most packets hold no binary.
  return hasBinary(packet.data)
    ? encodeBinary(packet, replacer)
    : [packet.type + encodeRest(packet, packet.data, replacer)];
}

/** {@link encode} without the look: for where bytes of code count more than the copy. */
export function encodeBinary(
  packet: Packet,
  replacer?: (this: any, key: string, value: any) => any,
): (string | Binary)[] {
  const { type } = packet;
  const attachments: Binary[] = [];
  if (type === PacketType.EVENT || type === PacketType.ACK) {
    const data = detach(packet.data, attachments);
    if (attachments.length) {
      const binaryType = type === PacketType.EVENT ? PacketType.BINARY_EVENT : PacketType.BINARY_ACK;
      const rest = encodeRest(packet, data, replacer);
      // Every client would put somebody else's bytes there, or give up: the wire has no way to say "this is data".
      if (countPlaceholders(rest) !== attachments.length)
        throw new TypeError('"_placeholder": true next to binary data');
      return [`${binaryType}${attachments.length}-${rest}`, ...attachments];
    }
  }
  return [packet.type + encodeRest(packet, packet.data, replacer)];
}

function encodeRest(packet: Packet, data: unknown, replacer?: (this: any, key: string, value: any) => any): string {
  let text = packet.nsp !== '/' && packet.nsp ? `${packet.nsp},` : '';
  if (packet.id !== undefined && packet.id !== null) text += packet.id;
  if (data !== undefined && data !== null) text += JSON.stringify(data, replacer);
  return text;
}
