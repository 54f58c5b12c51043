// Our client against a server in another language: what it has to bring is the same everywhere.
import { deepStrictEqual } from 'node:assert';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { io } from '../../dist/core/client/node.js';

const limit = 60_000;

/** Settles like `promise`, or rejects after a minute. */
function bounded(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${limit} ms for ${what}`)), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const next = (socket, event) =>
  bounded(new Promise((resolve) => socket.once(event, (...args) => resolve(args))), event);

const rounds = [
  ['text', 'grüße \u{1f600} €'],
  [1, -2.5, true, null, { nested: [{ deep: 'yes' }] }],
  [Buffer.from([0, 1, 254, 255])],
  [{ one: Buffer.alloc(3, 7), list: [Buffer.alloc(2, 8)] }, 'behind'],
  ['x'.repeat(200_000)],
  [Buffer.alloc(200_000, 9)],
];

async function drive(url, transports, refuses) {
  const options = { transports, forceNew: true, reconnection: false };
  const socket = io(url, { ...options, auth: { token: 'secret' } });
  try {
    const connected = next(socket, 'connect');
    const failed = new Promise((_, reject) => socket.once('connect_error', reject));
    await Promise.race([connected, failed]);
    socket.on('question', (...args) => args.pop()(...args.reverse()));
    for (const args of rounds) {
      const repeated = next(socket, 'repeated');
      socket.emit('repeat', ...args);
      deepStrictEqual(await repeated, args);
      const answer = new Promise((resolve) => socket.emit('echo', ...args, (...values) => resolve(values)));
      deepStrictEqual(await bounded(answer, 'the answer to echo'), args);
      const answered = next(socket, 'answered');
      socket.emit('ask', ...args);
      deepStrictEqual(await answered, [...args].reverse());
    }
    // A ping comes every second.
    await bounded(new Promise((resolve) => socket.io.on('ping', resolve)), 'a heartbeat');
    const closed = next(socket, 'disconnect');
    socket.disconnect();
    deepStrictEqual((await closed)[0], 'io client disconnect');
    if (!refuses) return;
    const refused = io(url, { ...options, auth: { token: 'wrong' } });
    const [error] = await next(refused, 'connect_error');
    refused.disconnect();
    deepStrictEqual([error.message, error.data], ['not admitted', { code: 401 }]);
  } finally {
    socket.disconnect();
  }
}

/**
 * Starts a program that prints `listening PORT`, and goes through everything with each choice of transports.
 *
 * @param {{ command: string, args: string[], refuses: boolean }} row `refuses`: a refusal carries data in that server
 */
export async function serveProgram({ command, args, refuses }) {
  const program = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await bounded(
      new Promise((resolve, reject) => {
        program.once('error', reject);
        program.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
        createInterface({ input: program.stdout }).on('line', (line) => {
          const match = /^listening (\d+)$/.exec(line);
          if (match) resolve(match[1]);
        });
      }),
      'the server',
    );
    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']])
      await drive(`http://127.0.0.1:${port}`, transports, refuses);
  } finally {
    program.kill('SIGKILL');
  }
}
