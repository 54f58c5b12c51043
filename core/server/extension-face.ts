import type { IncomingMessage } from 'node:http';
import type { Adapter } from '../adapters/adapter.js';
import { logRejection } from '../adapters/host.js';
import { type Clock, systemClock } from '../clock.js';
import type {
  Connections,
  EmitTarget,
  EngineExtension,
  Extension,
  ExtensionCluster,
  ExtensionNamespace,
  ExtensionSocket,
  ExtensionStore,
  HttpHandler,
  IncomingEvent,
  IncomingHook,
  LogPage,
  OutgoingHook,
  RoomObserver,
  ServerStats,
  Sockets,
  TrafficStats,
  Undo,
} from '../extension.js';
import { PacketType } from '../protocol/socketio/packet.js';
import { assertNotReserved, isExtensionName, RESERVED_PREFIX } from '../reserved-names.js';
import { type Room, Selection } from '../rooms/selection.js';
import { BroadcastOperator } from './broadcast.js';
import type { ErrorReporter } from './contracts.js';
import type { HookHub } from './hooks.js';
import { replay } from './replay.js';
import type { DefaultEventsMap } from './types.js';

/** What the face needs of a namespace. */
export interface FaceNamespace {
  readonly name: string;
  readonly adapter: Adapter;
  readonly sockets: ReadonlyMap<string, FaceSocket>;
  /** Calls whenever the namespace has got another adapter. */
  onAdapter(listener: (adapter: Adapter) => void): Undo;
}

/** What the face needs of a socket. */
export interface FaceSocket extends ExtensionSocket {
  addIncomingHook(hook: IncomingHook): void;
  removeIncomingHook(hook: IncomingHook): void;
  notice(event: string, args: readonly unknown[]): void;
}

/** What the face needs of the server. */
export interface FaceHost {
  readonly hooks: HookHub;
  readonly cluster: ExtensionCluster;
  readonly reporter: ErrorReporter;
  namespaces(): Iterable<FaceNamespace>;
  lookUp(name: string): FaceNamespace | undefined;
  serves(name: string): boolean;
  store(name: string): ExtensionStore;
  /** Does something with the face of each engine the server is bound to, now and later. */
  withEngine(use: (face: EngineExtension) => Undo): Undo;
  /** The face of the engine it is bound to now, if that is one of ours. */
  engine(): EngineExtension | undefined;
  readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | undefined>;
  onClose(undo: () => unknown): void;
}

const NOTHING: Undo = () => {};

/** What extensions may see and do of a server. */
export class ServerFace implements Extension {
  readonly connections: Connections;
  readonly cluster: ExtensionCluster;
  readonly clock: Clock = systemClock;
  readonly #name: string;
  readonly #host: FaceHost;

  /** @param name of the extension. */
  constructor(name: string, host: FaceHost) {
    this.#name = name;
    this.#host = host;
    this.cluster = host.cluster;
    this.connections = connectionsOf(host);
  }

  // Functions of their own: extensions take them out of the face.

  readonly http = (name: string, handler: HttpHandler): Undo =>
    this.#host.withEngine(({ http }) => http(name, handler));

  readonly readBody = (request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | undefined> =>
    this.#host.readBody(request, maxBytes);

  readonly report = (error: unknown, context: string): void =>
    this.#host.reporter.reportListenerError(error, { event: context });

  readonly onClose = (undo: () => unknown): void => this.#host.onClose(undo);

  readonly sockets = (namespace?: string): Sockets => {
    const { hooks } = this.#host;
    return {
      arriving: (guard) => hooks.add('arriving', namespace, guard),
      connecting: (guard) => hooks.add('connecting', namespace, guard),
      restoring: (guard) => hooks.add('restoring', namespace, guard),
      connected: (listener) => hooks.add('connected', namespace, listener),
      disconnecting: (listener) => hooks.add('disconnecting', namespace, listener),
      missed: (listener) => hooks.add('missed', namespace, listener),
      list: () => this.#socketsOf(namespace),
    };
  };

  #socketsOf(namespace: string | undefined): FaceSocket[] {
    return [...this.#host.namespaces()]
      .filter(({ name }) => namespace === undefined || name === namespace)
      .flatMap(({ sockets }) => [...sockets.values()]);
  }

  readonly incoming = (
    namespace: string | undefined,
    given: IncomingHook | ((event: IncomingEvent) => boolean | void),
  ): Undo => {
    const hook = typeof given === 'function' ? { arrived: given } : given;
    const undo = this.#host.hooks.add('connected', namespace, () => hook);
    // Those that are there already.
    for (const socket of this.#socketsOf(namespace)) socket.addIncomingHook(hook);
    return () => {
      undo();
      for (const socket of this.#socketsOf(namespace)) socket.removeIncomingHook(hook);
    };
  };

  readonly outgoing = (namespace: string | undefined, hook: OutgoingHook): Undo =>
    this.#host.hooks.add('outgoing', namespace, hook);

  readonly rooms = (name: string, observer: RoomObserver): Undo => {
    const namespace = this.#host.lookUp(name);
    if (namespace === undefined) throw new Error(`there is no namespace ${JSON.stringify(name)}`);
    return observeRooms(namespace, observer);
  };

  readonly namespace = (name: string): ExtensionNamespace | undefined => {
    const namespace = this.#host.lookUp(name);
    return namespace && new NamespaceFace(namespace);
  };

  readonly servesNamespace = (name: string): boolean => this.#host.serves(name);

  readonly store = (name: string): ExtensionStore => this.#host.store(`${this.#name}:${name}`);

  readonly join = (socket: ExtensionSocket, settings: Parameters<Extension['join']>[1]): Promise<LogPage> =>
    replay(socket, settings);

  readonly notice = (socket: ExtensionSocket, what: string, ...args: unknown[]): void => {
    (socket as FaceSocket).notice(`${RESERVED_PREFIX}${what}`, args);
  };

  readonly stats = (): ServerStats => ({
    connections: this.connections.count,
    traffic: this.#host.engine()?.connections.stats(),
    namespaces: Array.from(this.#host.namespaces(), ({ name, sockets, adapter }) => ({
      name,
      sockets: sockets.size,
      rooms: adapter.rooms.size,
    })),
  });
}

/** A namespace, for extensions to send events to. */
class NamespaceFace implements ExtensionNamespace {
  readonly #namespace: FaceNamespace;

  constructor(namespace: FaceNamespace) {
    this.#namespace = namespace;
  }

  get name(): string {
    return this.#namespace.name;
  }

  emit(target: Partial<EmitTarget>, event: string, ...args: unknown[]): void {
    assertNotReserved(event);
    new BroadcastOperator<DefaultEventsMap, unknown>(this.#namespace.adapter, selectionOf(target)).emit(event, ...args);
  }

  deliver(target: Partial<EmitTarget>, event: string, ...args: unknown[]): void {
    if (!isExtensionName(event)) throw new Error(`an extension delivers events that begin with "${RESERVED_PREFIX}"`);
    const packet = { type: PacketType.EVENT, nsp: this.name, data: [event, ...args] };
    logRejection(this.#namespace.adapter.broadcast(packet, selectionOf(target)), 'broadcast');
  }
}

function selectionOf({ rooms, except, flags }: Partial<EmitTarget>): Selection {
  return new Selection(new Set<Room>(rooms), new Set<Room>(except), { ...flags });
}

const NO_TRAFFIC: TrafficStats = Object.freeze({
  open: [],
  opened: 0,
  refused: {},
  closed: {},
  packetsReceived: 0,
  packetsSent: 0,
  bytesReceived: 0,
  bytesSent: 0,
});

/** The connections of whatever engine the server is bound to; with one that is not ours, there are none. */
function connectionsOf(host: FaceHost): Connections {
  const engine = (): Connections | undefined => host.engine()?.connections;
  return {
    admit: (when, guard) => host.withEngine(({ connections }) => connections.admit(when, guard)),
    opened: (listener) => host.withEngine(({ connections }) => connections.opened(listener)),
    closed: (listener) => host.withEngine(({ connections }) => connections.closed(listener)),
    list: () => engine()?.list() ?? [],
    get count() {
      return engine()?.count ?? 0;
    },
    find: (id) => engine()?.find(id),
    stats: () => engine()?.stats() ?? NO_TRAFFIC,
    serveForeign: (foreign) => host.withEngine(({ connections }) => connections.serveForeign(foreign)),
    get areIdsOurs() {
      return engine()?.areIdsOurs ?? false;
    },
    inject: (id, request) => engine()?.inject(id, request),
  };
}

function observeRooms(namespace: FaceNamespace, observer: RoomObserver): Undo {
  const created = (room: Room): void => observer.created?.(room);
  const deleted = (room: Room): void => observer.deleted?.(room);
  const joined = (room: Room, id: string): void => observer.joined?.(room, id);
  const left = (room: Room, id: string): void => observer.left?.(room, id);
  let leave = NOTHING;
  const watch = (adapter: Adapter): void => {
    leave();
    adapter.on('create-room', created).on('delete-room', deleted).on('join-room', joined).on('leave-room', left);
    leave = () => {
      adapter.off('create-room', created).off('delete-room', deleted).off('join-room', joined).off('leave-room', left);
    };
  };
  watch(namespace.adapter);
  const stop = namespace.onAdapter(watch);
  return () => {
    stop();
    leave();
    leave = NOTHING;
  };
}
