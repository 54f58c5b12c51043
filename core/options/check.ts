import { OptionError } from '../errors.js';

/** Milliseconds; Node takes a timer of more for one of 1 ms. Source: Node.js documentation, `setTimeout`. */
const MAX_TIME = 2_147_483_647;

/** Reads a number that was checked before: an option whose default follows from another comes after it. */
export type Settled = (name: string) => number;

/**
 * Checks the value of one option, and fills in its default: one row of a table.
 *
 * @param name as an error says it.
 * @throws OptionError with the option's name, its value and what is allowed.
 */
export type Check<T> = (value: unknown, name: string, settled: Settled) => T;

/** A row for each option of an interface. */
export type Table<Options> = { readonly [Name in keyof Options]-?: Check<unknown> };

/** What a table makes of the options it is given. */
export type Checked<Rows> = { readonly [Name in keyof Rows]: Rows[Name] extends Check<infer T> ? T : never };

/**
 * Checks options against a table, in the order of its rows. What is given is not changed.
 *
 * @param settled where rows find numbers of other tables.
 * @param prefix of the names, in errors.
 */
export function checkAll<Rows extends Record<string, Check<unknown>>>(
  rows: Rows,
  given: object,
  settled?: Settled,
  prefix = '',
): Checked<Rows> {
  const values = given as Record<string, unknown>;
  const checked: Record<string, unknown> = {};
  const lookUp: Settled = (name) => (checked[name] as number | undefined) ?? settled?.(name) ?? Number.NaN;
  for (const [name, check] of Object.entries(rows)) checked[name] = check(values[name], prefix + name, lookUp);
  return checked as Checked<Rows>;
}

/** Not given: `undefined`, or `null`, as configuration files say it. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** A number. @param fallback its default; a function, when that follows from other options. */
export function number(
  fallback: number | ((settled: Settled) => number),
  minimum: number,
  maximum = Number.POSITIVE_INFINITY,
): Check<number> {
  const allowed = Number.isFinite(maximum)
    ? `a number from ${minimum} to ${maximum}`
    : `a number of at least ${minimum}`;
  return (value, name, settled) => {
    if (isAbsent(value)) return typeof fallback === 'function' ? fallback(settled) : fallback;
    if (typeof value === 'number' && value >= minimum && value <= maximum) return value;
    throw new OptionError(name, value, allowed);
  };
}

/** A number of at least 1. */
export function positive(fallback: number | ((settled: Settled) => number)): Check<number> {
  return number(fallback, 1);
}

/** Milliseconds that a timer can wait. */
export function time(fallback: number, minimum = 1): Check<number> {
  return number(fallback, minimum, MAX_TIME);
}

export function flag(fallback: boolean): Check<boolean> {
  return (value, name) => {
    if (isAbsent(value)) return fallback;
    if (typeof value === 'boolean') return value;
    throw new OptionError(name, value, 'true or false');
  };
}

/** One of several words. @param allowed what the error says; default: the words. */
export function oneOf<Word extends string>(
  words: readonly Word[],
  fallback: Word,
  allowed = `one of ${quoted(words)}`,
): Check<Word> {
  return (value, name) => {
    if (isAbsent(value)) return fallback;
    if (words.includes(value as Word)) return value as Word;
    throw new OptionError(name, value, allowed);
  };
}

/** A function, or nothing. @param shape its parameters, as the error says them. */
export function callback<Fn extends (...args: never[]) => unknown>(shape: string): Check<Fn | undefined> {
  return (value, name) => {
    if (isAbsent(value)) return undefined;
    if (typeof value === 'function') return value as Fn;
    throw new OptionError(name, value, `a function ${shape}`);
  };
}

/** Options within an option, checked by a table of their own and frozen. @param allowed what the error says. */
export function group<Rows extends Record<string, Check<unknown>>>(
  rows: Rows,
  allowed: string,
): Check<Readonly<Checked<Rows>>> {
  return (value, name, settled) => {
    if (typeof value !== 'object' || value === null) throw new OptionError(name, value, allowed);
    return Object.freeze(checkAll(rows, value, settled, `${name}.`));
  };
}

/** What is absent is off. @param off other words for it. */
export function ifGiven<T>(check: Check<T>, off: readonly unknown[] = []): Check<T | undefined> {
  return (value, name, settled) => (isAbsent(value) || off.includes(value) ? undefined : check(value, name, settled));
}

/** What is absent or `false` is off; `true` means all defaults. */
export function offUnlessGiven<T>(check: Check<T>): Check<T | undefined> {
  return (value, name, settled) => {
    if (isAbsent(value) || value === false) return undefined;
    return check(value === true ? {} : value, name, settled);
  };
}

/** `false` is off; what is absent, or `true`, means all defaults. */
export function onUnlessFalse<T>(check: Check<T>): Check<T | undefined> {
  return (value, name, settled) => {
    if (value === false) return undefined;
    return check(isAbsent(value) || value === true ? {} : value, name, settled);
  };
}

/** Anything, as it is. */
export function anything(): Check<any> {
  return (value) => value;
}

export function quoted(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(', ');
}
