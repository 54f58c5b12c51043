/**
 * The list of workloads. Each is one file that holds both ends: what the server does and what the load does.
 *
 * @typedef {object} Row
 * @property {string} id starts with the workload's name
 * @property {string} title
 * @property {string} unit of the cost, such as `µs/delivery`
 * @property {number} [connections] most connections at a time, for the check of the descriptor limit
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {Row[]} rows in the order in which they are measured
 * @property {object} [serverOptions] given to every implementation
 * @property {boolean} [pinned] server and load get a core each: for round trips, whose time depends on where the two run
 * @property {boolean} [standalone] needs no server
 * @property {string[]} [implementations] if not all of them can do it
 * @property {string[]} [also] servers of `server/frameworks.mjs` that run, too
 * @property {new () => object} [gateway] the work as a gateway of Nest
 * @property {(io: import('socket.io').Server) => void} [serveSocketIo]
 * @property {(wss: import('ws').WebSocketServer) => void} [serveWs]
 * @property {(http: import('node:http').Server) => void} [serveHttp] the control where WebSocket is not what is measured
 * @property {(bench: import('../load/bench.mjs').Bench) => Promise<void>} drive
 */

export const names = [
  'broadcast',
  'chat',
  'echo',
  'polling',
  'rooms',
  'binary',
  'compressed',
  'connect',
  'reconnect',
  'memory',
  'growth',
  'codec',
  'scale',
  'frameworks',
];

/** @param {string} name @returns {Promise<Workload>} */
export const loadWorkload = async (name) => ({ name, ...(await import(`./${name}.mjs`)) });
