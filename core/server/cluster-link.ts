import type { ClusterNodeObserver } from '../cluster/observers.js';
import type { ClusterPeer } from '../cluster/peer.js';
import type { ExtensionCluster } from '../extension.js';

type Handler = Parameters<ExtensionCluster['handle']>[1];
type ClusterObserver = Parameters<ExtensionCluster['observe']>[0];
type Listener = Parameters<ExtensionCluster['subscribe']>[1];

/**
 * The other nodes, for extensions: the node of the adapter, if it has one, behind registrations that outlive it. Without a
 * node, nobody answers, and what is published reaches this process.
 */
export class ClusterLink implements ExtensionCluster {
  readonly #localId: string;
  readonly #report: (error: unknown) => void;
  #node: ClusterPeer | undefined;
  readonly #handlers = new Map<string, Handler>();
  readonly #observers = new Set<ClusterObserver>();
  readonly #listeners = new Map<string, Set<Listener>>();
  /** What is registered at the node. */
  #undo: (() => unknown)[] = [];
  readonly #undoHandler = new Map<string, () => void>();
  #isOpen = false;

  /** @param localId id of this process, when there is no node. */
  constructor(localId: string, report: (error: unknown) => void) {
    this.#localId = localId;
    this.#report = report;
  }

  get id(): string {
    return this.#node?.id ?? this.#localId;
  }

  get members(): readonly string[] {
    return this.#node === undefined ? [] : [...this.#node.members.keys()];
  }

  get isClustered(): boolean {
    return this.#node !== undefined;
  }

  /** The server has another adapter: everything that is registered moves to its node. */
  async setNode(node: ClusterPeer | undefined): Promise<void> {
    if (node === this.#node) return;
    const closed = this.#leave();
    this.#node = node;
    if (this.#handlers.size + this.#observers.size + this.#listeners.size > 0) this.#join();
    await closed;
  }

  /** The server closes. Nothing is registered any more. */
  async close(): Promise<void> {
    this.#handlers.clear();
    this.#observers.clear();
    this.#listeners.clear();
    await this.#leave();
  }

  /** Takes part, once something is registered: until then no node is opened for extensions. */
  #join(): void {
    const node = this.#node;
    if (node === undefined || this.#isOpen) return;
    this.#isOpen = true;
    const observer: ClusterNodeObserver = {
      onMember: ({ id }) => {
        for (const each of [...this.#observers]) each.joined?.(id);
      },
      onLeave: ({ id }, reason) => {
        for (const each of [...this.#observers]) each.left?.(id, reason);
      },
    };
    this.#undo.push(node.observe(observer));
    for (const [name, handler] of this.#handlers) this.#undoHandler.set(name, node.handle(name, handler));
    for (const channel of this.#listeners.keys()) this.#listen(node, channel);
    // When that fails, the adapters say so: they opened it, too.
    node.open().catch(() => {});
  }

  #leave(): Promise<void> | undefined {
    if (!this.#isOpen) return undefined;
    this.#isOpen = false;
    for (const undo of this.#undo.splice(0)) undo();
    for (const undo of this.#undoHandler.values()) undo();
    this.#undoHandler.clear();
    return this.#node?.close();
  }

  async request(...[name, payload, options]: Parameters<ExtensionCluster['request']>) {
    if (this.#node === undefined) return { answers: new Map<string, Buffer>(), unable: [], missing: [] };
    this.#join();
    return this.#node.request(name, payload, options);
  }

  handle(name: string, handler: Handler): () => void {
    if (this.#handlers.has(name)) throw new Error(`requests named "${name}" are handled already`);
    this.#handlers.set(name, handler);
    if (this.#isOpen) this.#undoHandler.set(name, this.#node!.handle(name, handler));
    else this.#join();
    return () => {
      if (this.#handlers.get(name) !== handler) return;
      this.#handlers.delete(name);
      this.#undoHandler.get(name)?.();
      this.#undoHandler.delete(name);
    };
  }

  publish(channel: string, payload: Uint8Array): void {
    if (this.#node === undefined) {
      this.#deliver(channel, Buffer.from(payload), this.#localId);
      return;
    }
    this.#join();
    this.#node.publish(channel, payload);
  }

  subscribe(channel: string, listener: Listener): () => void {
    const known = this.#listeners.get(channel);
    const listeners = known ?? new Set<Listener>();
    listeners.add(listener);
    this.#listeners.set(channel, listeners);
    if (!this.#isOpen) this.#join();
    else if (known === undefined) this.#listen(this.#node!, channel);
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#listeners.delete(channel);
      if (this.#isOpen) this.#node!.unsubscribe(channel);
    };
  }

  #listen(node: ClusterPeer, channel: string): void {
    const listening = node.subscribe(channel, (payload, sender) => this.#deliver(channel, payload, sender));
    // When the bus refuses, its observers hear of it.
    listening.catch(this.#report);
  }

  #deliver(channel: string, payload: Buffer, from: string): void {
    for (const listener of [...(this.#listeners.get(channel) ?? [])]) {
      try {
        listener(payload, from);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  observe(observer: ClusterObserver): () => void {
    this.#observers.add(observer);
    this.#join();
    return () => this.#observers.delete(observer);
  }

  reject(reason: string): void {
    this.#node?.reject(reason);
  }

  async settled(): Promise<void> {
    await this.#node?.settled;
  }
}
