/**
 * The servers that are compared. Every one of them gets the same HTTP server, the same options and the same work; `ws`
 * is the control: what the WebSocket library under Socket.IO and carillon costs when nothing is built on it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const CARILLON = new URL('../../dist/core/index.js', import.meta.url);

/**
 * @typedef {object} Implementation
 * @property {string} name as printed
 * @property {() => string} version
 * @property {() => string | undefined} missing why it cannot run, if it cannot
 * @property {(http: import('node:http').Server, options: object, workload: import('../workloads/index.mjs').Workload) => Promise<void>} attach
 */

/** @param {any} Server a class with Socket.IO's API */
function attachSocketIo(Server, http, options, workload) {
  const io = new Server(http, options);
  workload.serveSocketIo(io);
}

/** @type {Record<string, Implementation>} */
export const implementations = {
  carillon: {
    name: 'carillon',
    version: () => JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
    missing: () => (existsSync(CARILLON) ? undefined : 'dist/core/index.js is missing: run npm run build first'),
    async attach(http, options, workload) {
      attachSocketIo((await import(CARILLON.href)).Server, http, options, workload);
    },
  },
  'socket.io': {
    name: 'socket.io',
    version: () => require('socket.io/package.json').version,
    missing: () => undefined,
    async attach(http, options, workload) {
      attachSocketIo((await import('socket.io')).Server, http, options, workload);
    },
  },
  ws: {
    name: 'ws',
    version: () =>
      JSON.parse(readFileSync(new URL('../../node_modules/ws/package.json', import.meta.url), 'utf8')).version,
    missing: () => undefined,
    async attach(http, options, workload) {
      if (workload.serveHttp) {
        workload.serveHttp(http);
        return;
      }
      const { WebSocketServer } = await import('ws');
      workload.serveWs(new WebSocketServer({ server: http, ...options }));
    },
  },
};
