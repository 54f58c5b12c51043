import type { Timer } from '../clock.js';
import { type Part, Prepared } from '../protocol/prepared.js';
import { type Packet, PacketType } from '../protocol/socketio/packet.js';
import { Encoder } from '../protocol/socketio/parser.js';
import type { BroadcastOptions, Room } from '../rooms/selection.js';
import type {
  AdapterNamespace,
  FoundSession,
  PrivateSessionId,
  RecoveryLimits,
  SessionToPersist,
  SocketId,
} from './adapter.js';
import { ClusterAdapter } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import type { ClusterOptions } from './cluster-options.js';
import type { BroadcastMessage, Stamp } from './messages.js';
import { ReceivedEvent } from './received-event.js';
import { Barrier } from './recovery/barrier.js';
import { CatchUp } from './recovery/catch-up.js';
import { Collector } from './recovery/collector.js';
import { HandOver } from './recovery/hand-over.js';
import { Journal } from './recovery/journal.js';
import type { LoggedEvent } from './recovery/log-entry.js';
import { LogReader } from './recovery/log-reader.js';
import { covers, decodeOffset, encodeOffset, endsWithText, TAG_LENGTH, withOffset } from './recovery/offsets.js';
import { Reception } from './recovery/reception.js';
import { type Checkpoint, encodeSession, type SessionRecord, type Start, startOf } from './recovery/session-record.js';
import { type RecoverableSocket, Sessions } from './recovery/sessions.js';
import { eventsAfter, isComplete, type SentEvent, type Snapshot } from './recovery/snapshot.js';
import type { RecoveryStore } from './recovery/store.js';

/** A session that is coming back here. */
interface Returning {
  readonly record: SessionRecord;
  readonly offset: string | undefined;
  readonly start: Start;
  readonly snapshot: Snapshot;
  readonly collector: Collector;
}

/** Between two looks at the logs and the sessions, at most. */
const MAX_INTERVAL = 60_000;
/** Milliseconds a client that comes back waits while this node itself catches up. */
const MAX_WAIT = 5000;
const PID = /^[A-Za-z0-9_-]{20}$/;

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
export class RecoveringClusterAdapter extends ClusterAdapter {
  readonly #limits: RecoveryLimits;
  readonly #store: RecoveryStore;
  readonly #interval: number;
  readonly #tag: string;
  readonly #journal: Journal;
  readonly #reception = new Reception();
  readonly #sessions: Sessions;
  readonly #barrier: Barrier;
  readonly #reader: LogReader;
  readonly #catchUp: CatchUp;
  readonly #handOver: HandOver;
  /** By the id of the socket that is coming back. */
  readonly #collectors = new Map<SocketId, Collector>();
  /** What is known of sockets that are about to take their places. */
  readonly #restored = new Map<SocketId, { checkpoints: Checkpoint[]; lastOffset: string }>();
  readonly #isJson: boolean;
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
    super(nsp, node, options);
    this.#limits = limits;
    this.#store = store;
    this.#interval = Math.min(limits.maxDisconnectionDuration / 2, MAX_INTERVAL);
    this.#tag = tagOf(node.id);
    this.#isJson = nsp.server.encoder instanceof Encoder;
    this.#journal = new Journal({
      maxBytes: limits.maxBytes,
      retention: limits.maxDisconnectionDuration + 3 * this.#interval,
    });
    this.#sessions = new Sessions({
      owner: node.id,
      store,
      lifetime: limits.maxDisconnectionDuration,
      interval: this.#interval,
      position: () => this.#reception.offset,
      schedule: () => node.clock.endOfTurn(() => this.#sessions.flush()),
      onError: (error) => node.reportFailure('connection state recovery', error),
    });
    this.#barrier = new Barrier(node.bus, nsp.name, `!${node.id}`);
    this.#reader = new LogReader(store, () => this.#barrier.pass());
    this.#catchUp = new CatchUp({
      clock: node.clock,
      reader: this.#reader,
      reception: this.#reception,
      own: this.#tag,
      isUp: () => node.isUp,
      alive: () => [...node.members.keys()].map(tagOf),
      maxBytes: limits.maxBytes,
      deliver: (tag, event) => this.#deliverRemote(tag, event),
      onLoss: (reason) => this.#onLoss(reason),
    });
    this.#handOver = new HandOver(node, nsp.name, store, this.#sessions);
  }

  override async init(): Promise<void> {
    const { node } = this;
    this.#stopWatching = node.observe({
      onDown: (error) => {
        this.#barrier.fail(error);
        this.#catchUp.pause();
        return false;
      },
      onUp: () => this.#afterOutage(),
    });
    node.beforePublish(() => this.#writeLog());
    this.#handOver.open();
    await Promise.all([super.init(), this.#barrier.open()]);
    this.#timer = node.clock.setInterval(() => this.#look(), this.#interval);
    await this.#look();
  }

  override async close(): Promise<void> {
    this.#timer?.cancel();
    this.#stopWatching?.();
    this.#handOver.close();
    this.#writeLog();
    this.#sessions.flush();
    this.#barrier.close();
    await super.close();
  }

  // --- sending ---

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const { volatile, local } = options.flags;
    if (packet.type !== PacketType.EVENT || packet.id !== undefined || volatile || local) {
      this.#broadcastUnkept(packet, options);
      return;
    }
    const { parts } = this.prepare(packet, options);
    const event = { sentAt: Date.now(), parts, options };
    const channel = this.channels.channelOf(options);
    const previous = this.#journal.add(channel, event);
    const { sequence } = this.#journal;
    this.node.to(channel).broadcast(parts, options, { sequence, previous });
    this.#reception.advance(this.#tag, sequence);
    if (this.#collectors.size > 0) this.#collect(this.#tag, { ...event, sequence });
    const { offset } = this.#reception;
    packet.data.push(offset);
    const spliced = this.#isJson ? withOffset(parts, offset) : undefined;
    this.#deliverKept(
      spliced === undefined ? this.prepare(packet, options) : prepared(spliced, options),
      packet,
      options,
      offset,
    );
  }

  /** Who is away does not get it. Nothing is behind the arguments, unless it would be taken for an offset. */
  #broadcastUnkept(packet: Packet, options: BroadcastOptions): void {
    const isText =
      packet.type === PacketType.EVENT && packet.id === undefined && typeof packet.data.at(-1) === 'string';
    if (!isText) return super.broadcast(packet, options);
    const { parts } = this.prepare(packet, options);
    if (options.flags.local !== true) this.node.to(this.channels.channelOf(options)).broadcast(parts, options);
    packet.data.push(this.#reception.offset);
    this.deliver(this.prepare(packet, options), packet, options);
  }

  #writeLog(): void {
    const append = this.#journal.take(this.node.clock.now());
    if (append !== undefined) this.#store.append(this.#tag, append);
  }

  // --- receiving ---

  protected override receive(message: BroadcastMessage, sender: string, room: Room | undefined): void {
    const { stamp, parts, rooms, except, flags } = message;
    if (stamp === undefined) {
      if (flags.volatile !== true) this.#onUnnumbered(sender);
      if (!this.#isJson || !endsWithText(parts)) return super.receive(message, sender, room);
      super.receive({ ...message, parts: withOffset(parts, this.#reception.offset)! }, sender, room);
      return;
    }
    const tag = tagOf(sender);
    // When it was sent is only of interest to those who read it in the log.
    const event = { sequence: stamp.sequence, sentAt: 0, parts, options: { rooms, except, flags } };
    this.#receiveKept(tag, event, stamp, room ?? '');
  }

  #receiveKept(tag: string, event: LoggedEvent, stamp: Stamp, channel: string): void {
    if (this.#catchUp.isPaused) {
      this.#catchUp.queue({ tag, event, stamp, channel });
      return;
    }
    switch (this.#reception.onEvent(tag, channel, stamp)) {
      case 'next':
        this.#deliverRemote(tag, event);
        break;
      case 'gap':
        this.#catchUp.queue({ tag, event, stamp, channel });
        this.#catchUp.run();
        break;
      case 'loss':
        this.#onLoss('events of another node did not arrive, and cannot be told from others any more');
        this.#reception.forgetChannels();
        this.#receiveKept(tag, event, stamp, channel);
        break;
    }
  }

  #deliverRemote(tag: string, event: LoggedEvent): void {
    if (this.#collectors.size > 0) this.#collect(tag, event);
    const { offset } = this.#reception;
    const [message, packet] = this.#received(event, offset);
    this.#deliverKept(message, packet, event.options, offset);
  }

  #collect(tag: string, event: LoggedEvent): void {
    for (const collector of this.#collectors.values()) collector.add(tag, event);
  }

  /** Hot path: what it does per receiver is to note the offset. */
  #deliverKept(message: Prepared, packet: Packet, options: BroadcastOptions, offset: string): void {
    this.each(options, (socket) => {
      (socket as RecoverableSocket).lastOffset = offset;
      socket.notifyOutgoingListeners(packet);
      socket.deliver(message, false);
    });
  }

  /** An event of another node, or of the log, with an offset. A custom parser alone knows where to put it. */
  #received({ parts, options }: LoggedEvent, offset: string): [Prepared, Packet] {
    const spliced = this.#isJson ? withOffset(parts, offset) : undefined;
    if (spliced !== undefined) return [prepared(spliced, options), new ReceivedEvent(this.nsp, spliced)];
    const data = [...new ReceivedEvent(this.nsp, parts).data, offset];
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data };
    return [this.prepare(packet, options), packet];
  }

  #onUnnumbered(sender: string): void {
    if (this.#unnumbered.has(sender)) return;
    if (this.#unnumbered.size > 1000) this.#unnumbered.clear();
    this.#unnumbered.add(sender);
    this.node.reportFailure(
      'connection state recovery',
      new Error(`events of node ${sender} reach nobody who is away: set connectionStateRecovery on all nodes`),
    );
  }

  // --- keeping up ---

  async #afterOutage(): Promise<void> {
    await this.#look();
    this.#catchUp.run();
  }

  /** From time to time: keeps our log and sessions alive, and sees how far the others are. */
  async #look(): Promise<void> {
    if (!this.node.isUp) return;
    const { clock } = this.node;
    const { maxDisconnectionDuration } = this.#limits;
    for (const [id, { since }] of this.#collectors) {
      if (clock.now() - since > maxDisconnectionDuration) this.#forsake(id);
    }
    try {
      this.node.flush();
      const upkeep = {
        tag: this.#tag,
        position: this.#journal.sequence,
        retention: maxDisconnectionDuration + 4 * this.#interval,
      };
      const life = await this.#store.upkeep(upkeep);
      if (this.#life !== undefined && life !== this.#life) this.#sessions.rewriteAll();
      this.#life = life;
      const snapshot = await this.#store.positions();
      await this.#barrier.pass();
      if (!this.#catchUp.isPaused) {
        this.#reception.reach(snapshot);
        this.#forgetUnknown(snapshot);
      }
      this.#sessions.sweep();
    } catch (error) {
      if (this.node.isUp) this.node.reportFailure('connection state recovery', error);
    }
  }

  /** Senders that are gone, and whose logs are gone with Redis's memory. */
  #forgetUnknown({ senders, finished }: Snapshot): void {
    const alive = new Set([this.#tag, ...Array.from(this.node.members.keys(), tagOf)]);
    for (const tag of [...this.#reception.positions.keys()]) {
      if (!senders.has(tag) && !finished.has(tag) && !alive.has(tag)) this.#reception.forget(tag);
    }
  }

  /** Events are gone that our clients should have had: none of them can be told afterwards that it missed nothing. */
  #onLoss(reason: string): void {
    this.#sessions.forgetAll();
    for (const collector of this.#collectors.values()) collector.spoil();
    this.node.reportFailure('connection state recovery', new Error(`clients of this node begin anew: ${reason}`));
  }

  // --- sockets ---

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    const heard = super.addAll(id, rooms);
    const socket = this.nsp.sockets.get(id) as RecoverableSocket | undefined;
    if (socket !== undefined) {
      if (this.#sessions.has(id)) this.#sessions.changed(id);
      else this.#open(socket);
    }
    return heard;
  }

  #open(socket: RecoverableSocket): void {
    const restored = this.#restored.get(socket.id);
    this.#restored.delete(socket.id);
    socket.lastOffset = restored?.lastOffset ?? '';
    this.#sessions.open(socket, restored?.checkpoints ?? [{ covers: '', at: this.#reception.offset }]);
  }

  override del(id: SocketId, room: Room): void {
    super.del(id, room);
    this.#sessions.changed(id);
  }

  override delAll(id: SocketId): void {
    super.delAll(id);
    this.#sessions.drop(id);
    this.#forsake(id);
  }

  override persistSession(session: SessionToPersist): void {
    this.#sessions.keep(session);
  }

  override onDelete(room: Room): void {
    super.onDelete(room);
    this.#reception.onUnsubscribed(room);
  }

  // --- coming back ---

  override async restoreSession(pid: PrivateSessionId, offset: string | undefined): Promise<FoundSession | null> {
    if (!PID.test(pid) || (offset !== undefined && decodeOffset(offset) === undefined)) return null;
    if (!this.node.isUp || this.#life === undefined) return null;
    if (this.#catchUp.isPaused && !(await this.#catchUp.finish(MAX_WAIT))) return null;
    // What we have said so far is in the logs before we read them.
    this.node.flush();
    this.#sessions.flush();
    const claimed = await this.#handOver.claim(pid);
    if (claimed === undefined) return null;
    const { record, lifetime } = claimed;
    const giveBack = () => this.#sessions.putBack(pid, encodeSession({ ...record, isOpen: false }), lifetime);
    try {
      const returning = await this.#follow(record, offset);
      if (returning === undefined) return null;
      const { sid, rooms, data } = record;
      return {
        sid,
        pid,
        rooms,
        data,
        takeMissed: () => this.#takeMissed(returning),
        giveBack: () => {
          this.delAll(sid);
          giveBack();
        },
      };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Begins to listen for the session, then reads what is in the logs. @returns `undefined` when not all is there. */
  async #follow(record: SessionRecord, offset: string | undefined): Promise<Returning | undefined> {
    const start = startOf(record.checkpoints, offset);
    if (start === undefined) return undefined;
    const { sid } = record;
    const collector = new Collector(this.#limits.maxBytes, this.node.clock.now());
    const here = new Map(this.#reception.positions);
    this.#collectors.set(sid, collector);
    try {
      // Its socket is not there yet: from now on what is sent to its rooms is heard, and collected.
      await super.addAll(sid, new Set(record.rooms));
      const snapshot = await this.#readInPeace(start);
      const reached = new Map(Array.from(snapshot.senders, ([tag, { position }]) => [tag, position]));
      for (const tag of snapshot.finished) here.delete(tag);
      if (covers(reached, here) && isComplete(snapshot, start.after, start.required) && !collector.isIncomplete) {
        this.#reception.reach(snapshot);
        return { record, offset, start, snapshot, collector };
      }
    } catch (error) {
      this.delAll(sid);
      throw error;
    }
    this.delAll(sid);
    return undefined;
  }

  /** Reads the logs while nothing waits to be delivered: otherwise it would be delivered once more, afterwards. */
  async #readInPeace(start: Start): Promise<Snapshot> {
    for (let attempt = 1; attempt <= 3; attempt++) {
      if (this.#catchUp.isPaused && !(await this.#catchUp.finish(MAX_WAIT))) break;
      const snapshot = await this.#reader.read(start.after);
      if (!this.#catchUp.isPaused) return snapshot;
    }
    throw new Error('this node did not catch up with the others in time');
  }

  #takeMissed({ record, offset, start, snapshot, collector }: Returning): Prepared[] | null {
    const { sid } = record;
    const isCollected = this.#collectors.get(sid) === collector && !collector.isIncomplete;
    this.#collectors.delete(sid);
    if (!isCollected) return null;
    const rooms = new Set(record.rooms);
    const at = new Map<string, number>();
    for (const [tag, number] of start.after) if (snapshot.senders.has(tag)) at.set(tag, number);
    const checkpoint = { covers: offset ?? '', at: encodeOffset(at) };
    let lastOffset = offset ?? '';
    const take = ({ tag, event }: SentEvent): Prepared => {
      at.set(tag, event.sequence);
      lastOffset = encodeOffset(at);
      return this.#received(event, lastOffset)[0];
    };
    const missed = eventsAfter(snapshot, start.after, rooms).map(take);
    missed.push(...collector.after(snapshot, rooms).map(take));
    this.#restored.set(sid, { checkpoints: [checkpoint], lastOffset });
    return missed;
  }

  /** Nobody waits for this session's events any more. */
  #forsake(id: SocketId): void {
    this.#collectors.get(id)?.spoil();
    this.#collectors.delete(id);
    this.#restored.delete(id);
  }
}

function prepared(parts: readonly Part[], options: BroadcastOptions): Prepared {
  return new Prepared(parts, options.flags.compress !== false);
}

function tagOf(node: string): string {
  return node.slice(0, TAG_LENGTH);
}
