import type { FoundSession, RecoveryLimits } from '../../core/adapters/adapter.js';
import { RecoveringClusterAdapter } from '../../core/adapters/recovery/cluster-adapter.js';
import type { RecoverableSocket } from '../../core/adapters/recovery/sessions/sessions.js';
import { MemoryNetwork } from '../../core/cluster/memory-bus.js';
import { ClusterNode } from '../../core/cluster/node.js';
import { randomId } from '../../core/ids.js';
import type { Packet } from '../../core/protocol/socketio/packet.js';
import { event, everybody, TestNamespace, TestSocket } from './adapter.js';
import { MemoryRecoveryServer, MemoryRecoveryStore } from './memory-recovery-store.js';
import { TestClock } from './test-clock.js';

export class ReturningSocket extends TestSocket implements RecoverableSocket {
  readonly pid: string;
  lastOffset = '';
  readonly node: RecoveringNode;

  constructor(id: string, pid: string, node: RecoveringNode, recovered: boolean) {
    super(id, node.adapter, recovered);
    this.pid = pid;
    this.node = node;
  }

  closeStale(): void {
    this.node.lose(this);
  }

  /** What its client got: `[name, ...args]` without offsets. */
  get events(): unknown[][] {
    return this.texts.map((text) => JSON.parse((text as string).slice(2)).slice(0, -1));
  }

  /** The offset of the last event that it got. */
  get offset(): string | undefined {
    const last = this.texts.at(-1) as string | undefined;
    return last === undefined ? undefined : JSON.parse(last.slice(2)).at(-1);
  }
}

/** Nodes on a network in memory, as many as are asked for. */
export class RecoveringCluster {
  readonly clock = new TestClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly server = new MemoryRecoveryServer(this.network, this.clock);
  readonly errors: string[] = [];
  readonly limits: RecoveryLimits;

  constructor(limits: Partial<RecoveryLimits> = {}) {
    this.limits = { maxDisconnectionDuration: 10_000, maxBytes: 1_000_000, maxSessions: 100_000, ...limits };
  }

  async start(): Promise<RecoveringNode> {
    const node = new RecoveringNode(this);
    const started = node.adapter.init();
    await this.settle();
    await started;
    return node;
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      for (let i = 0; i < 10; i++) await Promise.resolve();
      if (this.clock.isTurnOpen) quiet = 0;
      else quiet++;
      this.clock.endTurns();
    }
  }

  /** Time passes, with all that happens in it. */
  async pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 250) {
      this.clock.advance(Math.min(250, milliseconds - passed));
      await this.settle();
    }
  }
}

export class RecoveringNode {
  readonly cluster: RecoveringCluster;
  readonly bus;
  readonly node: ClusterNode;
  readonly namespace = new TestNamespace();
  readonly adapter: RecoveringClusterAdapter;

  constructor(cluster: RecoveringCluster) {
    this.cluster = cluster;
    this.bus = cluster.network.connect();
    this.node = new ClusterNode(this.bus, { clock: cluster.clock });
    const store = new MemoryRecoveryStore(cluster.server, this.bus);
    this.adapter = new RecoveringClusterAdapter(this.namespace, this.node, store, cluster.limits);
    this.adapter.on('error', (error) => cluster.errors.push(error.message));
  }

  emit(packet: Packet | string, room?: string | string[]): void {
    const options = room === undefined ? everybody : everybody.to(room);
    this.adapter.broadcast(typeof packet === 'string' ? event(packet) : packet, options);
  }

  connect(rooms: string[] = [], id = randomId()): ReturningSocket {
    return this.#place(new ReturningSocket(id, randomId(), this, false), rooms);
  }

  #place(socket: ReturningSocket, rooms: string[]): ReturningSocket {
    this.namespace.sockets.set(socket.id, socket);
    this.adapter.addAll(socket.id, new Set([socket.id, ...rooms]));
    return socket;
  }

  /** The socket loses its connection, and this node notices. */
  lose(socket: ReturningSocket): void {
    const { id, pid, data } = socket;
    this.adapter.persistSession({ sid: id, pid, rooms: [...socket.rooms], data });
    this.adapter.delAll(id);
    this.namespace.sockets.delete(id);
  }

  /** It is put out. */
  dismiss(socket: ReturningSocket): void {
    this.adapter.delAll(socket.id);
    this.namespace.sockets.delete(socket.id);
  }

  /** It ends in the middle of whatever it does: nothing of it reaches anybody any more. */
  kill(): void {
    this.bus.cut();
  }

  /** A client asks for its session. As a namespace does, the socket it may still have here is let go first. */
  restore(pid: string, offset: string | undefined): Promise<FoundSession | null> {
    for (const socket of [...this.namespace.sockets.values()]) {
      if (socket instanceof ReturningSocket && socket.pid === pid) socket.closeStale();
    }
    return this.adapter.restoreSession(pid, offset);
  }

  /** A client comes back, as a namespace would have it; `null` when it is not recovered. */
  async comeBack(pid: string, offset: string | undefined, meanwhile?: () => void): Promise<ReturningSocket | null> {
    const restoring = this.restore(pid, offset);
    await this.cluster.settle();
    const session = await restoring;
    if (session === null) return null;
    this.adapter.addAll(session.sid, new Set(session.rooms));
    meanwhile?.();
    return this.admit(session, pid);
  }

  /** What a namespace does when nothing is in the way of a session that was found; `null` when it is too late. */
  admit(session: FoundSession, pid: string): ReturningSocket | null {
    const socket = new ReturningSocket(session.sid, pid, this, true);
    socket.data = session.data;
    this.adapter.addAll(session.sid, new Set(session.rooms));
    const missed = session.takeMissed();
    if (missed === null) {
      this.adapter.delAll(session.sid);
      return null;
    }
    for (const message of missed) socket.deliver(message, false);
    return this.#place(socket, []);
  }
}
