import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server, ServerOptions, Socket } from 'socket.io';
import type { Socket as ClientSocket, Manager, ManagerOptions, SocketOptions } from 'socket.io-client';
import { type HttpAnswer, type HttpInit, http } from './http.js';
import { openPeer, type Peer, type PeerOptions, WebSocketPeer } from './peers.js';
import { Recorder } from './recorder.js';
import type { Mode, Pair, Records } from './types.js';
import { bounded, type Emitting, once } from './wait.js';

export type ClientOptions = Partial<ManagerOptions & SocketOptions> & { namespace?: string };

/** One client and the server's side of it. */
export interface Connected {
  client: ClientSocket;
  socket: Socket;
}

type Callback = (...args: any[]) => void;

/** Everything a scenario may use; what it opens here is closed when the run is over. */
export class Context {
  readonly mode: Mode;
  /** The server package of this run. */
  readonly module: Pair['server']['module'];
  readonly callable: Pair['server']['callable'];
  readonly #clientModule: Pair['client']['module'];
  #usesClient = false;
  readonly #recorder = new Recorder();
  readonly #cleanups: (() => unknown)[] = [];

  readonly #timeScale: number;

  constructor(pair: Pair, mode: Mode, timeScale = 1) {
    this.mode = mode;
    this.#timeScale = timeScale;
    this.module = pair.server.module;
    this.callable = pair.server.callable;
    this.#clientModule = pair.client.module;
  }

  /** The client package of this run. */
  get clientModule(): Pair['client']['module'] {
    this.#usesClient = true;
    return this.#clientModule;
  }

  /** Whether the scenario has asked for the client package; if not, all clients are the same to it. */
  get usesClient(): boolean {
    return this.#usesClient;
  }

  /** Milliseconds for a scenario that is `timed`; more of them where the machine was too slow for these. */
  time(milliseconds: number): number {
    return milliseconds * this.#timeScale;
  }

  /** Takes down one observation; `channel` names the actor that made it. */
  record(channel: string, label: string, ...values: unknown[]): void {
    this.#recorder.record(channel, label, ...values);
  }

  /** Shows `value` as `<name>` in the records, because it differs from run to run. */
  name(value: unknown, name: string): void {
    if (typeof value === 'string' && value !== '') this.#recorder.name(value, name);
  }

  /** Resolves when `channel` holds at least `count` observations. */
  recorded(channel: string, count = 1): Promise<void> {
    return this.#recorder.reached(channel, count);
  }

  /** Records every event the client receives, except those of `delivered`. */
  listen(channel: string, client: ClientSocket): void {
    client.onAny((event: string, ...args: unknown[]) => {
      if (event !== deliveredEvent) this.record(channel, event, ...args);
    });
  }

  /** What the call threw, or that it did not; for behaviour that is an exception. */
  attempt(channel: string, label: string, call: () => unknown): void {
    try {
      this.record(channel, label, 'returned', call());
    } catch (error) {
      this.record(channel, label, 'threw', error);
    }
  }

  /** Like `attempt`, for a promise. */
  async settle(channel: string, label: string, promise: Promise<unknown>): Promise<void> {
    await bounded(promise, label).then(
      (value) => this.record(channel, label, 'resolved', value),
      (error) => this.record(channel, label, 'rejected', error),
    );
  }

  once(emitter: Emitting, event: string, what?: string): Promise<any[]> {
    return once(emitter, event, what);
  }

  bounded<T>(promise: Promise<T>, what: string | (() => string), milliseconds?: number): Promise<T> {
    return bounded(promise, what, milliseconds);
  }

  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  /** A listening HTTP server on a free port of the loopback interface. */
  async httpServer(server: HttpServer = createServer()): Promise<HttpServer> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.defer(() => closeHttp(server));
    return server;
  }

  /** A server of the package under test, attached to a listening HTTP server. */
  async server(options: Partial<ServerOptions> = {}, onto?: HttpServer): Promise<Server> {
    const server = onto ?? (await this.httpServer());
    return this.own(new this.module.Server(server, options));
  }

  /** Closes a server that the scenario made itself. */
  own<S extends Server>(io: S): S {
    this.defer(() => {
      const closed = io.close();
      // What a hand-made peer left hanging must not hold up the end.
      (io.httpServer as HttpServer | undefined)?.closeAllConnections();
      return closed;
    });
    return io;
  }

  url(io: Server | HttpServer): string {
    const server = 'httpServer' in io ? (io.httpServer as HttpServer) : io;
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** A client that is on its way; its transports follow from the mode unless the options say otherwise. */
  client(io: Server | HttpServer, { namespace = '/', ...options }: ClientOptions = {}): ClientSocket {
    const client = this.clientModule.io(this.url(io) + namespace, this.clientOptions(options));
    this.defer(() => client.disconnect());
    return client;
  }

  /** A connection shared by several namespaces: call `socket(name)` on it. */
  manager(io: Server | HttpServer, options: ClientOptions = {}): Manager {
    const manager = new this.clientModule.Manager(this.url(io), this.clientOptions(options));
    // `_close` is the manager's only way to let go of sockets that never were connected.
    this.defer(() => manager._close());
    return manager;
  }

  clientOptions(options: ClientOptions = {}): ClientOptions {
    const transports = this.mode === 'upgrade' ? ['polling', 'websocket'] : [this.mode];
    return { transports, forceNew: true, reconnection: false, ...options };
  }

  /** A connected client and its socket on the server. In `upgrade` mode the upgrade may still be going on. */
  async connect(io: Server, options: ClientOptions = {}): Promise<Connected> {
    return this.connected(io, this.client(io, options), options.namespace);
  }

  async connected(io: Server, client: ClientSocket, namespace = '/'): Promise<Connected> {
    const settled = new Promise<void>((resolve, reject) => {
      client.once('connect', resolve);
      client.once('connect_error', reject);
    });
    await bounded(settled, `the client to connect to ${namespace}`);
    const socket = io.of(namespace.split('?')[0] ?? '/').sockets.get(client.id ?? '');
    if (!socket) throw new Error(`the server knows no socket ${client.id} in ${namespace}`);
    return { client, socket };
  }

  /** In `upgrade` mode: resolves when both sides have moved to WebSocket. */
  async upgraded({ client, socket }: Connected): Promise<void> {
    if (this.mode !== 'upgrade') return;
    const { engine } = client.io;
    if (engine.transport.name !== 'websocket') await once(engine, 'upgrade', 'the client to upgrade');
    if (socket.conn.transport.name !== 'websocket') await once(socket.conn, 'upgrade', 'the server to upgrade');
  }

  /** Resolves when everything that was emitted so far in this direction has arrived. */
  async delivered(from: Socket | ClientSocket, to: Socket | ClientSocket): Promise<void> {
    const arrived = once(to, deliveredEvent, 'what was emitted before');
    from.emit(deliveredEvent);
    await arrived;
  }

  /** Plain HTTP; `target` begins with a slash. */
  http(io: Server | HttpServer, target: string, init?: HttpInit): Promise<HttpAnswer> {
    return http(this.url(io) + target, init);
  }

  /** The far end of an Engine.IO session, speaking the wire by hand, in the mode of this run. */
  async peer(io: Server | HttpServer, options?: PeerOptions, mode: Mode = this.mode): Promise<Peer> {
    const peer = await openPeer(mode, this.url(io), options);
    this.defer(() => peer.drop());
    return peer;
  }

  /** A peer that has joined a namespace; the answer to CONNECT is returned with it. */
  async joinedPeer(io: Server, options?: PeerOptions & { connect?: string }): Promise<[Peer, string | Buffer]> {
    const peer = await this.peer(io, options);
    await peer.send(options?.connect ?? '40');
    return [peer, await peer.receive()];
  }

  /** A WebSocket to any path, for what goes wrong before there is a session. */
  webSocket(io: Server | HttpServer, target: string, headers?: Record<string, string>): WebSocketPeer {
    const peer = new WebSocketPeer(this.url(io).replace('http', 'ws') + target, headers);
    this.defer(() => peer.drop());
    return peer;
  }

  /** Ends the recording and gives the records. */
  records(): Records {
    return this.#recorder.finish();
  }

  /** Closes what was opened, newest first. Rejects with the first thing that could not be closed. */
  async cleanUp(): Promise<void> {
    const failures: unknown[] = [];
    for (const cleanup of this.#cleanups.reverse()) {
      const done = Promise.resolve().then(cleanup);
      await bounded(done, `the end of ${cleanup}`).catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

const deliveredEvent = 'compat: delivered';

function closeHttp(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close((() => resolve()) as Callback);
    server.closeAllConnections();
  });
}
