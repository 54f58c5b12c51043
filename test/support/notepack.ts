import { createRequire } from 'node:module';

/** The MessagePack of the official classic adapter, in the version that comes with it: the oracle for ours. */
export const notepack: { encode(value: unknown): Buffer; decode(bytes: Buffer): unknown } = createRequire(
  createRequire(import.meta.url).resolve('@socket.io/redis-adapter'),
)('notepack.io');
