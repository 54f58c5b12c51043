/**
 * Engine.IO 4 packet types, as the character that starts a text packet.
 * Source: Engine.IO protocol 4, "Packet encoding".
 */
export const PacketType = {
  open: '0',
  close: '1',
  ping: '2',
  pong: '3',
  message: '4',
  upgrade: '5',
  noop: '6',
} as const;

export type PacketTypeName = keyof typeof PacketType;

/** Names by digit: index with `charCode - 48`. */
export const PACKET_TYPES: readonly PacketTypeName[] = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'];

/** The type of a text packet, or `undefined` when its first character is none of the protocol. */
export function packetTypeOf(packet: string): PacketTypeName | undefined {
  return PACKET_TYPES[packet.charCodeAt(0) - 48];
}

/** One packet as applications see it in the `packet` and `packetCreate` events of a connection. */
export interface EnginePacket {
  type: PacketTypeName;
  data?: string | Buffer;
}
