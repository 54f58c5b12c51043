import { AsyncResource } from 'node:async_hooks';

/**
 * Runs the handling of one packet in an asynchronous context of its own: what its listeners `enterWith()` (`AsyncLocalStorage`)
 * is seen by what they start, and by no later packet of the connection. Costs some 40 ns per packet.
 */
export function inOwnContext<Owner, Packet>(
  handle: (owner: Owner, packet: Packet) => void,
  owner: Owner,
  packet: Packet,
): void {
  new AsyncResource('CarillonPacket').runInAsyncScope(handle, undefined, owner, packet);
}
