import { ProtocolError } from '../../core/errors.js';
import { DEFAULT_DECODE_LIMITS, decode } from '../../core/protocol/socketio/decode.js';
import type { Packet } from '../../core/protocol/socketio/packet.js';
import { packetText } from './support/arbitraries.js';
import { fuzz } from './support/fuzz.js';

function outcome(text: string, offset: number): Packet | string {
  try {
    return decode(text, offset);
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}

fuzz<string>({
  name: 'decode',
  inputs: packetText,
  check(text) {
    const packet = outcome(text, 0);
    // From an offset, nothing of what stands before it matters.
    expect(outcome(`42["x"]${text}`, 7)).toEqual(packet);
    if (typeof packet === 'string') return;

    expect(Number.isInteger(packet.type) && packet.type >= 0 && packet.type <= 6).toBe(true);
    expect(packet.nsp.startsWith('/')).toBe(true);
    expect(packet.nsp.length).toBeLessThanOrEqual(DEFAULT_DECODE_LIMITS.maxNamespaceLength);
    if (packet.id !== undefined) expect(Number.isSafeInteger(packet.id) && packet.id >= 0).toBe(true);
    if (packet.attachments !== undefined) {
      expect(packet.attachments).toBeLessThanOrEqual(DEFAULT_DECODE_LIMITS.maxAttachments);
      expect(packet.type === 5 || packet.type === 6).toBe(true);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(depthOf(packet.data)).toBeLessThanOrEqual(DEFAULT_DECODE_LIMITS.maxDepth);
  },
});

function depthOf(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  while (level.some((each) => typeof each === 'object' && each !== null)) {
    depth++;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return depth;
}
