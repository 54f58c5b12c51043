/** What a workload gets to work with: clients, a stopwatch for the server's CPU time, and somewhere to put the results. */
import { cpus } from 'node:os';
import { percentile } from '../report/statistics.mjs';
import { upgradeRequest } from './frames.mjs';
import { pinToCores } from './pin.mjs';
import { PollingClient } from './polling-client.mjs';
import { ServerProcess } from './server-process.mjs';
import { WebSocketClient } from './websocket-client.mjs';

// Each loopback address has its own range of ports; on other systems only 127.0.0.1 exists unless it is configured.
const SOURCE_ADDRESSES = process.platform === 'linux' ? 16 : 0;

/**
 * What one row measured.
 * @typedef {object} Metrics
 * @property {number} cost in the unit of the row; less is better
 * @property {number} [throughput] units per second, limited by the load as well as by the server
 * @property {number} [serverBusy] CPU seconds of the server per second; with its helper threads it can be above 1
 * @property {number} [loadBusy] the same of the load
 * @property {number} [othersBusy] the same of everything else on the machine, which disturbs the measurement
 * @property {number} [heap] the part of a memory row that is JavaScript's heap, in KiB
 * @property {number} [p50] milliseconds
 * @property {number} [p99] milliseconds
 */

/**
 * A piece of work, done until the time is over and everything sent has arrived.
 * @callback Work
 * @param {number} seconds when to stop sending
 * @param {boolean} warming whether this only warms the server up
 * @returns {Promise<number>} how many units of work were done
 */

/**
 * @typedef {object} Settings
 * @property {string} workload
 * @property {string} implementation
 * @property {string[]} rows which rows of the workload to measure
 * @property {number} seconds how long a row sends
 * @property {boolean} quick
 * @property {string} [profiles] a folder for CPU profiles of the server
 */

/** CPU seconds that all cores together have been busy since the machine started. */
const machineBusy = () =>
  cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) / 1000, 0);

export class Bench {
  /** Of one kind: WebSocketClient or PollingClient. @type {any[]} */
  clients = [];
  /** Filled by the workload while a row is measured, in milliseconds. @type {number[]} */
  latencies = [];
  #settings;
  #publish;
  #fail;
  /** @type {ServerProcess | undefined} */
  #server;
  #opened = 0;

  /**
   * @param {Settings} settings
   * @param {(row: string, metrics: Metrics) => void} publish
   * @param {(error: Error) => void} fail ends the run
   */
  constructor(settings, publish, fail) {
    this.#settings = settings;
    this.#publish = publish;
    this.#fail = fail;
  }

  get implementation() {
    return this.#settings.implementation;
  }

  get seconds() {
    return this.#settings.seconds;
  }

  get quick() {
    return this.#settings.quick;
  }

  /** @param {string} row whether it was asked for */
  wants(row) {
    return this.#settings.rows.includes(row);
  }

  async startServer() {
    this.#server = await ServerProcess.start(this.#settings.implementation, this.#settings.workload);
  }

  /** Gives server and load a core each. */
  pin() {
    pinToCores(this.#server.pid, process.pid);
  }

  stopServer() {
    this.#server?.stop();
  }

  serverMemory() {
    return this.#server.memory();
  }

  serverCpu() {
    return this.#server.cpu();
  }

  /** Ends the run because something did not happen as it must. @param {string} message */
  fail(message) {
    this.#fail(new Error(message));
  }

  /**
   * Opens WebSocket connections that join the main namespace, added to `clients`.
   * @param {number} count
   * @param {{query?: (index: number) => string, deflate?: boolean, concurrency?: number, onReady?: (milliseconds: number) => void}} [how]
   *   `concurrency`: handshakes under way at a time (default 64); `onReady` gets the time from the start of the TCP connection
   */
  connect(count, { query = () => '', deflate = false, concurrency = 64, onReady } = {}) {
    const { port } = this.#server;
    return this.#open(count, concurrency, (index, ready) => {
      const start = performance.now();
      const target = { port, localAddress: this.#localAddress(), request: upgradeRequest(port, query(index), deflate) };
      const onConnected = () => {
        onReady?.(performance.now() - start);
        ready();
      };
      return new WebSocketClient(index, target, onConnected, this.#fail);
    });
  }

  /** Opens long-polling sessions that join the main namespace, added to `clients`. @param {number} count */
  connectPolling(count) {
    const { port } = this.#server;
    return this.#open(count, 16, (index, ready) => new PollingClient(index, port, ready, this.#fail));
  }

  #open(count, concurrency, create) {
    const first = this.clients.length;
    let started = 0;
    let finished = 0;
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        const ready = () => {
          if (++finished === count) resolve();
          else next();
        };
        const next = () => {
          if (started < count) {
            const index = first + started++;
            this.clients[index] = create(index, ready);
          }
        };
        for (let index = 0; index < concurrency; index++) next();
      })
    );
  }

  #localAddress() {
    return SOURCE_ADDRESSES ? `127.0.0.${2 + (this.#opened++ % SOURCE_ADDRESSES)}` : undefined;
  }

  disconnect() {
    for (const client of this.clients) client.close();
    this.clients = [];
  }

  /**
   * Measures a row: the server's CPU time from idle to idle, divided by the units of work done in between.
   * @param {string} row
   * @param {Work} work
   * @param {{warmUp?: number}} [how] seconds of the same work beforehand, not measured
   */
  async measure(row, work, { warmUp = 0.5 } = {}) {
    if (!this.wants(row)) return;
    if (warmUp > 0) await work(warmUp, true);
    this.latencies = [];
    const { profiles } = this.#settings;
    if (profiles) await this.#server.startProfile();
    const serverBefore = await this.#server.cpu();
    const machineBefore = machineBusy();
    const loadBefore = process.cpuUsage();
    const start = performance.now();
    const units = await work(this.seconds, false);
    const elapsed = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(loadBefore);
    const cpu = (await this.#server.cpu()) - serverBefore;
    const others = machineBusy() - machineBefore - (cpu + user + system) / 1e6;
    if (profiles) {
      const summary = await this.#server.stopProfile(`${profiles}/${row}-${this.implementation}.cpuprofile`);
      console.error(`\n${row}, ${this.implementation}: own time of the server's functions\n${summary}\n`);
    }
    const latencies = Float64Array.from(this.latencies).sort();
    this.publish(row, {
      cost: cpu / units,
      throughput: units / elapsed,
      serverBusy: cpu / 1e6 / elapsed,
      loadBusy: (user + system) / 1e6 / elapsed,
      othersBusy: Math.max(0, others / elapsed),
      ...(latencies.length > 0 && { p50: percentile(latencies, 50), p99: percentile(latencies, 99) }),
    });
  }

  /** @param {string} row @param {Metrics} metrics */
  publish(row, metrics) {
    if (this.wants(row)) this.#publish(row, metrics);
  }
}
