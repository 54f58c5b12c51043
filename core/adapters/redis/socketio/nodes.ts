import createDebug from 'debug';
import type { Clock } from '../../../clock.js';
import { ThrottledReporter } from '../../../cluster/reporter.js';
import { ClusterError, ProtocolError } from '../../../errors.js';
import { Prepared } from '../../../protocol/prepared.js';
import type { Packet } from '../../../protocol/socketio/packet.js';
import { Encoder } from '../../../protocol/socketio/parser.js';
import type { BroadcastOptions, Room } from '../../../rooms/selection.js';
import type { SocketId } from '../../adapter.js';
import type { LocalSockets } from '../../local-sockets.js';
import type { AckCallbacks, Found, RemoteNodes, ThisNode } from '../../remote-nodes.js';
import { Answering } from './answering.js';
import { encodeBroadcast, type ReceivedBroadcast, readBroadcast, senderOf } from './broadcasts.js';
import type { SocketioBus } from './bus.js';
import { SocketioChannels } from './channels.js';
import { PendingRequests, type SocketioAnswers, shortId } from './pending-requests.js';
import { decodeRequest, encodeRequest, MessageType } from './requests.js';
import { decodeResponse, readAnswer, type SocketioSocket } from './responses.js';

const debug = createDebug('carillon:redis');

export interface SocketioOptions {
  readonly clock: Clock;
  /** Prefix of all channels. Default `socket.io`. */
  readonly key?: string;
  /** Milliseconds other nodes have to answer. Default 5000. */
  readonly requestsTimeout?: number;
  /** Whether answers go to the node that asked, instead of to all. Default `false`, as in the official adapter. */
  readonly publishOnSpecificResponseChannel?: boolean;
  /** Who we are: 6 characters, so that we know our own messages again. Default: random ones. */
  readonly uid?: string;
  /** Whose messages are of no interest, although they are not our own. Default: nobody's. */
  readonly isIgnored?: (uid: string) => boolean;
  /** Where go what other nodes are to do, and events with acknowledgements. Default: to the bus, as all the rest. */
  readonly publish?: (channel: string, message: Buffer | string) => void;
  /** How many nodes will answer a request. Default: all that are subscribed but ourselves. */
  readonly countOthers?: () => Promise<number>;
  /** Whether outages are told to the application. Default `true`. */
  readonly tellsOutages?: boolean;
  /** What the event `missing-nodes` calls the questions. */
  readonly queries?: QueryNames;
}

/** Names of the questions, as the application is told them. */
export interface QueryNames {
  readonly ids: string;
  readonly sockets: string;
  readonly rooms: string;
  readonly emit: string;
  readonly acks: string;
}

/** Those of the methods of the official adapter. */
const METHODS: QueryNames = {
  ids: 'sockets',
  sockets: 'fetchSockets',
  rooms: 'allRooms',
  emit: 'serverSideEmit',
  acks: 'broadcastWithAck',
};

/**
 * The nodes that run `@socket.io/redis-adapter`, in its protocol; this one is one of them. The others may be official ones
 * or of our own.
 *
 * Nothing that comes in makes it throw.
 */
export class SocketioNodes implements RemoteNodes {
  readonly uid: string;
  readonly channels: SocketioChannels;
  readonly #bus: SocketioBus;
  readonly #here: ThisNode;
  readonly #local: LocalSockets;
  readonly #answersDirectly: boolean;
  readonly #tellsOutages: boolean;
  readonly #queries: QueryNames;
  readonly #isIgnored: (uid: string) => boolean;
  readonly #publish: (channel: string, message: Buffer | string) => void;
  readonly #requests: PendingRequests;
  readonly #answering: Answering;
  readonly #rejections: ThrottledReporter;
  #stopObserving: (() => void) | undefined = undefined;
  #opening: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(here: ThisNode, bus: SocketioBus, options: SocketioOptions) {
    const { clock, requestsTimeout = 5000 } = options;
    this.#bus = bus;
    this.#here = here;
    this.#local = here.local;
    this.uid = options.uid ?? shortId();
    this.channels = new SocketioChannels(options.key ?? 'socket.io', here.local.nsp.name);
    this.#answersDirectly = options.publishOnSpecificResponseChannel ?? false;
    this.#tellsOutages = options.tellsOutages ?? true;
    this.#queries = options.queries ?? METHODS;
    this.#isIgnored = options.isIgnored ?? (() => false);
    this.#publish = options.publish ?? ((channel, message) => bus.publish(channel, message));
    this.#requests = new PendingRequests({
      clock,
      timeout: requestsTimeout,
      countOthers: options.countOthers ?? (() => this.count()),
    });
    this.#answering = new Answering(here.local, {
      clock,
      timeout: requestsTimeout,
      respond: (uid, response) => this.#respond(uid, response),
      guard: (handler) => this.#guard(handler),
      onFailure: (error) => this.#fail(error),
    });
    this.#rejections = new ThrottledReporter(clock, (reason, count) => {
      const message = `rejected a message for ${here.local.nsp.name}: ${reason} (${count} so far)`;
      here.report(new ClusterError('CARILLON_REJECTED_MESSAGE', message));
    });
  }

  // --- coming and going ---

  open(): Promise<void> {
    const { pattern, request, response } = this.channels;
    this.#stopObserving = this.#bus.observe({
      onDown: (error) => !this.#tellsOutages || this.#here.tell(error),
      onUp: (dropped) => {
        if (this.#tellsOutages) this.#here.onResubscribed(dropped);
      },
      onError: (error) => this.#here.tell(error),
    });
    debug('%s takes part in %s', this.uid, this.#local.nsp.name);
    this.#bus.open();
    this.#opening = Promise.all([
      this.#bus.subscribePattern(pattern, this.#guard(this.#onBroadcast)),
      this.#bus.subscribe(request, this.#guard(this.#onRequest)),
      this.#bus.subscribe(response, this.#guard(this.#onResponse)),
      this.#bus.subscribe(this.channels.responseTo(this.uid), this.#guard(this.#onResponse)),
    ]).then(() => {});
    return this.#opening;
  }

  /** Hears nothing any more; questions are answered with what there is. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    debug('%s leaves %s', this.uid, this.#local.nsp.name);
    this.#isClosed = true;
    this.#stopObserving?.();
    const { pattern, request, response } = this.channels;
    this.#bus.unsubscribePattern(pattern);
    for (const channel of [request, response, this.channels.responseTo(this.uid)]) this.#bus.unsubscribe(channel);
    this.#requests.giveUpAll();
    this.#rejections.close();
    await this.#bus.close();
  }

  /** Resolves when it listens for the first time. */
  get ready(): Promise<void> {
    return this.#opening;
  }

  /** Other nodes that take part in this namespace, as far as Redis knows. Rejects during an outage. */
  async count(): Promise<number> {
    await this.#opening;
    const [count] = await this.#bus.countSubscribers([this.channels.request]);
    return count! - 1;
  }

  tellCount(callback: (count: number) => void): void {
    this.count()
      .then(callback)
      .catch((error) => this.#here.tell(error));
  }

  // --- rooms: all broadcasts come by, whatever their room ---

  onCreate(): void {}

  onDelete(): void {}

  whenHeard(): undefined {
    return undefined;
  }

  // --- what this node has to say ---

  /** @throws TypeError, RangeError when the data cannot be encoded. */
  broadcast(_message: unknown, packet: Packet, options: BroadcastOptions): void {
    const { nsp } = this.#local;
    this.#bus.publish(this.channels.of(options.rooms), encodeBroadcast(this.uid, nsp.name, packet.data, options));
  }

  /** @throws TypeError, RangeError when the data cannot be encoded. */
  broadcastWithAck(packet: Packet, options: BroadcastOptions, callbacks: AckCallbacks): void {
    const requestId = shortId();
    const request = encodeRequest.broadcast(this.uid, requestId, this.#local.nsp.name, packet.data, options);
    this.#requests.follow(
      requestId,
      (fields) => {
        if (fields.type === MessageType.BROADCAST_ACK) {
          callbacks.ack(fields.packet);
          return false;
        }
        callbacks.clientCountCallback(readAnswer.clientCount(fields));
        return true;
      },
      (count) => callbacks.onMissing(this.#nameMissing(count, this.#queries.acks)),
      options.flags.timeout,
    );
    this.#publish(this.channels.request, request);
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#publish(this.channels.request, encodeRequest.join(this.uid, options, rooms));
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#publish(this.channels.request, encodeRequest.leave(this.uid, options, rooms));
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.#publish(this.channels.request, encodeRequest.disconnect(this.uid, options, close));
  }

  /** @throws TypeError when the data cannot be encoded. */
  serverSideEmit(args: unknown[]): void {
    this.#publish(this.channels.request, encodeRequest.serverSideEmit(this.uid, undefined, args));
  }

  // --- what this node wants to know ---

  /** @throws TypeError when the data cannot be encoded. */
  serverSideEmitWithAck(args: unknown[]): Promise<Found<unknown>> {
    const requestId = shortId();
    const request = encodeRequest.serverSideEmit(this.uid, requestId, args);
    return this.#ask(requestId, request, readAnswer.serverSideEmit, this.#queries.emit);
  }

  async ids(rooms: Set<Room>): Promise<Found<SocketId>> {
    const requestId = shortId();
    const request = encodeRequest.sockets(this.uid, requestId, rooms);
    return flatten(await this.#ask(requestId, request, readAnswer.socketIds, this.#queries.ids));
  }

  async rooms(): Promise<Found<Room>> {
    const requestId = shortId();
    const request = encodeRequest.allRooms(this.uid, requestId);
    return flatten(await this.#ask(requestId, request, readAnswer.rooms, this.#queries.rooms));
  }

  async sockets(options: BroadcastOptions): Promise<Found<SocketioSocket>> {
    const requestId = shortId();
    const request = encodeRequest.fetch(this.uid, requestId, options);
    const { timeout } = options.flags;
    return flatten(await this.#ask(requestId, request, readAnswer.sockets, this.#queries.sockets, timeout));
  }

  async #ask<Answer>(
    requestId: string,
    request: string,
    read: (fields: Record<string, unknown>) => Answer,
    query: string,
    timeout?: number,
  ): Promise<Found<Answer>> {
    const send = (): void => this.#bus.publish(this.channels.request, request);
    const { answers, missing }: SocketioAnswers<Answer> = await this.#requests.ask(requestId, send, read, timeout);
    return { values: answers, missing: this.#nameMissing(missing, query) };
  }

  /** The protocol tells how many did not answer, not who. */
  #nameMissing(count: number, query: string): string[] {
    const nodes = Array.from({ length: count }, (_, index) => `unknown-${index + 1}`);
    if (count > 0) this.#here.onMissing(nodes, query);
    return nodes;
  }

  // --- what others have to say ---

  /** Nothing may be thrown into the client library that calls us. */
  #guard<Args extends unknown[]>(handler: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      if (this.#isClosed) return;
      try {
        handler(...args);
      } catch (error) {
        if (error instanceof ProtocolError) this.#rejections.add(error.message);
        else this.#fail(error);
      }
    };
  }

  #fail(cause: unknown): void {
    const message = `what another node sent could not be handled: ${(cause as Error)?.message ?? cause}`;
    this.#here.report(new ClusterError('CARILLON_CLUSTER_FAILURE', message, cause));
  }

  // Hot path: every broadcast of every other node comes by. Those for rooms without members are not even read.
  readonly #onBroadcast = (bytes: Buffer, channel: string): void => {
    const sender = senderOf(bytes);
    if (sender === this.uid || this.#isIgnored(sender)) return;
    const room = this.channels.roomOf(channel);
    if (room !== undefined && !this.#hasRoom(room)) return;
    const broadcast = readBroadcast(bytes);
    if ('malformed' in broadcast) return this.#rejections.add(broadcast.malformed);
    if (broadcast.nsp !== this.#local.nsp.name) return;
    const { options } = broadcast;
    if (this.#hasReceivers(options)) this.#local.deliver(this.#prepare(broadcast), broadcast, options);
  };

  /** The room as the channel names it: a number has become text there. */
  #hasRoom(room: string): boolean {
    const { rooms } = this.#local;
    return rooms.has(room) || rooms.has(Number(room) as unknown as Room);
  }

  #hasReceivers({ rooms }: BroadcastOptions): boolean {
    if (rooms.size === 0) return this.#local.sids.size > 0;
    for (const room of rooms) if (this.#local.rooms.has(room)) return true;
    return false;
  }

  #prepare(broadcast: ReceivedBroadcast): Prepared {
    const { encoder } = this.#local.nsp.server;
    const isCompressed = broadcast.options.flags.compress !== false;
    const text = encoder instanceof Encoder && encoder.isPlain ? broadcast.encoded() : undefined;
    const { type, nsp } = broadcast;
    return Prepared.message(
      text === undefined ? encoder.encode({ type, nsp, data: broadcast.data }) : [text],
      isCompressed,
    );
  }

  readonly #onRequest = (bytes: Buffer): void => {
    const request = decodeRequest(bytes);
    if ('malformed' in request) return this.#rejections.add(request.malformed);
    const { uid } = request;
    if (uid === this.uid || (uid !== undefined && this.#isIgnored(uid))) return;
    this.#answering.execute(request);
  };

  #respond(uid: string | undefined, response: Buffer | string): void {
    if (this.#isClosed) return;
    const channel = this.#answersDirectly && uid !== undefined ? this.channels.responseTo(uid) : this.channels.response;
    this.#bus.publish(channel, response);
  }

  readonly #onResponse = (bytes: Buffer): void => {
    // The answers to everybody's questions come by here.
    if (this.#requests.size === 0) return;
    const response = decodeResponse(bytes);
    if ('malformed' in response) return this.#rejections.add(response.malformed);
    this.#requests.onResponse(response.requestId, response.fields);
  };
}

function flatten<Value>({ values, missing }: Found<Value[]>): Found<Value> {
  return { values: values.flat() as Value[], missing };
}
