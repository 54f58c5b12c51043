import type { Body } from '../http/body.js';
import { decodePayload, type PayloadLimits, type PayloadVisitor } from '../protocol/engineio/payload.js';
import * as revision3 from '../protocol/engineio/revision3.js';
import type { Sequence } from '../protocol/sequence.js';

/** The bodies of polling requests and their answers, in the form of one revision of the protocol. */
export interface PollingCodec {
  /** A POST may have a body of bytes, `application/octet-stream`. */
  readonly takesBytes: boolean;
  /** @throws ProtocolError when it is malformed. */
  decode(body: Body, isBytes: boolean, limits: PayloadLimits, visitor: PayloadVisitor): void;
  /** @throws Error when it cannot be put together. */
  encode(sequence: Sequence): string | Buffer;
  /** A single packet without data: `1` or `6`. */
  control(packet: string): string;
}

/** Source: Engine.IO protocol 4, "HTTP long-polling". */
export const codecOfRevision4: PollingCodec = {
  takesBytes: false,
  decode: (body, _isBytes, limits, visitor) => decodePayload(body.toString(), limits, visitor),
  encode: (sequence) => sequence.payload(),
  control: (packet) => packet,
};

function codecOfRevision3(supportsBinary: boolean): PollingCodec {
  return {
    takesBytes: true,
    decode(body, isBytes, limits, visitor) {
      if (isBytes) revision3.decodeBinaryPayload(body.toBuffer(), limits, visitor);
      else revision3.decodeTextPayload(body.toString(), limits, visitor);
    },
    encode: (sequence) => revision3.encodePayload(sequence.messages(), supportsBinary),
    control: revision3.encodeText,
  };
}

const revision3Binary = codecOfRevision3(true);
const revision3Base64 = codecOfRevision3(false);

/** @param supportsBinary the client takes bytes; otherwise binary messages go as base64 (`b64=1`). */
export function pollingCodecOf(revision: number, supportsBinary: boolean): PollingCodec {
  if (revision === 4) return codecOfRevision4;
  return supportsBinary ? revision3Binary : revision3Base64;
}
