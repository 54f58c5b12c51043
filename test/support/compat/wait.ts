/** How long anything awaited may take, in milliseconds; a test that waits longer names what it waited for. */
const limit = 60_000;

/** What both event emitters of Node.js and those of the clients offer. */
export interface Emitting {
  once(event: any, listener: (...args: any[]) => void): unknown;
}

/** Settles like `promise`, or rejects after a bounded time with an error that names what was awaited. */
export async function bounded<T>(promise: Promise<T>, what: string | (() => string), milliseconds = limit): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${milliseconds} ms for ${typeof what === 'string' ? what : what()}`));
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * For what has to wait for nobody: a closing handshake, a heartbeat or an idle connection would hold it up for 25 seconds
 * or more, and a busy machine does not for 20.
 */
export function promptly<T>(promise: Promise<T>, what: string): Promise<T> {
  return bounded(promise, what, 20_000);
}

/** The arguments of the next `event`. */
export function once(emitter: Emitting, event: string, what = `the event "${event}"`): Promise<any[]> {
  return bounded(new Promise<any[]>((resolve) => emitter.once(event, (...args: any[]) => resolve(args))), what);
}
