import type { AnySocket } from './types.js';

/**
 * What filters of the application tell a client, for the acknowledgement the client waits for. Filters get the client
 * and emit `exception` to it; which message they mean is known only by the order: a pipeline that fails ends right
 * after its filter has emitted.
 *
 * Our own filter needs none of it (see exception-filter.ts); an application without other filters has no watch.
 */
export class FailureWatch {
  readonly #watched = new WeakMap<AnySocket, WatchedSocket>();

  /** Begins to listen, for one message. */
  watch(socket: AnySocket): { claim(): unknown; stop(): void } {
    let watched = this.#watched.get(socket);
    if (watched === undefined) {
      watched = new WatchedSocket(socket);
      this.#watched.set(socket, watched);
    }
    return watched.begin();
  }
}

class WatchedSocket {
  readonly #socket: AnySocket;
  #messages = 0;
  #payloads: unknown[] = [];

  constructor(socket: AnySocket) {
    this.#socket = socket;
  }

  begin(): { claim(): unknown; stop(): void } {
    if (this.#messages++ === 0) this.#socket.onAnyOutgoing(this.#onOutgoing);
    return {
      claim: () => this.#payloads.shift(),
      stop: () => {
        if (--this.#messages > 0) return;
        this.#socket.offAnyOutgoing(this.#onOutgoing);
        this.#payloads = [];
      },
    };
  }

  readonly #onOutgoing = (event: string, payload: unknown): void => {
    if (event === 'exception' && !sentByUs.has(payload as object)) this.#payloads.push(payload);
  };
}

/** Payloads whose message is known. */
const sentByUs = new WeakSet<object>();

/** The acknowledgement has it already: nobody is to claim it. */
export function markAsKnown(payload: unknown): void {
  if (typeof payload === 'object' && payload !== null) sentByUs.add(payload);
}
