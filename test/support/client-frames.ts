/** Frames as a client writes them: masked. Source: RFC 6455 §5.2. */

const MASK = [0x5a, 0x13, 0xc7, 0x9e];

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameShape {
  opcode?: number;
  fin?: boolean;
  /** Reserved bits, as they stand in the first byte. */
  reserved?: number;
  masked?: boolean;
  /** The length that the header claims, when it is not the payload's. */
  length?: bigint;
}

export function clientFrame(payload: string | Uint8Array, shape: FrameShape = {}): Buffer {
  const body = Buffer.from(payload as Uint8Array);
  const { opcode = typeof payload === 'string' ? OPCODE.text : OPCODE.binary, fin = true, reserved = 0 } = shape;
  const { masked = true, length = BigInt(body.byteLength) } = shape;
  const extended = Buffer.alloc(length < 126n ? 0 : length < 65_536n ? 2 : 8);
  if (extended.byteLength === 2) extended.writeUInt16BE(Number(length));
  if (extended.byteLength === 8) extended.writeBigUInt64BE(length);
  const size = extended.byteLength === 0 ? Number(length) : extended.byteLength === 2 ? 126 : 127;
  const head = Buffer.of((fin ? 0x80 : 0) | reserved | opcode, (masked ? 0x80 : 0) | size);
  if (!masked) return Buffer.concat([head, extended, body]);
  return Buffer.concat([head, extended, Buffer.from(MASK), body.map((byte, index) => byte ^ MASK[index & 3]!)]);
}
