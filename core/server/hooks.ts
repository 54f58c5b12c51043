import type {
  Accepted,
  Arrival,
  ConnectRefusal,
  ExtensionSocket,
  IncomingHook,
  OutgoingEmit,
  OutgoingHook,
} from '../extension.js';
import type { Packet } from '../protocol/socketio/packet.js';
import type { BroadcastOptions } from '../rooms/selection.js';
import type { ErrorReporter } from './error-reporter.js';

/** What extensions registered for sockets; each kind has its own signature. */
export interface Hooks {
  arriving: (arrival: Arrival) => ConnectRefusal | undefined;
  connecting: (socket: ExtensionSocket) => void | Promise<void>;
  restoring: (session: { readonly sid: string; readonly data: unknown }) => boolean;
  connected: (socket: ExtensionSocket, accepted: Accepted) => IncomingHook | undefined | void;
  disconnecting: (socket: ExtensionSocket, reason: string) => void;
  missed: (socket: ExtensionSocket, count: number) => void;
  outgoing: OutgoingHook;
}

interface Registration<Kind extends keyof Hooks = keyof Hooks> {
  readonly kind: Kind;
  /** Name of a namespace; `undefined`: all. */
  readonly namespace: string | undefined;
  readonly hook: Hooks[Kind];
}

/** The hooks of one namespace, put together when somebody registers. `null`: there are none. */
export class NamespaceHooks {
  readonly #name: string;
  arriving: readonly Hooks['arriving'][] | null = null;
  connecting: readonly Hooks['connecting'][] | null = null;
  restoring: readonly Hooks['restoring'][] | null = null;
  connected: readonly Hooks['connected'][] | null = null;
  disconnecting: readonly Hooks['disconnecting'][] | null = null;
  missed: readonly Hooks['missed'][] | null = null;
  outgoing: readonly Hooks['outgoing'][] | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  /** @internal Only the hub registers. */
  compile(registrations: readonly Registration[]): void {
    const list = <Kind extends keyof Hooks>(kind: Kind): Hooks[Kind][] | null => {
      const hooks = registrations
        .filter((each) => each.kind === kind && (each.namespace === undefined || each.namespace === this.#name))
        .map(({ hook }) => hook as Hooks[Kind]);
      return hooks.length === 0 ? null : hooks;
    };
    this.arriving = list('arriving');
    this.connecting = list('connecting');
    this.restoring = list('restoring');
    this.connected = list('connected');
    this.disconnecting = list('disconnecting');
    this.missed = list('missed');
    this.outgoing = list('outgoing');
  }
}

/** Everything that extensions registered for the sockets of a server. */
export class HookHub {
  #registrations: readonly Registration[] = [];
  readonly #namespaces = new Map<string, NamespaceHooks>();
  /** For names that nobody registered for: one for all of them. */
  readonly #others = new NamespaceHooks('');

  /** The hooks of a namespace; the object stays the same, and what is registered later shows in it. */
  of(name: string): NamespaceHooks {
    const known = this.#namespaces.get(name);
    if (known !== undefined) return known;
    const hooks = new NamespaceHooks(name);
    hooks.compile(this.#registrations);
    this.#namespaces.set(name, hooks);
    return hooks;
  }

  /** The same for a name that a client asked for, and that need not be one. */
  peek(name: string): NamespaceHooks {
    return this.#namespaces.get(name) ?? this.#others;
  }

  /** A namespace is gone. */
  forget(name: string): void {
    if (!this.#registrations.some(({ namespace }) => namespace === name)) this.#namespaces.delete(name);
  }

  add<Kind extends keyof Hooks>(kind: Kind, namespace: string | undefined, hook: Hooks[Kind]): () => void {
    const registration: Registration<Kind> = { kind, namespace, hook };
    if (namespace !== undefined) this.of(namespace);
    this.#set([...this.#registrations, registration as unknown as Registration]);
    return () => this.#set(this.#registrations.filter((each) => each !== (registration as unknown)));
  }

  #set(registrations: readonly Registration[]): void {
    this.#registrations = registrations;
    for (const hooks of this.#namespaces.values()) hooks.compile(registrations);
    this.#others.compile(registrations);
  }
}

/** Asks the guards of a client that arrives; the first refusal counts, and a guard that throws refuses. */
export function refusalOf(
  guards: readonly Hooks['arriving'][],
  arrival: Arrival,
  reporter: ErrorReporter,
): ConnectRefusal | undefined {
  for (const guard of guards) {
    try {
      const refusal = guard(arrival);
      if (refusal !== undefined) return refusal;
    } catch (error) {
      reporter.reportListenerError(error, { event: 'arriving' });
      return { message: 'Internal server error' };
    }
  }
  return undefined;
}

/** Shows an emit to the hooks; `false` when one of them wants it not to be sent. */
export function passOutgoing(
  hooks: readonly OutgoingHook[],
  packet: Packet,
  target: BroadcastOptions,
  reporter: ErrorReporter | undefined,
): boolean {
  const emit: OutgoingEmit = { namespace: packet.nsp, data: packet.data as unknown[], target };
  for (const hook of hooks) {
    try {
      if (hook(emit) === false) return false;
    } catch (error) {
      reporter?.reportListenerError(error, { event: packet.data[0] });
    }
  }
  return true;
}

/** Runs hooks that only look on. */
export function notify<Arguments extends unknown[]>(
  hooks: readonly ((...args: Arguments) => void)[],
  reporter: ErrorReporter,
  event: string,
  ...args: Arguments
): void {
  for (const hook of hooks) {
    try {
      hook(...args);
    } catch (error) {
      reporter.reportListenerError(error, { event });
    }
  }
}
