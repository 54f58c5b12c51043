import type { Clock, Timer } from '../../core/clock.js';

interface Scheduled extends Timer {
  due: number;
  readonly order: number;
  readonly every: number | undefined;
  readonly background: boolean;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  #now = 0;
  #order = 0;
  #timers = new Set<Scheduled>();
  #endOfTurn: (() => void)[] = [];
  /** How many timers were ever set: what a structure that promises few is held to. */
  timersSet = 0;
  /** How many times `endOfTurn` was asked for. */
  turnsAsked = 0;

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delay: number, background = false): Timer {
    return this.#schedule(callback, delay, undefined, background);
  }

  setInterval(callback: () => void, delay: number): Timer {
    return this.#schedule(callback, delay, delay, true);
  }

  endOfTurn(callback: () => void): void {
    this.turnsAsked++;
    this.#endOfTurn.push(callback);
  }

  #schedule(callback: () => void, delay: number, every: number | undefined, background: boolean): Timer {
    this.timersSet++;
    const timer: Scheduled = {
      due: this.#now + delay,
      order: this.#order++,
      every,
      background,
      callback,
      cancel: () => this.#timers.delete(timer),
    };
    this.#timers.add(timer);
    return timer;
  }

  /** Timers that are still going to fire. */
  get pending(): number {
    return this.#timers.size;
  }

  /** ... of which these keep a process alive. */
  get pendingForeground(): number {
    return [...this.#timers].filter((timer) => !timer.background).length;
  }

  /** Ends the turn: what was asked for while it ends belongs to the next one. */
  endTurn(): void {
    const callbacks = this.#endOfTurn;
    this.#endOfTurn = [];
    for (const callback of callbacks) callback();
  }

  /** Whether somebody waits for the end of this turn. */
  get isTurnOpen(): boolean {
    return this.#endOfTurn.length > 0;
  }

  /** Ends turns until nobody asks for another. */
  endTurns(): void {
    for (let turns = 0; this.isTurnOpen; turns++) {
      if (turns === 1000) throw new Error('the turns do not end');
      this.endTurn();
    }
  }

  /** Moves the time; what falls due on the way fires at its time, in order, each in a turn of its own. */
  advance(milliseconds: number): void {
    const target = this.#now + milliseconds;
    for (let next = this.#next(target); next !== undefined; next = this.#next(target)) {
      this.#now = Math.max(this.#now, next.due);
      if (next.every === undefined) this.#timers.delete(next);
      else next.due = this.#now + next.every;
      next.callback();
      this.endTurns();
    }
    this.#now = target;
  }

  /** The process does not run while the time moves; what fell due fires late, before anything that has arrived is read. */
  block(milliseconds: number): void {
    this.#now += milliseconds;
    this.advance(0);
  }

  #next(target: number): Scheduled | undefined {
    let next: Scheduled | undefined;
    for (const timer of this.#timers) {
      if (timer.due > target) continue;
      if (next === undefined || timer.due < next.due || (timer.due === next.due && timer.order < next.order))
        next = timer;
    }
    return next;
  }
}
