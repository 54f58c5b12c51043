import type { Clock } from '../../../clock.js';
import type { AdapterSocket } from '../../adapter.js';
import type { LocalSockets } from '../../local-sockets.js';
import { MessageType, type SocketioRequest } from './requests.js';
import { encodeResponse, type SocketioSocket } from './responses.js';

export interface AnsweringOptions {
  readonly clock: Clock;
  /** Milliseconds that clients have to acknowledge, where the request does not say. */
  readonly timeout: number;
  /** Sends a response to a node, if it is known which, or to all. */
  readonly respond: (uid: string | undefined, response: Buffer | string) => void;
  /** Runs what is called later, and tells of what it throws. */
  readonly guard: <Args extends unknown[]>(handler: (...args: Args) => void) => (...args: Args) => void;
  /** Something could not be done as it was asked. */
  readonly onFailure: (error: unknown) => void;
}

/** Does on this node what other nodes ask for, and answers. */
export class Answering {
  readonly #local: LocalSockets;
  readonly #options: AnsweringOptions;

  constructor(local: LocalSockets, options: AnsweringOptions) {
    this.#local = local;
    this.#options = options;
  }

  execute(request: SocketioRequest): void {
    const local = this.#local;
    const { respond } = this.#options;
    switch (request.type) {
      case MessageType.SOCKETS:
        respond(request.uid, encodeResponse.socketIds(request.requestId, local.ids(new Set(request.rooms))));
        break;
      case MessageType.ALL_ROOMS:
        respond(request.uid, encodeResponse.rooms(request.requestId, local.rooms.keys()));
        break;
      case MessageType.REMOTE_JOIN:
        local.addSockets(request.options, request.rooms);
        break;
      case MessageType.REMOTE_LEAVE:
        local.delSockets(request.options, request.rooms);
        break;
      case MessageType.REMOTE_DISCONNECT:
        local.disconnectSockets(request.options, request.close);
        break;
      case MessageType.REMOTE_FETCH:
        respond(request.uid, this.#describe(request.requestId, local.select(request.options)));
        break;
      case MessageType.SERVER_SIDE_EMIT:
        this.#onServerSideEmit(request.uid, request.requestId, request.data);
        break;
      case MessageType.BROADCAST:
        if (request.packet.nsp === local.nsp.name) this.#onBroadcastWithAck(request);
        break;
    }
  }

  /** One socket with data that cannot be sent must not hide the others. */
  #describe(requestId: string, sockets: readonly AdapterSocket[]): string {
    const described = sockets.map((socket): SocketioSocket => {
      const { sessionStore: _, ...handshake } = socket.handshake as { sessionStore?: unknown };
      return { id: socket.id, handshake, rooms: [...socket.rooms], data: socket.data };
    });
    try {
      return encodeResponse.sockets(requestId, described);
    } catch (error) {
      this.#options.onFailure(error);
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
      this.#options.respond(uid, encodeResponse.serverSideEmit(requestId, value));
    };
    this.#local.nsp._onServerSideEmit([...data, answer]);
  }

  #onBroadcastWithAck(request: SocketioRequest & { type: MessageType.BROADCAST }): void {
    const { uid, requestId, packet, options } = request;
    const { clock, timeout, respond, guard } = this.#options;
    this.#local.broadcastWithAck(
      packet,
      options,
      (clientCount) => respond(uid, encodeResponse.clientCount(requestId, clientCount)),
      guard((answer: unknown) => respond(uid, encodeResponse.ack(requestId, answer))),
    );
    // Nobody waits any longer then; the sockets must not either.
    clock.setTimeout(() => this.#local.forgetAcks(packet.id!), options.flags.timeout ?? timeout, true);
  }
}

function isJson(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
