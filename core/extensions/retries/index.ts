import type { Accepted, EngineExtension, Extension, ExtensionSocket, IncomingHook } from '../../extension.js';
import { RETRY_WINDOW, type RetryHolder, type RetryLimits, RetryMemories } from './memory.js';
import { RETRY_KEY } from './wire.js';

/**
 * Has the events of clients that repeat them until they are acknowledged (their `retries` option) run once, over all their
 * connections. One memory per namespace.
 */
export function retries({ sockets, clock }: Pick<Extension, 'sockets'> & EngineExtension, limits: RetryLimits): void {
  const memories = new WeakMap<object, RetryMemories>();
  const memoriesOf = (namespace: object): RetryMemories => {
    const known = memories.get(namespace) ?? new RetryMemories(limits, clock);
    memories.set(namespace, known);
    return known;
  };
  sockets().connected((socket, accepted) => {
    const key = accepted.credentials[RETRY_KEY];
    return key === undefined ? undefined : remember(memoriesOf(socket.nsp), key, socket, accepted);
  });
}

function remember(
  memories: RetryMemories,
  key: unknown,
  socket: ExtensionSocket,
  { connection, greeting, deliver }: Accepted,
): IncomingHook | undefined {
  const holder: RetryHolder = { deliver, conn: connection };
  const memory = memories.attach(key, holder);
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
