// The fixture of the contract for applications of Next: bundled into the project as `fixture.mjs`.
import { subscribe } from 'node:diagnostics_channel';
import type { Server as HttpServer } from 'node:http';
import { Fixture } from '../contract/integration/fixture.js';

export const fixture = new Fixture();

/** Calls back with the HTTP server of this process when it gets its first connection. */
export function onServer(callback: (server: HttpServer) => void): void {
  const seen = new WeakSet<object>();
  subscribe('net.server.socket', (message) => {
    const { server } = (message as { socket: { server: HttpServer } }).socket;
    if (seen.has(server)) return;
    seen.add(server);
    callback(server);
  });
}
