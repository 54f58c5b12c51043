import { readFileSync } from 'node:fs';
import { type DisconnectReason, RECOVERABLE } from '../../../core/engine/close-reason.js';

const recoverable: Record<DisconnectReason, boolean> = {
  'transport close': true,
  'transport error': true,
  'ping timeout': true,
  'forced close': true,
  'forced server close': true,
  'server shutting down': true,
  'slow consumer': true,
  'parse error': false,
  'rate limit': false,
  'server namespace disconnect': false,
  'client namespace disconnect': false,
};

test.each(Object.entries(recoverable))('after "%s" the session is kept: %p', (reason, isKept) => {
  expect(RECOVERABLE.has(reason as DisconnectReason)).toBe(isKept);
});

test('the table in the comment has a line for every reason', () => {
  const source = readFileSync(new URL('../../../core/engine/close-reason.ts', import.meta.url), 'utf8');
  const documented = [...source.matchAll(/^ \* \| `([^`]+)` \|/gm)].map(([, reason]) => reason);
  expect(documented.sort()).toEqual(Object.keys(recoverable).sort());
});
