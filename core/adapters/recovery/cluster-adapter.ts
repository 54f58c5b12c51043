import createDebug from 'debug';
import type { Timer } from '../../clock.js';
import type { ClusterNode } from '../../cluster/node.js';
import type { BroadcastMessage, Stamp } from '../../cluster/wire/broadcast.js';
import { type Part, Prepared } from '../../protocol/prepared.js';
import { type Packet, PacketType } from '../../protocol/socketio/packet.js';
import { Encoder } from '../../protocol/socketio/parser.js';
import type { BroadcastOptions, Room } from '../../rooms/selection.js';
import type {
  AdapterNamespace,
  FoundSession,
  PrivateSessionId,
  RecoveryLimits,
  SessionToPersist,
  SocketId,
} from '../adapter.js';
import { DistributedAdapter } from '../distributed.js';
import type { LocalSockets } from '../local-sockets.js';
import { type EventReceiver, NativeNodes } from '../native/nodes.js';
import type { ClusterOptions } from '../native/options.js';
import { ReceivedEvent } from '../native/received-event.js';
import { SharedUse } from '../shared-use.js';
import { AdapterWrapper } from '../wrapper.js';
import { Barrier } from './log/barrier.js';
import { GapRecovery } from './log/gap-recovery.js';
import { Journal } from './log/journal.js';
import { LogReader } from './log/reader.js';
import { ReceivePositions } from './log/receive-positions.js';
import type { LoggedEvent } from './records/log-entry.js';
import { endsWithText, TAG_LENGTH, withOffset } from './records/offsets.js';
import type { Snapshot } from './records/snapshot.js';
import { SessionClaims } from './sessions/claims.js';
import { SessionRestorer } from './sessions/restore.js';
import { type RecoverableSocket, Sessions } from './sessions/sessions.js';
import type { RecoveryStore } from './store.js';

const debug = createDebug('carillon:recovery');

/** Those of a server whose options are not known. */
const DEFAULT_PINGS = { pingInterval: 25_000, pingTimeout: 20_000 };
/** Between two looks at the logs and the sessions, at most. */
const MAX_INTERVAL = 60_000;

/**
 * Connection state recovery over many nodes: a client comes back to any of them, and is told what it missed.
 *
 * Each node numbers the events it sends and keeps them in a log that all nodes can read; an event carries as its offset
 * how far, in each sender's events, the node that delivered it had come. A client comes back with the last offset it saw,
 * and whatever is in the logs after it, and was for it, it has missed. See `docs/scaling.md` for what is promised.
 *
 * What is promised: a recovered client missed nothing and got nothing twice. Whenever that cannot be proved, it is not
 * recovered. Delivery never waits for any of it.
 */
export class RecoveringClusterAdapter extends AdapterWrapper {
  protected readonly inner: DistributedAdapter<NativeNodes>;
  readonly #node: ClusterNode;
  readonly #local: LocalSockets;
  readonly #nodes: NativeNodes;
  readonly #limits: RecoveryLimits;
  readonly #store: RecoveryStore;
  readonly #interval: number;
  /** Milliseconds for which events have to be there. */
  readonly #retention: number;
  readonly #tag: string;
  readonly #journal: Journal;
  readonly #received = new ReceivePositions();
  readonly #sessions: Sessions;
  readonly #barrier: Barrier;
  readonly #reader: LogReader;
  readonly #gaps: GapRecovery;
  readonly #claims: SessionClaims;
  readonly #restorer: SessionRestorer;
  readonly #isJson: boolean;
  readonly #use = new SharedUse();
  /** Nodes whose events cannot be recovered, because they do not number them. */
  readonly #unnumbered = new Set<string>();
  #stopWatching: (() => void) | undefined;
  #timer: Timer | undefined;
  /** Redis's current life; `undefined` until this node vouched for its log. */
  #life: string | undefined;

  constructor(
    nsp: AdapterNamespace,
    node: ClusterNode,
    store: RecoveryStore,
    limits: RecoveryLimits,
    options?: Pick<ClusterOptions, 'subscribeToSocketIds'>,
  ) {
    super(nsp);
    const receiver: EventReceiver = {
      onEvent: (message, sender, room) => this.#onEvent(message, sender, room),
      onUnsubscribed: (room) => this.#received.onUnsubscribed(room),
    };
    this.inner = new DistributedAdapter(nsp, (here) => new NativeNodes(here, node, { ...options, receiver }), this);
    this.#node = node;
    this.#local = this.inner.local;
    this.#nodes = this.inner.remote;
    this.#limits = limits;
    const { pingInterval, pingTimeout } = nsp.server.opts ?? DEFAULT_PINGS;
    // A client may be away for as long before its connection is found dead, and only then its session begins to age.
    this.#retention = limits.maxDisconnectionDuration + pingInterval + pingTimeout;
    this.#store = store;
    this.#interval = Math.min(limits.maxDisconnectionDuration / 2, MAX_INTERVAL);
    this.#tag = tagOf(node.id);
    this.#isJson = nsp.server.encoder instanceof Encoder;
    this.#journal = new Journal({
      maxBytes: limits.maxBytes,
      retention: this.#retention + 3 * this.#interval,
    });
    this.#sessions = new Sessions({
      owner: node.id,
      store,
      lifetime: limits.maxDisconnectionDuration,
      interval: this.#interval,
      position: () => this.#received.offset,
      schedule: () => node.clock.endOfTurn(() => this.#sessions.flush()),
      onError: (error) => node.reportFailure('connection state recovery', error),
    });
    this.#barrier = new Barrier(node.bus, nsp.name, `!${node.id}`);
    this.#reader = new LogReader(store, () => this.#barrier.pass());
    this.#gaps = new GapRecovery({
      clock: node.clock,
      reader: this.#reader,
      received: this.#received,
      own: this.#tag,
      isUp: () => node.isUp,
      alive: () => [...node.members.keys()].map(tagOf),
      maxBytes: limits.maxBytes,
      deliver: (tag, event) => this.#deliverRemote(tag, event),
      onLoss: (reason) => this.#onLoss(reason),
    });
    this.#claims = new SessionClaims(node, nsp.name, store, this.#sessions);
    this.#restorer = new SessionRestorer({
      node,
      maxBytes: limits.maxBytes,
      reader: this.#reader,
      received: this.#received,
      gaps: this.#gaps,
      handOver: this.#claims,
      sessions: this.#sessions,
      join: (id, rooms) => this.inner.addAll(id, rooms),
      leave: (id) => this.delAll(id),
      prepare: (event, offset) => this.#decorated(event, offset)[0],
    });
  }

  override init(): Promise<void> {
    return this.#use.open(() => this.#start());
  }

  override close(): Promise<void> {
    return this.#use.close(() => this.#stop());
  }

  /** Whether some namespace has it. */
  get isInUse(): boolean {
    return this.#use.isInUse;
  }

  async #start(): Promise<void> {
    const node = this.#node;
    this.#stopWatching = node.observe({
      onDown: (error) => {
        this.#barrier.fail(error);
        this.#reader.fail();
        this.#gaps.pause();
        return false;
      },
      onUp: (dropped) => {
        // Sessions may have been among it.
        if (dropped > 0) this.#sessions.rewriteAll();
        this.#afterOutage();
      },
    });
    node.beforePublish(() => this.#writeLog());
    this.#claims.open();
    await Promise.all([this.inner.init(), this.#barrier.open()]);
    this.#timer = node.clock.setInterval(() => this.#look(), this.#interval);
    await this.#look();
  }

  async #stop(): Promise<void> {
    this.#timer?.cancel();
    this.#stopWatching?.();
    this.#claims.close();
    this.#writeLog();
    this.#sessions.flush();
    this.#barrier.close();
    await this.inner.close();
  }

  // --- sending ---

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const { volatile, local } = options.flags;
    if (packet.type !== PacketType.EVENT || packet.id !== undefined || volatile || local) {
      this.#broadcastUnkept(packet, options);
      return;
    }
    const { parts } = this.#local.prepare(packet, options);
    const event = { sentAt: Date.now(), parts, options };
    const channel = this.#nodes.channelOf(options);
    const previous = this.#journal.add(channel, event);
    const { sequence } = this.#journal;
    this.#node.to(channel).broadcast(parts, options, { sequence, previous });
    this.#received.advance(this.#tag, sequence);
    if (this.#restorer.isFollowing) this.#restorer.collect(this.#tag, { ...event, sequence });
    const { offset } = this.#received;
    packet.data.push(offset);
    const spliced = this.#isJson ? withOffset(parts, offset) : undefined;
    this.#deliverKept(
      spliced === undefined ? this.#local.prepare(packet, options) : prepared(spliced, options),
      packet,
      options,
      offset,
    );
  }

  /** Who is away does not get it. Nothing is behind the arguments, unless it would be taken for an offset. */
  #broadcastUnkept(packet: Packet, options: BroadcastOptions): void {
    const isText =
      packet.type === PacketType.EVENT && packet.id === undefined && typeof packet.data.at(-1) === 'string';
    if (!isText) return this.inner.broadcast(packet, options);
    const { parts } = this.#local.prepare(packet, options);
    if (options.flags.local !== true) this.#node.to(this.#nodes.channelOf(options)).broadcast(parts, options);
    packet.data.push(this.#received.offset);
    this.#local.deliver(this.#local.prepare(packet, options), packet, options);
  }

  #writeLog(): void {
    const append = this.#journal.take(this.#node.clock.now());
    if (append !== undefined) this.#store.append(this.#tag, append);
  }

  // --- receiving ---

  #onEvent(message: BroadcastMessage, sender: string, room: Room | undefined): void {
    const { stamp, parts, rooms, except, flags } = message;
    if (stamp === undefined) {
      if (flags.volatile !== true) this.#onUnnumbered(sender);
      if (!this.#isJson || !endsWithText(parts)) return this.#nodes.deliver(message);
      this.#nodes.deliver({ ...message, parts: withOffset(parts, this.#received.offset)! });
      return;
    }
    const tag = tagOf(sender);
    // When it was sent is only of interest to those who read it in the log.
    const event = { sequence: stamp.sequence, sentAt: 0, parts, options: { rooms, except, flags } };
    this.#receiveKept(tag, event, stamp, room ?? '');
  }

  #receiveKept(tag: string, event: LoggedEvent, stamp: Stamp, channel: string): void {
    if (this.#gaps.isPaused) {
      this.#gaps.queue({ tag, event, stamp, channel });
      return;
    }
    switch (this.#received.onEvent(tag, channel, stamp)) {
      case 'next':
        this.#deliverRemote(tag, event);
        break;
      case 'gap':
        debug('%s: events of %s before %d are missing', this.nsp.name, tag, stamp.sequence);
        this.#gaps.queue({ tag, event, stamp, channel });
        this.#gaps.run();
        break;
      case 'loss':
        this.#onLoss('events of another node did not arrive, and cannot be told from others any more');
        this.#received.forgetChannels();
        this.#receiveKept(tag, event, stamp, channel);
        break;
    }
  }

  #deliverRemote(tag: string, event: LoggedEvent): void {
    if (this.#restorer.isFollowing) this.#restorer.collect(tag, event);
    const { offset } = this.#received;
    const [message, packet] = this.#decorated(event, offset);
    this.#deliverKept(message, packet, event.options, offset);
  }

  /** Hot path: what it does per receiver is to note the offset. */
  #deliverKept(message: Prepared, packet: Packet, options: BroadcastOptions, offset: string): void {
    this.#local.each(options, (socket) => {
      (socket as RecoverableSocket).lastOffset = offset;
      socket.notifyOutgoingListeners(packet);
      socket.deliver(message, false);
    });
  }

  /** An event of another node, or of the log, with an offset. A custom parser alone knows where to put it. */
  #decorated({ parts, options }: LoggedEvent, offset: string): [Prepared, Packet] {
    const spliced = this.#isJson ? withOffset(parts, offset) : undefined;
    if (spliced !== undefined) return [prepared(spliced, options), new ReceivedEvent(this.nsp, spliced)];
    const data = [...new ReceivedEvent(this.nsp, parts).data, offset];
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data };
    return [this.#local.prepare(packet, options), packet];
  }

  #onUnnumbered(sender: string): void {
    if (this.#unnumbered.has(sender)) return;
    if (this.#unnumbered.size > 1000) this.#unnumbered.clear();
    this.#unnumbered.add(sender);
    this.#node.reportFailure(
      'connection state recovery',
      new Error(`events of ${sender} reach nobody who is away: it runs without connectionStateRecovery`),
    );
  }

  // --- keeping up ---

  async #afterOutage(): Promise<void> {
    await this.#look();
    this.#gaps.run();
  }

  /** From time to time: keeps our log and sessions alive, and sees how far the others are. */
  async #look(): Promise<void> {
    if (!this.#node.isUp) return;
    const { clock } = this.#node;
    const { maxDisconnectionDuration } = this.#limits;
    this.#restorer.abandonSince(clock.now() - maxDisconnectionDuration);
    try {
      this.#node.flush();
      const upkeep = {
        tag: this.#tag,
        position: this.#journal.sequence,
        retention: this.#retention + 4 * this.#interval,
      };
      const life = await this.#store.upkeep(upkeep);
      if (life !== this.#life) debug('%s: Redis begins the epoch %s', this.nsp.name, life);
      if (this.#life !== undefined && life !== this.#life) this.#sessions.rewriteAll();
      this.#life = life;
      const snapshot = await this.#store.positions();
      await this.#barrier.pass();
      if (!this.#gaps.isPaused) {
        this.#received.reach(snapshot);
        this.#forgetUnknown(snapshot);
      }
      this.#sessions.sweep();
    } catch (error) {
      if (this.#node.isUp) this.#node.reportFailure('connection state recovery', error);
    }
  }

  /** Senders that are gone, and whose logs are gone with Redis's memory. */
  #forgetUnknown({ senders, finished }: Snapshot): void {
    const alive = new Set([this.#tag, ...Array.from(this.#node.members.keys(), tagOf)]);
    for (const tag of [...this.#received.positions.keys()]) {
      if (!senders.has(tag) && !finished.has(tag) && !alive.has(tag)) this.#received.forget(tag);
    }
  }

  /** Events are gone that our clients should have had: none of them can be told afterwards that it missed nothing. */
  #onLoss(reason: string): void {
    debug('%s: events are lost: %s', this.nsp.name, reason);
    this.#sessions.forgetAll();
    this.#restorer.invalidate();
    this.#node.reportFailure('connection state recovery', new Error(`clients of this node begin anew: ${reason}`));
  }

  // --- sockets ---

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    const heard = this.inner.addAll(id, rooms);
    const socket = this.nsp.sockets.get(id) as RecoverableSocket | undefined;
    if (socket !== undefined) {
      if (this.#sessions.has(id)) this.#sessions.changed(id);
      else this.#open(socket);
    }
    return heard;
  }

  #open(socket: RecoverableSocket): void {
    const restored = this.#restorer.take(socket.id);
    socket.lastOffset = restored?.lastOffset ?? '';
    this.#sessions.open(socket, restored?.checkpoints ?? [{ covers: '', at: this.#received.offset }]);
  }

  override del(id: SocketId, room: Room): void {
    this.inner.del(id, room);
    this.#sessions.changed(id);
  }

  override delAll(id: SocketId): void {
    this.inner.delAll(id);
    this.#sessions.drop(id);
    this.#restorer.abandon(id);
  }

  override persistSession(session: SessionToPersist): void {
    this.#sessions.keep(session);
  }

  override restoreSession(pid: PrivateSessionId, offset: string | undefined): Promise<FoundSession | null> {
    // Until this node has vouched for its own log, nobody can be told what it sent.
    return this.#life === undefined ? Promise.resolve(null) : this.#restorer.restore(pid, offset);
  }
}

function prepared(parts: readonly Part[], options: BroadcastOptions): Prepared {
  return new Prepared(parts, options.flags.compress !== false);
}

function tagOf(node: string): string {
  return node.slice(0, TAG_LENGTH);
}
