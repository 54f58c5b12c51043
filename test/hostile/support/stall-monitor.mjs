const INTERVAL = 5;

/**
 * The longest time the event loop was busy in one go. A pause only counts as far as the process used the processor in it:
 * a machine that gives its time to others must not look like a server that stalls.
 */
export class StallMonitor {
  #timer;
  #longest = 0;
  #wall = 0;
  #cpu = 0;

  start() {
    this.#longest = 0;
    this.#mark();
    this.#timer = setInterval(() => {
      const wall = performance.now() - this.#wall - INTERVAL;
      const cpu = cpuTime() - this.#cpu;
      this.#longest = Math.max(this.#longest, Math.min(wall, cpu));
      this.#mark();
    }, INTERVAL);
  }

  /** Milliseconds. */
  stop() {
    clearInterval(this.#timer);
    return this.#longest;
  }

  #mark() {
    this.#wall = performance.now();
    this.#cpu = cpuTime();
  }
}

function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
