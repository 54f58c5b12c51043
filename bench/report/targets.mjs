/**
 * What carillon has to reach, as ratios to Socket.IO in the same run. A ratio is Socket.IO's figure divided by carillon's:
 * how many times less.
 *
 * @typedef {object} Target
 * @property {string} row
 * @property {'cost' | 'p50' | 'p99'} metric
 * @property {string} against the implementation compared with
 * @property {number} atLeast smallest ratio that passes
 */

/** @type {Target[]} */
export const targets = [
  { row: 'broadcast-1', metric: 'cost', against: 'socket.io', atLeast: 1.8 },
  { row: 'broadcast-10', metric: 'cost', against: 'socket.io', atLeast: 12 },
  { row: 'chat-200', metric: 'cost', against: 'socket.io', atLeast: 40 },
  { row: 'chat-200', metric: 'p99', against: 'socket.io', atLeast: 20 },
  { row: 'echo-1', metric: 'cost', against: 'socket.io', atLeast: 2 },
  { row: 'echo-10', metric: 'cost', against: 'socket.io', atLeast: 3 },
  { row: 'ack-1', metric: 'cost', against: 'socket.io', atLeast: 2 },
  { row: 'ack-10', metric: 'cost', against: 'socket.io', atLeast: 3 },
  { row: 'echo-idle', metric: 'p50', against: 'socket.io', atLeast: 1 },
  { row: 'polling', metric: 'cost', against: 'socket.io', atLeast: 1.5 },
  { row: 'compressed', metric: 'cost', against: 'socket.io', atLeast: 15 },
  { row: 'connect', metric: 'cost', against: 'socket.io', atLeast: 2 },
  { row: 'memory-15000', metric: 'cost', against: 'socket.io', atLeast: 1.9 },
  // At most 1.25 times the memory of the bare library.
  { row: 'memory-15000', metric: 'cost', against: 'ws', atLeast: 1 / 1.25 },
];
