import { deflateRaw, type ZlibOptions } from 'node:zlib';
import type { DeflatePool } from '../protocol/websocket/frame.js';

/** Messages compressed at a time, where `concurrencyLimit` does not say otherwise: each takes a quarter of a megabyte. */
const CONCURRENCY = 10;

/** Compresses on the threads of Node, so many messages at a time; the others wait, and are served in order. */
export function createDeflatePool(concurrency = CONCURRENCY): DeflatePool {
  const waiting: (() => void)[] = [];
  let running = 0;
  const run = (
    payload: Uint8Array,
    options: ZlibOptions,
    callback: (error: Error | null, deflated: Buffer) => void,
  ): void => {
    running++;
    deflateRaw(payload, options, (error, deflated) => {
      running--;
      waiting.shift()?.();
      callback(error, deflated);
    });
  };
  return (payload, options, callback) => {
    if (running < concurrency) run(payload, options, callback);
    else waiting.push(() => run(payload, options, callback));
  };
}
