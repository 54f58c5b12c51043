import type { Mode, Records } from '../support/compat/types.js';

/** A way in which carillon differs on purpose. */
export interface Difference {
  /** Why, in the words of one line in docs/differences.md. */
  readonly reason: string;
  /** The names of the scenarios that show it. */
  readonly scenarios: readonly string[];
  /** The modes in which it shows; every mode of the scenarios by default. */
  readonly modes?: readonly Mode[];
  /** Which package differs; a difference of the server holds for every client it is paired with. */
  readonly side: 'server' | 'client';
  /** What carillon records instead, made from what the oracle recorded (or from what an earlier entry made of it). */
  expected(records: Records): Records;
}

/** An `expected` that puts one text for another wherever it stands in the records. */
export function replacing(text: string | RegExp, by: string): Difference['expected'] {
  return (records) =>
    Object.fromEntries(
      Object.entries(records).map(([channel, lines]) => [channel, lines.map((line) => line.replaceAll(text, by))]),
    );
}

/** An `expected` that has these lines in a channel. */
export function channel(name: string, lines: string[]): Difference['expected'] {
  return (records) => ({ ...records, [name]: lines });
}

/** In order: what an entry makes of a record is what the next one starts from. */
export const differences: readonly Difference[] = [];
