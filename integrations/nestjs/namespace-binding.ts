import { ClientBinding } from './client-binding.js';
import { ConnectionGuards } from './connection-guards.js';
import { explain } from './explain.js';
import { connectsLater } from './gateway-hooks.js';
import { type Gateway, isGuarded } from './gateways.js';
import { resolveRooms } from './rooms/names.js';
import { classRules } from './rooms/plan.js';
import type { Serving } from './serving.js';
import type { AnyNamespace, AnySocket } from './types.js';

/** A namespace and the gateways on it: one middleware and one `connection` listener, however many gateways there are. */
export class NamespaceBinding {
  readonly #callbacks: ((socket: AnySocket) => unknown)[] = [];
  readonly #gateways: readonly Gateway[];
  readonly #guards: readonly ConnectionGuards[];
  readonly #serving: Serving;

  constructor(namespace: AnyNamespace, gateways: readonly Gateway[], serving: Serving) {
    this.#gateways = gateways;
    this.#guards = gateways.map((gateway) => new ConnectionGuards(gateway));
    this.#serving = serving;
    const asksFirst = gateways.some(({ type }) => isGuarded(type) || (classRules(type)?.join.length ?? 0) > 0);
    if (asksFirst) namespace.use((socket, next) => void this.#admit(socket).then(next));
    namespace.on('connection', (socket: AnySocket) => this.#onConnection(socket));
  }

  /** Nest wants to know of clients, on behalf of one gateway. */
  add(callback: (socket: AnySocket) => unknown): void {
    this.#callbacks.push(callback);
  }

  /** @returns why the client is refused; `undefined` when it is welcome. */
  async #admit(socket: AnySocket): Promise<Error | undefined> {
    for (const guards of this.#guards) {
      const error = await guards.refuses(socket);
      if (error !== undefined) return error;
    }
    try {
      const context = { socket, event: 'connection', args: [socket.handshake.auth] };
      for (const { type } of this.#gateways) {
        const rooms = await resolveRooms(classRules(type)?.join ?? [], socket.handshake.auth, context);
        if (rooms.length > 0) await socket.join(rooms);
      }
      return undefined;
    } catch (error) {
      const { message, payload } = explain(error);
      return Object.assign(new Error(message), { data: payload });
    }
  }

  #onConnection(socket: AnySocket): void {
    if (this.#serving.activity.isClosing) {
      socket.disconnect(true);
      return;
    }
    const binding = new ClientBinding(socket, this.#serving);
    for (const gateway of this.#gateways) if (connectsLater(gateway)) binding.expectHook(gateway.type);
    for (const callback of this.#callbacks) callback(socket);
  }
}
