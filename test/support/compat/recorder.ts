import { format } from './format.js';
import type { Records } from './types.js';
import { bounded } from './wait.js';

/** An id as both packages make them: twenty characters of the URL-safe base64 alphabet. */
const idPattern = /(?<![\w-])[\w-]{20}(?![\w-])/g;
const hostPattern = /(?:127\.0\.0\.1|localhost|\[::1\]):\d+/g;

/**
 * Takes down what a scenario observes. Values are formatted at once (they may change later); what differs from run to
 * run (ids, ports, values named by the scenario) is replaced by a stable name when the run is over.
 *
 * Order is kept within a channel and not compared across channels: what the server sees and what a client sees
 * happens in two places, and nobody can tell which came first.
 */
export class Recorder {
  readonly #channels = new Map<string, string[]>();
  readonly #names = new Map<string, string>();
  readonly #waiting = new Set<() => void>();
  #finished = false;

  record(channel: string, label: string, ...values: unknown[]): void {
    if (this.#finished) return;
    const lines = this.#channels.get(channel) ?? [];
    lines.push([label, ...values.map(format)].join(' '));
    this.#channels.set(channel, lines);
    for (const check of this.#waiting) check();
  }

  /** Replaces `value` by `<name>` wherever it stands in the records. */
  name(value: string, name: string): void {
    this.#names.set(value, `<${name}>`);
  }

  /** Resolves when `channel` holds at least `count` lines. */
  reached(channel: string, count: number): Promise<void> {
    const lines = () => this.#channels.get(channel) ?? [];
    let check = () => {};
    const reached = new Promise<void>((resolve) => {
      check = () => {
        if (lines().length >= count) resolve();
      };
      this.#waiting.add(check);
      check();
    });
    return bounded(reached, () => `${count} records in ${channel}, has ${lines().length}`).finally(() =>
      this.#waiting.delete(check),
    );
  }

  /** Ends the recording and gives the normalised records. */
  finish(): Records {
    this.#finished = true;
    const ids = new Map<string, string>();
    const channels = [...this.#channels].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      channels.map(([channel, lines]) => [channel, lines.map((line) => this.#normalise(line, ids))]),
    );
  }

  #normalise(line: string, ids: Map<string, string>): string {
    let result = line;
    // The longest first: one value may be the beginning of another.
    const names = [...this.#names].sort(([a], [b]) => b.length - a.length);
    for (const [value, name] of names) result = result.replace(asWord(value), name);
    result = result.replace(hostPattern, '<host>');
    return result.replace(idPattern, (id) => {
      // Words of twenty letters exist, too; an id without both cases would be one in millions.
      if (!/[a-z]/.test(id) || !/[A-Z]/.test(id)) return id;
      const known = ids.get(id) ?? `<id ${ids.size + 1}>`;
      ids.set(id, known);
      return known;
    });
  }
}

/** Finds a value where it stands alone, not as a part of a longer word. */
function asWord(value: string): RegExp {
  return new RegExp(`(?<![\\w-])${value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-])`, 'g');
}
