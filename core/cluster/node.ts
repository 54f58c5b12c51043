import createDebug from 'debug';
import type { Clock } from '../clock.js';
import { ClusterError } from '../errors.js';
import { randomId } from '../ids.js';
import type { Bus } from './bus.js';
import { FrameOrder } from './frame-order.js';
import { isFaultOfSender, type RequestHandler, RequestHandlers } from './handlers.js';
import { type Member, Membership } from './membership.js';
import { type ClusterNodeObserver, Observers } from './observers.js';
import { Outgoing } from './outgoing.js';
import type { ClusterPeer, RequestOptions } from './peer.js';
import { ThrottledReporter } from './reporter.js';
import { type Answers, Requests } from './requests.js';
import { Kind } from './wire/kinds.js';
import { type AnswerMessage, decodeFrame, type FrameWriter, isFrameOf, type Message } from './wire/messages.js';

export type { RequestHandler } from './handlers.js';
export type { ClusterNodeObserver } from './observers.js';
export type { Answers } from './requests.js';

const debug = createDebug('carillon:cluster');

export interface ClusterNodeOptions {
  readonly clock: Clock;
  /** Milliseconds between two signs of life. Default 5000. */
  readonly heartbeatInterval?: number;
  /** Milliseconds of silence after which another node counts as dead; at least twice the interval. Default 10000. */
  readonly heartbeatTimeout?: number;
  /** Milliseconds other nodes have to answer, where a request does not say. Default 5000. */
  readonly requestTimeout?: number;
  /** What this node tells about itself; see {@link Member.features}. */
  readonly features?: readonly string[];
}

/** Takes a message that came over a channel. What it throws is reported, and the next message is handled. */
export type MessageListener = (message: Message, sender: string) => void;

/** The scope of the channels that all nodes share. Those of namespaces begin with a slash. */
const NODES = 'nodes';
/** The scope of topics. */
const TOPICS = 'extensions';
/** Milliseconds we wait for the nodes that Redis says are there to answer our hello. */
const SETTLE_TIMEOUT = 1000;

/**
 * This process as a node of a cluster. One per server, shared by the adapters of all its namespaces and by whatever else
 * talks to other nodes.
 *
 * It publishes what the turn collected, drops frames it has seen or cannot read, knows who else is there, and asks them.
 * Nothing that other nodes send makes it throw.
 */
export class ClusterNode implements ClusterPeer {
  /** 20 characters, new with every process. */
  readonly id = randomId();
  readonly bus: Bus;
  readonly clock: Clock;
  /** Milliseconds of silence after which another node counts as dead. */
  readonly heartbeatTimeout: number;
  /** Resolves when this node was opened and hears the others; never, when that fails. */
  readonly ready: Promise<void>;
  #onReady: () => void = () => {};
  readonly #outgoing: Outgoing;
  readonly #membership: Membership;
  readonly #requests: Requests;
  readonly #requestTimeout: number;
  readonly #observers = new Observers();
  readonly #handlers: RequestHandlers;
  /** Which frames are new, by scope. */
  readonly #orders = new Map<string, FrameOrder>();
  #users = 0;
  #opening: Promise<void> | undefined;
  #settled: Promise<void> | undefined;
  #onSettled: (() => void) | undefined;
  #isClosed = false;
  /** Messages that were dropped during the outage. */
  #dropped = 0;
  readonly #rejections: ThrottledReporter;
  readonly #disorder: ThrottledReporter;

  constructor(bus: Bus, options: ClusterNodeOptions) {
    const { clock, heartbeatInterval = 5000, heartbeatTimeout = 10_000, requestTimeout = 5000 } = options;
    this.bus = bus;
    this.clock = clock;
    this.heartbeatTimeout = heartbeatTimeout;
    this.#requestTimeout = requestTimeout;
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.#outgoing = new Outgoing(this.id, bus, clock);
    this.#rejections = new ThrottledReporter(clock, (reason, count) =>
      this.#observers.error(
        new ClusterError(
          'CARILLON_REJECTED_MESSAGE',
          `rejected a message of another node: ${reason} (${count} so far)`,
        ),
      ),
    );
    this.#disorder = new ThrottledReporter(clock, (reason, count) =>
      this.#observers.error(new ClusterError('CARILLON_FRAMES_OUT_OF_ORDER', `${reason} (${count} so far)`)),
    );
    this.#requests = new Requests(clock);
    this.#handlers = new RequestHandlers({
      answer: (to, id, status, payload) => {
        if (!this.#isClosed) this.to(bus.channel(NODES, to)).answer(id, status, payload);
      },
      reject: (reason) => this.reject(reason),
      onFailure: (what, error) => this.reportFailure(what, error),
    });
    this.#membership = new Membership(
      {
        clock,
        id: this.id,
        heartbeatInterval,
        heartbeatTimeout,
        announce: (announcement, features) => this.to(bus.channel(NODES)).announce(announcement, features),
        observer: {
          onMember: (member) => {
            debug('%s: %s is there, and can do: %o', this.id, member.id, [...member.features]);
            this.#observers.member(member);
          },
          onLeave: (member, reason) => {
            debug('%s: %s is gone: %s', this.id, member.id, reason);
            this.#observers.leave(member, reason);
            this.#requests.onLeave(member.id);
          },
          onIsolated: () => this.#onDown(new Error('nothing comes back of what was published')),
          onReachable: () => this.#onUp(),
          onBlocked: (milliseconds) => this.#onBlocked(milliseconds),
        },
      },
      options.features ?? [],
    );
    bus.observe({
      onDown: (error) => this.#onDown(error),
      onUp: (dropped) => {
        this.#dropped += dropped;
        this.#membership.greet();
        this.#onUp();
      },
      onError: (error) => this.reportFailure('the bus', error),
    });
  }

  // --- coming and going ---

  /**
   * Takes part. Each user of the node opens it, and closes it when done; the first makes it known to the others.
   * Resolves when it hears the others. Until then, and during outages, everything else may be called already.
   */
  open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(left());
    this.#users++;
    if (this.#opening === undefined) {
      this.#opening = this.#open();
      // Whoever opened it hears of a failure.
      this.#opening.then(this.#onReady, () => {});
    }
    return this.#opening;
  }

  async #open(): Promise<void> {
    this.#settled = new Promise((resolve) => {
      this.#onSettled = resolve;
    });
    await Promise.all([
      this.listen(NODES, this.id, this.#onNodeMessage),
      this.listen(NODES, undefined, this.#onNodeMessage, true),
    ]);
    if (this.#isClosed) return;
    debug('%s hears the others, and says hello', this.id);
    this.#membership.start();
    await this.#settle();
    debug('%s knows %d others', this.id, this.members.size);
  }

  /** Waits until those have answered our hello who are there, as far as Redis knows. */
  async #settle(): Promise<void> {
    const timer = this.clock.setTimeout(() => this.#onSettled?.(), SETTLE_TIMEOUT, true);
    try {
      const count = await this.bus.countSubscribers(this.bus.channel(NODES));
      const check = (): void => {
        if (this.members.size + 1 >= count) this.#onSettled?.();
      };
      const stop = this.#observers.add({ onMember: check });
      check();
      await this.#settled;
      stop();
    } catch (error) {
      // Down: whoever asks does not wait for it.
      this.#onSettled?.();
      this.reportFailure('counting the nodes', error);
    } finally {
      timer.cancel();
      this.#settled = undefined;
    }
  }

  /** The last user's close says goodbye and gives up all subscriptions. */
  async close(): Promise<void> {
    if (this.#isClosed || --this.#users > 0) return;
    this.#isClosed = true;
    debug('%s leaves', this.id);
    this.#membership.stop();
    this.#outgoing.flush();
    this.#onSettled?.();
    this.#requests.giveUpAll();
    this.#rejections.close();
    this.#disorder.close();
    await this.bus.close();
  }

  /** Adds somebody who wants to know what happens. @returns a function that removes them again. */
  observe(observer: ClusterNodeObserver): () => void {
    return this.#observers.add(observer);
  }

  /** While this node finds out who is there: resolves when it knows. */
  get settled(): Promise<void> | undefined {
    return this.#settled;
  }

  /** The other nodes, by id. */
  get members(): ReadonlyMap<string, Member> {
    return this.#membership.members;
  }

  /** Whether messages get through, as far as is known. */
  get isUp(): boolean {
    return this.bus.isUp && !this.#membership.isIsolated;
  }

  /** Frames that were rejected because they were malformed, or answers nobody had asked for. */
  get rejected(): number {
    return this.#rejections.count;
  }

  /** Tells the others something new about this node. */
  setFeatures(features: readonly string[]): void {
    this.#membership.setFeatures(features);
  }

  // --- messages ---

  /** Where to write a message for a channel (see {@link Bus.channel}); it leaves at the end of the turn. */
  to(channel: string): FrameWriter {
    return this.#outgoing.to(channel);
  }

  /** Called right before the messages of a turn are published. */
  beforePublish(hook: () => void): void {
    this.#outgoing.beforePublish(hook);
  }

  /** Publishes what waits now rather than at the end of the turn. */
  flush(): void {
    this.#outgoing.flush();
  }

  /**
   * Subscribes to a channel of a scope. Resolves when nothing will be missed any more; during an outage, after it.
   *
   * @param own whether this node's own messages are of interest, too.
   */
  listen(scope: string, name: string | undefined, listener: MessageListener, own = false): Promise<void> {
    if (this.#isClosed) return Promise.reject(left());
    const order = this.#orders.get(scope) ?? new FrameOrder(this.heartbeatTimeout);
    this.#orders.set(scope, order);
    return this.bus.subscribe(this.bus.channel(scope, name), (bytes) => {
      if (own || !isFrameOf(bytes, this.id)) this.#onFrame(bytes, order, listener);
    });
  }

  /** Gives up a channel; without a name, the scope is done with. */
  unlisten(scope: string, name?: string): void {
    if (name === undefined) this.#orders.delete(scope);
    this.bus.unsubscribe(this.bus.channel(scope, name));
  }

  publish(topic: string, payload: Uint8Array): void {
    this.to(this.bus.channel(TOPICS, topic)).serverSideEmit(payload);
  }

  subscribe(topic: string, listener: (payload: Buffer, from: string) => void): Promise<void> {
    const onMessage = (message: Message, sender: string): void => {
      if (message.kind === Kind.SERVER_SIDE_EMIT) listener(message.payload, sender);
      else this.reject(`kind ${message.kind} does not belong on the channel of a topic`);
    };
    return this.listen(TOPICS, topic, onMessage, true);
  }

  unsubscribe(topic: string): void {
    this.unlisten(TOPICS, topic);
  }

  #onFrame(bytes: Buffer, order: FrameOrder, listener: MessageListener): void {
    const frame = decodeFrame(bytes);
    if ('malformed' in frame) return this.reject(frame.malformed);
    const { sender, number, messages } = frame;
    const verdict = order.onFrame(sender, number, this.clock.now());
    if (verdict === 'seen') return;
    if (verdict !== 'next') this.#onDisorder(verdict, sender, number);
    this.#membership.onHeartbeat(sender);
    for (const message of messages) {
      try {
        listener(message, sender);
      } catch (error) {
        if (isFaultOfSender(error)) this.reject(error.message);
        else this.reportFailure('handling a message of another node', error);
      }
    }
  }

  /** Somebody else counts in a node's name, most likely: it is heard all the same, and its operator has to know. */
  #onDisorder(verdict: 'jump' | 'late' | 'restart', sender: string, number: number): void {
    const what =
      verdict === 'jump'
        ? 'is too far ahead'
        : verdict === 'late'
          ? 'comes after a higher one'
          : 'comes after higher ones, which it did not go on from';
    debug('%s: number %d of %s %s', this.id, number, sender, what);
    this.#disorder.add(`number ${number} of node ${sender} ${what}: resynchronised, and what it says is heard`);
  }

  /** Something failed, and no call is there to throw it. */
  reportFailure(what: string, cause: unknown): void {
    // Whoever leaves gives up what was under way: that is no failure.
    if (this.#isClosed) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    debug('%s: %s failed: %s', this.id, what, reason);
    this.#observers.error(new ClusterError('CARILLON_CLUSTER_FAILURE', `${what}: ${reason}`, cause));
  }

  /**
   * Something came that no node sends. Counted, and reported, but not so often that a flood of it becomes a flood of
   * reports.
   */
  reject(reason: string): void {
    debug('%s rejects a message: %s', this.id, reason);
    this.#rejections.add(reason);
  }

  // --- requests ---

  /** Sets who answers requests of this name; one per name. @returns a function that removes it again. */
  handle(name: string, handler: RequestHandler): () => void {
    return this.#handlers.set(name, handler);
  }

  /**
   * Asks the other nodes, or one. Complete as soon as everybody answered or died; during an outage, at once, with
   * everybody missing. Never rejects.
   */
  async request(name: string, payload: Uint8Array, options: RequestOptions = {}): Promise<Answers> {
    if (this.#settled !== undefined) await this.#settled;
    const { to, timeout = this.#requestTimeout, onPart } = options;
    const nodes = to === undefined ? [...this.members.keys()] : [to];
    if (!this.isUp || this.#isClosed || (to !== undefined && !this.members.has(to))) {
      return { answers: new Map(), unable: [], missing: nodes };
    }
    if (nodes.length === 0) return { answers: new Map(), unable: [], missing: [] };
    const id = this.#requests.nextId();
    const answers = this.#requests.expect(id, nodes, timeout, onPart);
    this.to(this.bus.channel(NODES, to)).request(id, name, payload);
    return answers;
  }

  readonly #onNodeMessage = (message: Message, sender: string): void => {
    switch (message.kind) {
      case Kind.ANNOUNCE:
        this.#membership.onAnnouncement(sender, message.announcement, message.features);
        break;
      case Kind.REQUEST:
        if (sender !== this.id) this.#handlers.onRequest(message, sender);
        break;
      case Kind.ANSWER:
        this.#onAnswer(message, sender);
        break;
      default:
        this.reject(`kind ${message.kind} does not belong here`);
    }
  };

  #onAnswer(message: AnswerMessage, sender: string): void {
    // An answer that comes after its time is no offence.
    if (!this.#requests.onAnswer(sender, message) && !this.members.has(sender)) {
      this.reject('an answer from a node that was not asked');
    }
  }

  /** The bus works again, or we hear ourselves again: it takes both. */
  #onUp(): void {
    if (!this.isUp) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    debug('%s reaches the others again, %d messages were dropped', this.id, dropped);
    this.#observers.up(dropped);
    if (dropped === 0) return;
    const message = `${dropped} messages were dropped: too much waited during an outage`;
    this.#observers.error(new ClusterError('CARILLON_MESSAGES_DROPPED', message));
  }

  /** It was this node that did not run: others may have counted it as dead, and it could not hear them. */
  #onBlocked(milliseconds: number): void {
    debug('%s did not run for %d ms', this.id, milliseconds);
    this.#observers.error(
      new ClusterError(
        'CARILLON_NODE_BLOCKED',
        `this node did not run for ${Math.round(milliseconds)} ms (its event loop was blocked, or the process was stopped); ` +
          'other nodes may have taken it for dead meanwhile',
      ),
    );
  }

  #onDown(error: Error): void {
    debug('%s cannot reach the others: %s', this.id, error.message);
    this.#requests.giveUpAll();
    this.#observers.down(
      new ClusterError('CARILLON_CLUSTER_DOWN', `other nodes cannot be reached: ${error.message}`, error),
    );
  }
}

function left(): Error {
  return new Error('this node has left the cluster: make another adapter');
}
