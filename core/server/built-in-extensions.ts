// Part of the composition root: which of our own extensions are on, by the options. Nothing else here knows of them.
import type { Extension } from '../extension.js';
import { droppedNotices } from '../extensions/dropped-notices/index.js';
import { rateLimits } from '../extensions/rate-limits/index.js';
import { retries } from '../extensions/retries/index.js';
import { sessionRelay } from '../extensions/session-relay/index.js';
import type { ResolvedOptions } from '../options/index.js';

/** Switches on what the options say. The order counts: an event that is one too many must not be remembered. */
export function addBuiltInExtensions(
  face: Extension,
  { admission, eventRateLimit, retryMemory }: ResolvedOptions,
): void {
  droppedNotices(face);
  if (eventRateLimit !== undefined) rateLimits(face, eventRateLimit);
  if (retryMemory !== undefined) retries(face, retryMemory, admission.clientAddress);
}

/** The server has an adapter for several nodes, and an engine of ours. */
export function relaySessions(face: Extension, options: ResolvedOptions): void {
  sessionRelay(face, {
    // As long as a client would wait.
    timeout: options.pingInterval + options.pingTimeout,
    maxBytes: options.maxHttpBufferSize,
  });
}
