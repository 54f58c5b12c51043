import type { Socket } from './client.js';

/** Whether the page and the server can talk. */
export interface ConnectionState {
  /**
   * - `connecting`: not yet, or not any more and trying again by itself; also in server rendering;
   * - `connected`;
   * - `disconnected`: and it stays so until `socket.connect()` is called, because of `autoConnect: false`, because a
   *   middleware refused the connection, or because one side ended it.
   */
  readonly status: 'connecting' | 'connected' | 'disconnected';
  /** Id of the session while it is connected, as on the server. */
  readonly id: string | undefined;
  /** Why the last attempt failed; `undefined` once it is connected. What the server adds is in its `data`. */
  readonly error: (Error & { data?: unknown }) | undefined;
}

/** Before anything was tried. One object, so that React sees no change between renderings. */
export const INITIAL_STATE: ConnectionState = Object.freeze({ status: 'connecting', id: undefined, error: undefined });

/** What is needed of a client's socket. */
export interface SocketLike {
  readonly id?: string | undefined;
  /** Whether it is connected or will try to be. */
  readonly active: boolean;
  readonly connected: boolean;
  emit(event: string, ...args: any[]): unknown;
  disconnect(): unknown;
  on(event: string, listener: (...args: any[]) => void): unknown;
  off(event: string, listener: (...args: any[]) => void): unknown;
}

/**
 * One connection for all components below a provider: open while somebody holds it, and never opened by rendering.
 *
 * StrictMode, fast refresh and moved trees take their hold away and give it back at once, so the connection is closed
 * only when the turn is over and nobody holds it.
 */
export class SharedSocket<S extends SocketLike = Socket> {
  readonly #open: () => S;
  readonly #observers = new Set<() => void>();
  #socket: S | null = null;
  #state = INITIAL_STATE;
  #holders = 0;

  /** @param open makes a socket that connects. */
  constructor(open: () => S) {
    this.#open = open;
  }

  /** The socket while somebody holds it; `null` before, after, and on the server. */
  readonly socket = (): S | null => this.#socket;

  readonly state = (): ConnectionState => {
    // `socket.connect()` of a socket that was at rest is no event.
    if (this.#state.status === 'disconnected' && this.#socket?.active) {
      this.#state = { ...this.#state, status: 'connecting' };
    }
    return this.#state;
  };

  /** Is told when {@link socket} or {@link state} changes; returns the end of it. */
  readonly observe = (observer: () => void): (() => void) => {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  };

  /** Opens the connection, or keeps it open; returns what lets go of it. */
  readonly hold = (): (() => void) => {
    this.#holders++;
    if (this.#socket === null) this.#connect();
    return () => {
      this.#holders--;
      queueMicrotask(() => {
        if (this.#holders === 0) this.#close();
      });
    };
  };

  /** Listens while the connection is held; returns the end of it. */
  readonly listen = (event: string, listener: (...args: any[]) => void): (() => void) => {
    const socket = this.#socket;
    socket?.on(event, listener);
    return () => socket?.off(event, listener);
  };

  #connect(): void {
    const socket = this.#open();
    socket.on('connect', this.#onConnect);
    socket.on('disconnect', this.#onDisconnect);
    socket.on('connect_error', this.#onError);
    this.#socket = socket;
    // With `autoConnect: false` nothing happens until somebody calls `connect()`.
    if (socket.connected) this.#onConnect();
    else this.#change(socket.active ? INITIAL_STATE : { ...INITIAL_STATE, status: 'disconnected' });
  }

  #close(): void {
    const socket = this.#socket;
    if (socket === null) return;
    socket.off('connect', this.#onConnect);
    socket.off('disconnect', this.#onDisconnect);
    socket.off('connect_error', this.#onError);
    this.#socket = null;
    socket.disconnect();
    this.#change(INITIAL_STATE);
  }

  readonly #onConnect = (): void => {
    this.#change({ status: 'connected', id: this.#socket?.id, error: undefined });
  };

  readonly #onDisconnect = (): void => {
    this.#change({ status: this.#unconnected(), id: undefined, error: undefined });
  };

  readonly #onError = (error: Error): void => {
    this.#change({ status: this.#unconnected(), id: undefined, error });
  };

  #unconnected(): 'connecting' | 'disconnected' {
    return this.#socket?.active ? 'connecting' : 'disconnected';
  }

  #change(state: ConnectionState): void {
    this.#state = state;
    for (const observer of [...this.#observers]) observer();
  }
}
