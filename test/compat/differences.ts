import type { Mode, Records } from '../support/compat/types.js';

/** A place where carillon differs on purpose. */
export interface Difference {
  /** The scenario's name. */
  readonly scenario: string;
  /** The mode; every mode of the scenario by default. */
  readonly mode?: Mode;
  /** Which package differs; a difference of the server holds for every client it is paired with. */
  readonly side: 'server' | 'client';
  /** Why, in the words of a line in docs/differences.md. */
  readonly reason: string;
  /** What carillon records instead, made from what the oracle recorded. */
  expected(oracle: Records): Records;
}

export const differences: readonly Difference[] = [];
