import { LimitError, ProtocolError } from '../../errors.js';

/** Joins the packets of a polling body: U+001E, the record separator. Source: Engine.IO protocol 4, "Payload encoding". */
export const SEPARATOR = '\x1e';

/** A polling body never needs more packets than this: see `maxPacketsPerPayload` in options.ts. */
export interface PayloadLimits {
  maxPackets: number;
}

/** Receives the packets of a payload one by one; returns `false` to stop (the connection closed in the middle). */
export interface PayloadVisitor {
  onText(packet: string): boolean;
  onBinary(data: Buffer): boolean;
}

/**
 * Visits the packets of a polling body in order, without building a list of them.
 *
 * @throws ProtocolError when there are more packets than allowed (checked before the first one is delivered), when one
 * is empty, or when base64 is malformed.
 */
export function decodePayload(body: string, limits: PayloadLimits, visitor: PayloadVisitor): void {
  let count = 1;
  for (let at = body.indexOf(SEPARATOR); at !== -1; at = body.indexOf(SEPARATOR, at + 1)) {
    if (++count > limits.maxPackets) throw new LimitError(`more than ${limits.maxPackets} packets in one payload`);
  }
  let start = 0;
  while (count-- > 0) {
    const separator = body.indexOf(SEPARATOR, start);
    const end = separator === -1 ? body.length : separator;
    if (end === start) throw new ProtocolError('empty packet in a payload');
    const goOn =
      body.charCodeAt(start) === 98 /* b */
        ? visitor.onBinary(decodeBase64(body, start + 1, end))
        : visitor.onText(body.slice(start, end));
    if (!goOn) return;
    start = end + 1;
  }
}

/** As clients write it: also in lines (Java's), or in the alphabet for URLs (RFC 4648 §5). */
const BASE64 = /^[A-Za-z0-9+/\-_\s]*(?:=\s*){0,2}$/;

/** @throws ProtocolError when it is malformed. */
export function decodeBase64(body: string, start: number, end: number): Buffer {
  const encoded = body.slice(start, end);
  // Buffer.from() would skip what it does not know: a corrupted attachment must not arrive silently shorter.
  if (!BASE64.test(encoded)) throw new ProtocolError('malformed base64 in a payload');
  return Buffer.from(encoded, 'base64');
}

/** A binary message as it stands in a polling body: `b` and base64. */
export function encodeBinary(data: Uint8Array): string {
  return `b${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')}`;
}
