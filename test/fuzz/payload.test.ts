import fc from 'fast-check';
import { ProtocolError } from '../../core/errors.js';
import { decodePayload, encodeBinary, SEPARATOR } from '../../core/protocol/engineio/payload.js';
import { bytes, packetText } from './support/arbitraries.js';
import { fuzz } from './support/fuzz.js';

interface Input {
  body: string;
  maxPackets: number;
  /** The connection closes after this many packets. */
  stopAfter: number;
}

const piece = fc.oneof(
  fc.constantFrom('', '2', '3', '1', '6', 'b', 'b=', 'b====', 'bAQ', 'bA\n', 'b\u00e9', SEPARATOR, '\u001d'),
  packetText.map((each) => `4${each}`),
  bytes.map((each) => encodeBinary(each)),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

fuzz<Input>({
  name: 'payload',
  inputs: fc.record({
    body: fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(SEPARATOR)),
      fc
        .tuple(fc.constantFrom('3', '', '2', '4'), fc.integer({ min: 1, max: 3000 }))
        .map(([each, count]) => new Array(count).fill(each).join(SEPARATOR)),
    ),
    maxPackets: fc.integer({ min: 1, max: 2000 }),
    stopAfter: fc.integer({ min: 1, max: 3000 }),
  }),
  check({ body, maxPackets, stopAfter }) {
    const seen: (string | Buffer)[] = [];
    const visit = (packet: string | Buffer) => seen.push(packet) < stopAfter;
    let failed = false;
    try {
      decodePayload(body, { maxPackets }, { onText: visit, onBinary: visit });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      failed = true;
    }
    const pieces = body.split(SEPARATOR);
    expect(seen.length).toBeLessThanOrEqual(Math.min(stopAfter, maxPackets));
    if (pieces.length > maxPackets) expect(seen).toHaveLength(0);
    else if (!failed) expect(seen).toHaveLength(Math.min(stopAfter, pieces.length));
    // What was delivered is what stands there, in order.
    const isAsSent = seen.every((packet, index) =>
      typeof packet === 'string'
        ? packet === pieces[index]
        : unpadded(encodeBinary(packet)) === unpadded(canonical(pieces[index]!)),
    );
    expect(isAsSent).toBe(true);
  },
});

/** Base64 may leave bits over that mean nothing. */
function canonical(piece: string): string {
  return `b${Buffer.from(piece.slice(1), 'base64').toString('base64')}`;
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, '');
}
