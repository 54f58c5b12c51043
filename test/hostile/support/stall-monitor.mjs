import { openSync, readSync } from 'node:fs';

const INTERVAL = 5;

/**
 * The longest turn of the event loop, by the processor and by the clock.
 *
 * The processor's time is that of the main thread alone: neither a machine that gives its time to others nor a garbage
 * collector beside the main thread looks like a server that stalls. A timer is due at most once a turn, so what lies
 * between two of its calls is one turn and the 5 ms before it.
 */
export class StallMonitor {
  #timer;
  #longest = { cpu: 0, wall: 0 };
  #wall = 0;
  #cpu = 0;

  start() {
    clearInterval(this.#timer);
    this.#longest = { cpu: 0, wall: 0 };
    this.#mark();
    this.#timer = setInterval(() => {
      this.#longest.cpu = Math.max(this.#longest.cpu, cpuTime() - this.#cpu);
      this.#longest.wall = Math.max(this.#longest.wall, performance.now() - this.#wall - INTERVAL);
      this.#mark();
    }, INTERVAL);
  }

  /** @returns {{ cpu: number, wall: number }} milliseconds. */
  stop() {
    clearInterval(this.#timer);
    return this.#longest;
  }

  #mark() {
    this.#wall = performance.now();
    this.#cpu = cpuTime();
  }
}

/** Milliseconds the main thread has used so far; where the system does not tell them apart, all threads together. */
const cpuTime = mainThreadClock();

function mainThreadClock() {
  if (process.platform === 'linux') {
    // Its first number is nanoseconds on a processor; see proc(5).
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
    const text = Buffer.alloc(64);
    return () => Number.parseInt(text.latin1Slice(0, readSync(file, text, 0, text.length, 0)), 10) / 1e6;
  }
  const usage = process.threadCpuUsage ?? process.cpuUsage;
  return () => {
    const { user, system } = usage.call(process);
    return (user + system) / 1000;
  };
}
