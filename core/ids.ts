import { randomFillSync } from 'node:crypto';

const ID_BYTES = 15;
const POOL_IDS = 256;
const pool = Buffer.allocUnsafeSlow(ID_BYTES * POOL_IDS);
let position = pool.length;

/**
 * A new session or socket id: 120 random bits as 20 characters of `[A-Za-z0-9_-]`.
 *
 * Packages of the ecosystem rely on this shape (`@socket.io/sticky`, the sharded Redis adapter). Random bytes are drawn
 * for 256 ids at a time: asking the system for 15 bytes costs more than everything else in a handshake's bookkeeping.
 */
export function randomId(): string {
  if (position === pool.length) {
    randomFillSync(pool);
    position = 0;
  }
  const id = pool.toString('base64url', position, position + ID_BYTES);
  position += ID_BYTES;
  return id;
}

/** Whether a text has the shape of an id. */
export function isId(text: string): boolean {
  return text.length === 20 && /^[A-Za-z0-9_-]+$/.test(text);
}
