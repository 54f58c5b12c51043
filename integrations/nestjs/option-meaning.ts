import { isDeepStrictEqual } from 'node:util';

/**
 * Whether two gateways ask for the same, however they write it: `cors: true` is `cors: { origin: '*' }`, a list of one is
 * its only entry, and the order of transports or of keys says nothing. Functions with the same text are taken to be the
 * same: decorators are written per file, and each file has its own copy of `(origin, callback) => callback(null, true)`.
 *
 * @param name of the option.
 */
export function meanTheSame(name: string, first: unknown, second: unknown): boolean {
  return isDeepStrictEqual(meaningOf(name, first), meaningOf(name, second));
}

function meaningOf(name: string, value: unknown): unknown {
  switch (name) {
    case 'cors':
      return corsMeaning(value);
    case 'transports':
    case 'origins':
      return sorted(value);
    default:
      return plain(value);
  }
}

/** With the defaults that the package `cors` has. */
function corsMeaning(value: unknown): unknown {
  if (value === true) return corsMeaning({});
  if (typeof value !== 'object' || value === null) return plain(value);
  const {
    origin = '*',
    methods = 'GET,HEAD,PUT,PATCH,POST,DELETE',
    allowedHeaders,
    exposedHeaders,
    ...rest
  } = value as Record<string, unknown>;
  const defaults = { credentials: false, preflightContinue: false, optionsSuccessStatus: 204 };
  return plain({
    ...defaults,
    ...rest,
    origin: sorted(origin),
    methods: headerList(methods),
    allowedHeaders: headerList(allowedHeaders),
    exposedHeaders: headerList(exposedHeaders),
  });
}

/** Comma-separated text and a list mean the same in headers. */
function headerList(value: unknown): unknown {
  if (typeof value === 'string') return sorted(value.split(',').map((each) => each.trim()));
  return sorted(value);
}

function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return [plain(value)];
  const items = [...new Set(value.map(plain))];
  return items.sort((a, b) => (String(a) < String(b) ? -1 : 1));
}

/** Without what is `undefined`, and functions as their text. */
function plain(value: unknown): unknown {
  if (typeof value === 'function') return `function ${value}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries.map(([name, entry]) => [name, plain(entry)]));
}
