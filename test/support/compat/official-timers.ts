import { createRequire } from 'node:module';

type SetTimeout = (callback: (...args: unknown[]) => void, milliseconds?: number, ...args: unknown[]) => NodeJS.Timeout;

const released = Symbol.for('carillon.compat.released');

/**
 * The official server keeps a polling session that it closed while nobody was polling for thirty seconds, with a timer
 * for its end and one for its heartbeat. They must not keep the test process waiting: long timers that the official
 * engine starts are released. Those of other packages are left alone, so that what they forget still shows.
 */
export function releaseOfficialTimers(): void {
  release(globalThis as unknown as { setTimeout: SetTimeout });
  // The module is shared by all test files of a process, hence the mark.
  release(createRequire(import.meta.url)('node:timers') as { setTimeout: SetTimeout });
}

function release(owner: { setTimeout: SetTimeout }): void {
  const original = owner.setTimeout;
  if (released in original) return;
  const replacement: SetTimeout = (callback, milliseconds = 0, ...args) => {
    const timer = original(callback, milliseconds, ...args);
    if (milliseconds >= 10_000 && new Error().stack?.includes('/node_modules/engine.io/')) timer.unref();
    return timer;
  };
  owner.setTimeout = Object.assign(replacement, original, { [released]: true });
}
