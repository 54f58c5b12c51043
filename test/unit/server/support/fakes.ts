// Stand-ins for what the classes of core/server need of each other: each has what its contract names, and no more.
import type { IncomingMessage } from 'node:http';
import type { Adapter } from '../../../../core/adapters/adapter.js';
import { MemoryAdapter } from '../../../../core/adapters/memory.js';
import type { ConnectionHandler } from '../../../../core/engine/connection.js';
import { resolveOptions, type ServerOptions } from '../../../../core/options/index.js';
import { Prepared } from '../../../../core/protocol/prepared.js';
import type { Packet } from '../../../../core/protocol/socketio/packet.js';
import { Encoder, type PacketEncoder } from '../../../../core/protocol/socketio/parser.js';
import type {
  ClientConnection,
  ClientHost,
  ClientNamespace,
  ClientSocket,
  NamespaceClient,
  NamespaceHost,
  NamespaceMember,
  SendFlags,
  SocketNamespace,
} from '../../../../core/server/contracts.js';
import { HookHub, type NamespaceHooks } from '../../../../core/server/hooks.js';

export const encoder: PacketEncoder = new Encoder();

/** The texts of a message, without the digit of the engine. */
export function textsOf(message: Prepared): string[] {
  return message.parts.map((part) => (typeof part === 'string' ? part.slice(1) : '(binary)'));
}

export function requestOf(headers: Record<string, string> = {}, url = '/socket.io/?EIO=4'): IncomingMessage {
  return { headers, url, socket: { remoteAddress: '1.2.3.4' } } as unknown as IncomingMessage;
}

/** A connection that keeps what it was asked to do. */
export class FakeConnection {
  readonly id = 'connection-1';
  readonly request = requestOf();
  readonly remoteAddress = '1.2.3.4';
  readonly transport = { name: 'websocket', writable: true };
  readyState: ClientConnection['readyState'] = 'open';
  isIdle = true;
  readonly droppedMessages = 0;
  readonly sent: string[] = [];
  readonly ended: unknown[][] = [];
  handler!: ConnectionHandler;

  handle(handler: ConnectionHandler): void {
    this.handler = handler;
  }

  deliver(message: Prepared): void {
    this.sent.push(...textsOf(message));
  }

  close(discard?: boolean): void {
    this.readyState = 'closed';
    this.ended.push(['close', ...(discard ? [discard] : [])]);
  }

  fail(...reason: unknown[]): void {
    this.readyState = 'closed';
    this.ended.push(['fail', ...reason]);
  }

  /** What the peer has sent. */
  receive(text: string): void {
    this.handler.onText(text, 0);
  }
}

/** Errors that were reported, as `event: message`. */
export class FakeReporter {
  readonly reported: string[] = [];

  reportListenerError(error: unknown, { event }: { event: unknown }): void {
    this.reported.push(`${String(event)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A server, as its clients see it, with these namespaces. */
export class FakeClientHost extends FakeReporter implements ClientHost {
  readonly opts: ClientHost['opts'];
  readonly encoder = encoder;
  readonly hooks = new HookHub();
  readonly waiting = new Set<object>();
  readonly asked: unknown[] = [];
  readonly namespaces = new Map<string, ClientNamespace>();

  constructor(options: ServerOptions = {}) {
    super();
    this.opts = resolveOptions(options);
  }

  awaitNamespace(client: object): void {
    this.waiting.add(client);
  }

  joinedNamespace(client: object): void {
    this.waiting.delete(client);
  }

  findNamespace(
    name: string,
    auth: Record<string, unknown>,
    callback: (namespace: ClientNamespace | undefined) => void,
  ): void {
    this.asked.push([name, auth]);
    callback(this.namespaces.get(name));
  }
}

/** A socket, as its client sees it. */
export class FakeClientSocket implements ClientSocket {
  readonly id = 'socket-1';
  readonly connected = true;
  readonly recovered = false;
  readonly data = {};
  readonly rooms = new Set<string>();
  readonly request = requestOf();
  readonly handshake = { auth: {}, address: '1.2.3.4' };
  readonly nsp: { readonly name: string };
  readonly heard: unknown[][] = [];

  constructor(namespace: string) {
    this.nsp = { name: namespace };
  }

  onPacket(packet: Packet): void {
    this.heard.push(['packet', packet.data]);
  }

  onError(error: Error): void {
    this.heard.push(['error', error.message]);
  }

  onClose(reason: string): void {
    this.heard.push(['close', reason]);
  }

  join(): void {}
  leave(): void {}

  disconnect(): void {
    this.heard.push(['disconnect']);
  }
}

/** A client, as namespaces and sockets see it. */
export class FakeClient implements NamespaceClient {
  readonly connection = new FakeConnection() as unknown as NamespaceClient['connection'];
  readonly request = requestOf({ origin: 'https://example.com' }, '/socket.io/?EIO=4&x=1');
  readonly remoteAddress = '1.2.3.4';
  isOpen = true;
  /** What was sent, and what else happened, in order. */
  readonly log: string[] = [];

  get conn() {
    return this.connection as unknown as NamespaceClient['conn'];
  }

  send(packet: Packet, flags?: SendFlags): void {
    if (this.isOpen) this.deliver(this.prepare(packet, flags));
  }

  prepare(packet: Packet, flags?: SendFlags): Prepared {
    return Prepared.message(encoder.encode(packet), flags?.compress !== false);
  }

  deliver(message: Prepared, isVolatile = false): void {
    this.log.push(`${textsOf(message).join(' ')}${isVolatile ? ' (volatile)' : ''}`);
  }

  accept(): void {
    this.log.push('accepted');
  }

  refuse(name: string, error: { message: string; data?: unknown }): void {
    this.log.push(`refused ${name} ${JSON.stringify(error)}`);
  }

  remove(): void {
    this.log.push('removed');
  }

  disconnect(): void {
    this.log.push('disconnected');
  }

  close(): void {
    this.log.push('closed');
  }
}

/** A server, as namespaces see it. */
export class FakeNamespaceHost extends FakeReporter implements NamespaceHost {
  readonly opts: NamespaceHost['opts'];
  readonly encoder = encoder;
  readonly hooks = new HookHub();
  readonly #adapter: unknown;

  constructor(options: ServerOptions = {}, adapter: unknown = MemoryAdapter) {
    super();
    this.opts = resolveOptions(options);
    this.#adapter = adapter;
  }

  adapter(): unknown {
    return this.#adapter;
  }
}

/** A namespace, as its sockets see it. */
export class FakeSocketNamespace implements SocketNamespace {
  readonly name = '/';
  readonly server: FakeNamespaceHost;
  readonly hooks: NamespaceHooks;
  readonly sockets = new Map<string, NamespaceMember>();
  readonly adapter: Adapter;
  readonly removed: string[] = [];
  _ids = 0;

  constructor(options: ServerOptions = {}) {
    this.server = new FakeNamespaceHost(options);
    this.hooks = this.server.hooks.of('/');
    this.adapter = new MemoryAdapter(this as never); // The index asks for members only.
  }

  _onServerSideEmit(): void {}

  remove(socket: NamespaceMember): void {
    this.removed.push(socket.id);
  }
}
