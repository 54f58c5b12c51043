import { Manager } from '../../../../core/client/index.js';
import type { ManagerOptions, SocketOptions } from '../../../../core/client/options.js';
import type { Socket } from '../../../../core/client/socket.js';
import { MemoryTransport, network } from './memory-transport.js';
import { TestClock } from './test-clock.js';

export interface Harness {
  clock: TestClock;
  manager: Manager;
  /** The main namespace's socket. */
  socket: Socket;
  /** Names of what the manager and the socket emitted, with the interesting argument. */
  log: string[];
}

/** A manager on in-memory transports and a clock that stands still, with the socket of the main namespace. */
export function createHarness(options: Partial<ManagerOptions & SocketOptions> = {}): Harness {
  network.reset();
  const clock = new TestClock();
  const log: string[] = [];
  const manager = new Manager('http://server.test', {
    transports: [MemoryTransport],
    randomizationFactor: 0,
    ...options,
    clock,
    autoConnect: false,
  });
  const socket = manager.socket('/', options);
  manager
    .on('open', () => log.push('open'))
    .on('close', (reason) => log.push(`close: ${reason}`))
    .on('error', (error) => log.push(`error: ${error.message}`))
    .on('reconnect_attempt', (attempt) => log.push(`reconnect_attempt ${attempt}`))
    .on('reconnect_error', (error) => log.push(`reconnect_error: ${error.message}`))
    .on('reconnect_failed', () => log.push('reconnect_failed'))
    .on('reconnect', (attempt) => log.push(`reconnect ${attempt}`));
  socket
    .on('connect', () => log.push('connect'))
    .on('connect_error', (error) => log.push(`connect_error: ${error.message}`))
    .on('disconnect', (reason) => log.push(`disconnect: ${reason}`));
  return { clock, manager, socket, log };
}

/** The same, connected; the log is empty. */
export async function createConnected(
  options: Partial<ManagerOptions & SocketOptions> = {},
  handshake: object = {},
): Promise<Harness> {
  const harness = createHarness(options);
  harness.socket.connect();
  network.last.accept(handshake);
  await turn();
  network.last.messages('0{"sid":"id1"}');
  await turn();
  harness.log.length = 0;
  network.last.sent.length = 0;
  return harness;
}

/** Lets everything that was scheduled for this turn of the event loop happen. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
