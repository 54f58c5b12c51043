import type { Clock, Timer } from '../../../clock.js';
import type { ClusterNodeObserver } from '../../../cluster/observers.js';
import { ClusterError, ProtocolError } from '../../../errors.js';
import { randomId } from '../../../ids.js';
import { Prepared } from '../../../protocol/prepared.js';
import type { Packet } from '../../../protocol/socketio/packet.js';
import { Encoder } from '../../../protocol/socketio/parser.js';
import type { BroadcastOptions, Room } from '../../../rooms/selection.js';
import type { AdapterNamespace, AdapterSocket, SocketId } from '../../adapter.js';
import {
  type ClassicBroadcast,
  ClassicChannels,
  type ClassicRequest,
  type ClassicSocket,
  ClassicType,
  decodeRequest,
  decodeResponse,
  encodeBroadcast,
  encodeRequest,
  encodeResponse,
  type Fields,
  readAnswer,
  readBroadcast,
  senderOf,
} from './messages.js';

/** What the wire needs of Redis: Pub/Sub with patterns. Obligations as for {@link Bus}. */
export interface ClassicBus {
  /** Somebody uses it; the first opens it. */
  open(): void;
  /** ... and does not any more; the last closes it. */
  close(): Promise<void>;
  /** Adds somebody who wants to hear of outages. @returns a function that removes them again. */
  observe(observer: ClusterNodeObserver): () => void;
  /** Fire and forget, in the order of the calls. */
  publish(channel: string, message: Buffer | string): void;
  /** Resolves when it was confirmed. */
  subscribe(channel: string, listener: (message: Buffer) => void): Promise<void>;
  unsubscribe(channel: string): void;
  /** Resolves when it was confirmed. */
  subscribePattern(pattern: string, listener: (message: Buffer, channel: string) => void): Promise<void>;
  unsubscribePattern(pattern: string): void;
  /** Subscribers of each of these channels, in the whole cluster, all counted at the same moment. */
  countSubscribers(channels: readonly string[]): Promise<number[]>;
}

/** What the wire needs of this node's own adapter. Everything concerns the sockets of this node only. */
export interface ClassicLocal {
  readonly nsp: AdapterNamespace;
  readonly rooms: ReadonlyMap<Room, unknown>;
  readonly sids: ReadonlyMap<SocketId, unknown>;
  deliver(message: Prepared, packet: Packet, options: BroadcastOptions): void;
  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: any[]) => void,
  ): void;
  sockets(rooms: Set<Room>): Promise<Set<SocketId>>;
  fetchSockets(options: BroadcastOptions): Promise<AdapterSocket[]>;
  addSockets(options: BroadcastOptions, rooms: Room[]): void;
  delSockets(options: BroadcastOptions, rooms: Room[]): void;
  disconnectSockets(options: BroadcastOptions, close: boolean): void;
  /** Tells the application of something that no call can report. */
  report(error: ClusterError): void;
}

export interface ClassicOptions {
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
}

/** What other nodes answered, and how many did not. Who they are, the wire does not tell. */
export interface ClassicAnswers<Answer> {
  readonly answers: Answer[];
  readonly missing: number;
}

interface Pending {
  readonly onResponse: (fields: Fields) => void;
  /** Ends it with what there is. */
  readonly giveUp: () => void;
}

/** Milliseconds between two reports of rejected messages. */
const REJECT_REPORT_INTERVAL = 10_000;

/**
 * Speaks for one namespace with nodes that run `@socket.io/redis-adapter`, and is one of them.
 *
 * Only what concerns other nodes happens here: what a call does on this node, the adapter does itself, at once. Nothing that
 * comes in makes it throw.
 */
export class ClassicWire {
  readonly uid: string;
  readonly channels: ClassicChannels;
  readonly #bus: ClassicBus;
  readonly #local: ClassicLocal;
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #answersDirectly: boolean;
  readonly #isIgnored: (uid: string) => boolean;
  readonly #countOthers: () => Promise<number>;
  readonly #publish: (channel: string, message: Buffer | string) => void;
  readonly #pending = new Map<string, Pending>();
  #opening: Promise<void> = Promise.resolve();
  #rejected = 0;
  #rejectReport: Timer | undefined = undefined;
  #isClosed = false;

  constructor(bus: ClassicBus, local: ClassicLocal, options: ClassicOptions) {
    this.#bus = bus;
    this.#local = local;
    this.#clock = options.clock;
    this.uid = options.uid ?? shortId();
    this.channels = new ClassicChannels(options.key ?? 'socket.io', local.nsp.name);
    this.#timeout = options.requestsTimeout ?? 5000;
    this.#answersDirectly = options.publishOnSpecificResponseChannel ?? false;
    this.#isIgnored = options.isIgnored ?? (() => false);
    this.#publish = options.publish ?? ((channel, message) => bus.publish(channel, message));
    this.#countOthers = options.countOthers ?? (async () => (await this.countNodes()) - 1);
  }

  // --- coming and going ---

  /** Listens. Resolves when nothing will be missed any more. */
  open(): Promise<void> {
    const { pattern, request, response } = this.channels;
    this.#bus.open();
    this.#opening = Promise.all([
      this.#bus.subscribePattern(pattern, this.#contain(this.#onBroadcast)),
      this.#bus.subscribe(request, this.#contain(this.#onRequest)),
      this.#bus.subscribe(response, this.#contain(this.#onResponse)),
      this.#bus.subscribe(this.channels.responseTo(this.uid), this.#contain(this.#onResponse)),
    ]).then(() => {});
    return this.#opening;
  }

  /** Hears nothing any more; questions are answered with what there is. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { pattern, request, response } = this.channels;
    this.#bus.unsubscribePattern(pattern);
    for (const channel of [request, response, this.channels.responseTo(this.uid)]) this.#bus.unsubscribe(channel);
    for (const pending of [...this.#pending.values()]) pending.giveUp();
    this.#rejectReport?.cancel();
    await this.#bus.close();
  }

  /** Resolves when it listens for the first time. */
  get ready(): Promise<void> {
    return this.#opening;
  }

  /** Nodes that take part in this namespace, as far as Redis knows. */
  async countNodes(): Promise<number> {
    await this.#opening;
    const [count] = await this.#bus.countSubscribers([this.channels.request]);
    return count!;
  }

  // --- what this node has to say ---

  /** @throws TypeError, RangeError when the data cannot be encoded. */
  broadcast(data: unknown, options: BroadcastOptions): void {
    this.#bus.publish(this.channels.of(options.rooms), encodeBroadcast(this.uid, this.#local.nsp.name, data, options));
  }

  /**
   * Asks the clients of other nodes.
   *
   * @param clientCountCallback called by each node that has said how many it has.
   * @param ack called with each answer.
   * @param onMissing called after the time of the request when nodes said nothing, with their number.
   * @throws TypeError, RangeError when the data cannot be encoded.
   */
  broadcastWithAck(
    data: unknown,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (answer: unknown) => void,
    onMissing: (count: number) => void,
  ): void {
    const requestId = shortId();
    const request = encodeRequest.broadcast(this.uid, requestId, this.#local.nsp.name, data, options);
    let nodes = 0;
    let others: number | undefined;
    const giveUp = (): void => {
      timer.cancel();
      this.#pending.delete(requestId);
      if (others === undefined || nodes < others) onMissing(others === undefined ? 1 : others - nodes);
    };
    const timer = this.#clock.setTimeout(giveUp, options.flags.timeout ?? this.#timeout, true);
    this.#pending.set(requestId, {
      giveUp,
      onResponse: (fields) => {
        if (fields.type === ClassicType.BROADCAST_ACK) return ack(fields.packet);
        const count = readAnswer.clientCount(fields);
        nodes++;
        clientCountCallback(count);
      },
    });
    this.#countOthers().then(
      (count) => {
        others = count;
      },
      () => {},
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
  serverSideEmit(data: unknown[]): void {
    this.#publish(this.channels.request, encodeRequest.serverSideEmit(this.uid, undefined, data));
  }

  // --- what this node wants to know ---

  /** @throws TypeError when the data cannot be encoded. */
  serverSideEmitWithAck(data: unknown[]): Promise<ClassicAnswers<unknown>> {
    const requestId = shortId();
    const request = encodeRequest.serverSideEmit(this.uid, requestId, data);
    return this.#ask(requestId, request, readAnswer.serverSideEmit);
  }

  sockets(rooms: Set<Room>): Promise<ClassicAnswers<SocketId[]>> {
    const requestId = shortId();
    return this.#ask(requestId, encodeRequest.sockets(this.uid, requestId, rooms), readAnswer.socketIds);
  }

  allRooms(): Promise<ClassicAnswers<Room[]>> {
    const requestId = shortId();
    return this.#ask(requestId, encodeRequest.allRooms(this.uid, requestId), readAnswer.rooms);
  }

  fetchSockets(options: BroadcastOptions): Promise<ClassicAnswers<ClassicSocket[]>> {
    const requestId = shortId();
    const request = encodeRequest.fetch(this.uid, requestId, options);
    return this.#ask(requestId, request, readAnswer.sockets, options.flags.timeout);
  }

  /** Complete when everybody answered, or the time is up. Never rejects. */
  #ask<Answer>(
    requestId: string,
    request: string,
    read: (fields: Fields) => Answer,
    timeout: number = this.#timeout,
  ): Promise<ClassicAnswers<Answer>> {
    return new Promise((resolve) => {
      const answers: Answer[] = [];
      // As long as nobody has said how many there are, somebody may be missing.
      let others: number | undefined;
      const settle = (): void => {
        timer.cancel();
        this.#pending.delete(requestId);
        resolve({ answers, missing: others === undefined ? 1 : Math.max(0, others - answers.length) });
      };
      const check = (): void => {
        if (others !== undefined && answers.length >= others) settle();
      };
      const timer = this.#clock.setTimeout(settle, timeout, true);
      this.#pending.set(requestId, {
        giveUp: settle,
        onResponse: (fields) => {
          answers.push(read(fields));
          check();
        },
      });
      this.#countOthers().then((count) => {
        if (!this.#pending.has(requestId)) return;
        others = count;
        if (count > 0 && answers.length < count) this.#bus.publish(this.channels.request, request);
        check();
      }, settle);
    });
  }

  // --- what others have to say ---

  /** Nothing may be thrown into the client library that calls us. */
  #contain<Args extends unknown[]>(handler: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      if (this.#isClosed) return;
      try {
        handler(...args);
      } catch (error) {
        if (error instanceof ProtocolError) this.#reject(error.message);
        else this.#fail(error);
      }
    };
  }

  #fail(cause: unknown): void {
    const message = `what another node sent could not be handled: ${(cause as Error)?.message ?? cause}`;
    this.#local.report(new ClusterError('CARILLON_CLUSTER_FAILURE', message, cause));
  }

  /** Counts what was not believed, and reports it, but not so often that a flood of it becomes a flood of reports. */
  #reject(reason: string): void {
    this.#rejected++;
    if (this.#rejectReport !== undefined) return;
    const message = `rejected a message for ${this.#local.nsp.name}: ${reason} (${this.#rejected} so far)`;
    this.#local.report(new ClusterError('CARILLON_REJECTED_MESSAGE', message));
    this.#rejectReport = this.#clock.setTimeout(
      () => {
        this.#rejectReport = undefined;
      },
      REJECT_REPORT_INTERVAL,
      true,
    );
  }

  // Hot path: every broadcast of every other node comes by. Those for rooms without members are not even read.
  readonly #onBroadcast = (bytes: Buffer, channel: string): void => {
    const sender = senderOf(bytes);
    if (sender === this.uid || this.#isIgnored(sender)) return;
    const room = this.channels.roomOf(channel);
    if (room !== undefined && !this.#hasRoom(room)) return;
    const broadcast = readBroadcast(bytes);
    if ('malformed' in broadcast) return this.#reject(broadcast.malformed);
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

  #prepare(broadcast: ClassicBroadcast): Prepared {
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
    if ('malformed' in request) return this.#reject(request.malformed);
    const { uid } = request;
    if (uid === this.uid || (uid !== undefined && this.#isIgnored(uid))) return;
    this.#execute(request);
  };

  #execute(request: ClassicRequest): void {
    const local = this.#local;
    switch (request.type) {
      case ClassicType.SOCKETS:
        local.sockets(new Set(request.rooms)).then(
          (ids) => this.#respond(request.uid, encodeResponse.socketIds(request.requestId, ids)),
          (error) => this.#fail(error),
        );
        break;
      case ClassicType.ALL_ROOMS:
        this.#respond(request.uid, encodeResponse.rooms(request.requestId, local.rooms.keys()));
        break;
      case ClassicType.REMOTE_JOIN:
        local.addSockets(request.options, request.rooms);
        break;
      case ClassicType.REMOTE_LEAVE:
        local.delSockets(request.options, request.rooms);
        break;
      case ClassicType.REMOTE_DISCONNECT:
        local.disconnectSockets(request.options, request.close);
        break;
      case ClassicType.REMOTE_FETCH:
        local.fetchSockets(request.options).then(
          (sockets) => this.#respond(request.uid, this.#describe(request.requestId, sockets)),
          (error) => this.#fail(error),
        );
        break;
      case ClassicType.SERVER_SIDE_EMIT:
        this.#onServerSideEmit(request.uid, request.requestId, request.data);
        break;
      case ClassicType.BROADCAST:
        if (request.packet.nsp === local.nsp.name) this.#onBroadcastWithAck(request);
        break;
    }
  }

  #respond(uid: string | undefined, response: Buffer | string): void {
    if (this.#isClosed) return;
    const channel = this.#answersDirectly && uid !== undefined ? this.channels.responseTo(uid) : this.channels.response;
    this.#bus.publish(channel, response);
  }

  /** One socket with data that cannot be sent must not hide the others. */
  #describe(requestId: string, sockets: readonly AdapterSocket[]): string {
    const described = sockets.map((socket): ClassicSocket => {
      const { sessionStore: _, ...handshake } = socket.handshake as { sessionStore?: unknown };
      return { id: socket.id, handshake, rooms: [...socket.rooms], data: socket.data };
    });
    try {
      return encodeResponse.sockets(requestId, described);
    } catch (error) {
      this.#fail(error);
      for (const socket of described) if (!isJson(socket.data)) socket.data = {};
      return encodeResponse.sockets(requestId, described);
    }
  }

  #onServerSideEmit(uid: string | undefined, requestId: string | undefined, data: [string, ...unknown[]]): void {
    if (requestId === undefined) {
      this.#local.nsp._onServerSideEmit(data);
      return;
    }
    let isAnswered = false;
    const answer = (value: unknown): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#respond(uid, encodeResponse.serverSideEmit(requestId, value));
    };
    this.#local.nsp._onServerSideEmit([...data, answer]);
  }

  #onBroadcastWithAck(request: ClassicRequest & { type: ClassicType.BROADCAST }): void {
    const { uid, requestId, packet, options } = request;
    this.#local.broadcastWithAck(
      packet,
      options,
      (clientCount) => this.#respond(uid, encodeResponse.clientCount(requestId, clientCount)),
      this.#contain((answer: unknown) => this.#respond(uid, encodeResponse.ack(requestId, answer))),
    );
    // Nobody waits any longer then; the sockets must not either.
    this.#clock.setTimeout(
      () => {
        for (const socket of this.#local.nsp.sockets.values()) socket.forgetAck(packet.id!);
      },
      options.flags.timeout ?? this.#timeout,
      true,
    );
  }

  readonly #onResponse = (bytes: Buffer): void => {
    // The answers to everybody's questions come by here.
    if (this.#pending.size === 0) return;
    const response = decodeResponse(bytes);
    if ('malformed' in response) return this.#reject(response.malformed);
    this.#pending.get(response.requestId)?.onResponse(response.fields);
  };
}

/** As the official adapter makes its own. */
function shortId(): string {
  return randomId().slice(0, 6);
}

function isJson(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
