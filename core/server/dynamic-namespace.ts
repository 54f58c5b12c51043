import type { Adapter, AdapterNamespace } from '../adapters/adapter.js';
import { logRejection } from '../adapters/host.js';
import { MemoryAdapter } from '../adapters/memory.js';
import type { Packet } from '../protocol/socketio/packet.js';
import type { BroadcastOptions } from '../rooms/selection.js';
import type { RemoteSocket } from './broadcast.js';
import type { ErrorReporter, NamespaceHost, NamespaceOwner } from './contracts.js';
import { NamespaceHooks, passOutgoing } from './hooks.js';
import { Namespace } from './namespace.js';
import type { DefaultEventsMap, EventsMap } from './types.js';

/** What a broadcast of the pattern needs of each namespace made from it. */
interface Child {
  readonly name: string;
  readonly adapter: Adapter;
  readonly hooks: Pick<NamespaceHooks, 'outgoing'>;
  readonly server: ErrorReporter;
}

/** Broadcasts of the pattern go to each namespace made from it. */
class ParentAdapter extends MemoryAdapter {
  readonly #children: ReadonlySet<Child>;

  constructor(parent: AdapterNamespace, children: ReadonlySet<Child>) {
    super(parent);
    this.#children = children;
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    for (const child of this.#children) {
      const { outgoing } = child.hooks;
      const copy = { ...packet, nsp: child.name, data: [...packet.data] };
      if (outgoing !== null && !passOutgoing(outgoing, copy, options, child.server)) continue;
      logRejection(child.adapter.broadcast(copy, options), 'broadcast');
    }
  }
}

const NO_HOOKS = new NamespaceHooks('');

/**
 * The namespaces of a pattern or function. Listeners and middlewares added here apply to every namespace made from it
 * afterwards; clients are never in it itself.
 */
export class ParentNamespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = any,
> extends Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  static #count = 0;
  readonly children = new Set<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>();
  /** Children that nobody is in, made for clients, empty for longest first. */
  readonly #empty = new Set<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>();

  readonly #owner: NamespaceOwner<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;

  /** @internal Use `io.of(pattern)`. */
  constructor(
    server: NamespaceHost,
    owner: NamespaceOwner<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>,
  ) {
    // Its emits are those of the namespaces made from it: extensions see them there.
    super(server, `/_${ParentNamespace.#count++}`, NO_HOOKS);
    this.#owner = owner;
    this.adapter = new ParentAdapter(this, this.children);
  }

  /** A pattern has no members, so it needs no adapter of the application's. @internal */
  override initAdapter(): void {
    this.adapter ??= undefined as unknown as Adapter;
  }

  /**
   * Makes, and announces, the namespace of this name.
   *
   * @param isForClient it was a client that asked for it: the application holds no reference to it.
   * @internal
   */
  createChild(name: string, isForClient: boolean): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const child = new ChildNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(
      this.server,
      name,
      this,
      isForClient,
    );
    child.middlewares.push(...this.middlewares);
    for (const event of ['connect', 'connection'] as const) {
      for (const listener of this.listeners(event)) child.on(event, listener);
    }
    this.children.add(child);
    this.#owner.register(child);
    return child;
  }

  /** Nobody is in this child. @internal */
  onChildEmpty(
    child: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    { isForClient }: { isForClient: boolean },
  ): void {
    const { cleanupEmptyChildNamespaces, maxEmptyNamespaces } = this.server.opts;
    if (cleanupEmptyChildNamespaces) {
      this.#drop(child);
      return;
    }
    if (!isForClient) return;
    this.#empty.delete(child);
    this.#empty.add(child);
    if (this.#empty.size <= maxEmptyNamespaces) return;
    for (const oldest of this.#empty) {
      this.#empty.delete(oldest);
      // Somebody may have come back.
      if (!oldest.isDeserted) continue;
      this.#drop(oldest);
      return;
    }
  }

  #drop(child: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    this.children.delete(child);
    this.#owner.unregister(child);
  }

  /** Not possible: ask the namespaces made from the pattern. @throws Error always. */
  override fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    throw new Error('fetchSockets() is not supported on parent namespaces');
  }
}

/** A namespace made from a pattern; may go away with its last socket. */
class ChildNamespace<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  readonly #parent: ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  readonly #isForClient: boolean;

  constructor(
    server: NamespaceHost,
    name: string,
    parent: ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    isForClient: boolean,
  ) {
    super(server, name);
    this.#parent = parent;
    this.#isForClient = isForClient;
  }

  override remove(
    ...args: Parameters<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>['remove']>
  ): void {
    super.remove(...args);
    this.onRefused();
  }

  override onRefused(): void {
    if (this.isDeserted) this.#parent.onChildEmpty(this, { isForClient: this.#isForClient });
  }
}
