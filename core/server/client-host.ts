import { systemClock } from '../clock.js';
import { Deadlines } from '../deadlines.js';
import type { ResolvedOptions } from '../options/index.js';
import type { PacketEncoder } from '../protocol/socketio/parser.js';
import type { ClientHost, ClientNamespace, Credentials, ErrorReporter } from './contracts.js';
import type { HookHub } from './hooks.js';

interface Namespaces {
  find(name: string, auth: Credentials, callback: (namespace: ClientNamespace | undefined) => void): void;
}

type Waiting = { close(): void };

/** The server as its clients see it: the namespaces, and a time limit for those that join none. */
export class ServerClientHost implements ClientHost {
  readonly encoder: PacketEncoder;
  readonly hooks: HookHub;
  readonly #server: ErrorReporter & { readonly opts: ResolvedOptions };
  readonly #namespaces: Namespaces;
  #awaitingNamespace: Deadlines<Waiting>;

  constructor(
    server: ErrorReporter & {
      readonly opts: ResolvedOptions;
      readonly encoder: PacketEncoder;
      readonly hooks: HookHub;
    },
    namespaces: Namespaces,
  ) {
    this.encoder = server.encoder;
    this.hooks = server.hooks;
    this.#server = server;
    this.#namespaces = namespaces;
    this.#awaitingNamespace = deadlines(server.opts.connectTimeout);
  }

  get opts(): ResolvedOptions {
    return this.#server.opts;
  }

  /** Sets the milliseconds a client has to join its first namespace, for those that come from now on. */
  setConnectTimeout(delay: number): void {
    this.#awaitingNamespace = deadlines(delay);
  }

  awaitNamespace(client: Waiting): void {
    this.#awaitingNamespace.add(client);
  }

  joinedNamespace(client: Waiting): void {
    this.#awaitingNamespace.remove(client);
  }

  findNamespace(name: string, auth: Credentials, callback: (namespace: ClientNamespace | undefined) => void): void {
    this.#namespaces.find(name, auth, callback);
  }

  reportListenerError(error: unknown, context: Parameters<ErrorReporter['reportListenerError']>[1]): void {
    this.#server.reportListenerError(error, context);
  }

  /** The server closes: nobody is waited for any more. */
  close(): void {
    this.#awaitingNamespace.clear();
  }
}

function deadlines(delay: number): Deadlines<Waiting> {
  return new Deadlines<Waiting>(systemClock, delay, (client) => client.close());
}
