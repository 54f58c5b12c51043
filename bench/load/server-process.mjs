/** The load's handle on the server under test: starts it, asks it for its cost, ends it. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../server/main.mjs', import.meta.url));

export class ServerProcess {
  #child;
  #waiting = new Map();
  #lastId = 0;

  /** @type {number} the port it listens on, on 127.0.0.1 */
  port;

  /**
   * @param {string} implementation
   * @param {string} workload
   * @returns {Promise<ServerProcess>} once it listens
   */
  static async start(implementation, workload) {
    const server = new ServerProcess(fork(MAIN, [implementation, workload], { execArgv: ['--expose-gc'] }));
    server.port = await new Promise((resolve, reject) => {
      server.#child.once('message', ({ port }) => resolve(port));
      server.#child.once('exit', (code) => reject(new Error(`the ${implementation} server ended with code ${code}`)));
    });
    return server;
  }

  get pid() {
    return this.#child.pid;
  }

  constructor(child) {
    this.#child = child;
    child.on('message', ({ id, answer }) => {
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  #ask(question, argument) {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, question, argument });
    });
  }

  /** @returns {Promise<number>} CPU time the process has used so far, user and system, in microseconds */
  async cpu() {
    const { user, system } = await this.#ask('usage');
    return user + system;
  }

  /** @returns {Promise<{rss: number, heapUsed: number, external: number, arrayBuffers: number}>} in bytes, after a full collection */
  memory() {
    return this.#ask('memory');
  }

  startProfile() {
    return this.#ask('startProfile');
  }

  /** @param {string} path @returns {Promise<string>} */
  stopProfile(path) {
    return this.#ask('stopProfile', path);
  }

  stop() {
    this.#child.removeAllListeners('exit');
    this.#child.kill('SIGKILL');
  }
}
