import type {
  Accepted,
  EngineExtension,
  Extension,
  ExtensionConnection,
  ExtensionSocket,
  IncomingHook,
} from '../../extension.js';
import { type ClientAddress, networkOf } from '../client-address.js';
import { type RetryLimits, RetryMemories } from './memories.js';
import { RETRY_WINDOW, type RetryHolder } from './memory.js';
import { RETRY_KEY } from './wire.js';

/**
 * Has the events of clients that repeat them until they are acknowledged (their `retries` option) run once, over all their
 * connections. One memory per namespace.
 */
export function retries(
  { sockets, clock }: Pick<Extension, 'sockets'> & EngineExtension,
  limits: RetryLimits,
  clientAddress?: ClientAddress,
): void {
  const memories = new WeakMap<object, RetryMemories>();
  const memoriesOf = (namespace: object): RetryMemories => {
    const known = memories.get(namespace);
    if (known !== undefined) return known;
    const made = new RetryMemories(limits, clock);
    memories.set(namespace, made);
    // For whoever looks into a running server, and nothing else reads it: `io.of('/').retries.bytes`, and `.size`.
    Object.defineProperty(namespace, 'retries', { value: made, configurable: true });
    return made;
  };
  sockets().connected((socket, accepted) => {
    const key = accepted.credentials[RETRY_KEY];
    if (key === undefined) return undefined;
    return remember(memoriesOf(socket.nsp), key, socket, accepted, addressOf(accepted.connection, clientAddress));
  });
}

function addressOf(connection: ExtensionConnection, clientAddress: ClientAddress | undefined): string {
  let address: unknown;
  try {
    // Without it the request is not looked at: it would have to be made again.
    if (clientAddress !== undefined) address = clientAddress(connection.request);
  } catch {
    // Reported where it decides about connections; here it only says whose memory this is.
  }
  return networkOf(typeof address === 'string' && address !== '' ? address : connection.remoteAddress);
}

function remember(
  memories: RetryMemories,
  key: unknown,
  socket: ExtensionSocket,
  { connection, greeting, deliver }: Accepted,
  address: string,
): IncomingHook | undefined {
  const holder: RetryHolder = { deliver, conn: connection };
  const memory = memories.attach(key, holder, address);
  if (memory === null) return undefined;
  greeting.retryWindow = RETRY_WINDOW;
  return {
    arrived(event) {
      const { id } = event;
      if (id === undefined) return true;
      event.answerThrough((answer) => memory.answer(id, answer));
      return memory.admit(id);
    },
    dispatching: ({ id }) => id === undefined || memory.claim(id),
    dispatched({ id }) {
      // A listener that ended the connection it was called on, and has not answered, wants to see the event again.
      if (id !== undefined && !(socket.connected && connection.readyState === 'open')) memory.release(id);
    },
    disconnected: () => memories.detach(memory, holder),
  };
}
