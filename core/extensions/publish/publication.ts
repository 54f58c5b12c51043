import { PublishError } from '../../errors.js';
import { type Extension, isReservedName } from '../../extension.js';

/** One event to emit, as it comes in over HTTP. */
interface Publication {
  namespace: string;
  event: string;
  args: unknown[];
  rooms: string[];
  except: string[];
  volatile: boolean;
  compress: boolean;
}

/** Where the events go. */
export type Publisher = Pick<Extension, 'namespace' | 'servesNamespace'>;

/** Events in one request. */
const MAX_PUBLICATIONS = 1000;

const MEMBERS: ReadonlySet<string> = new Set([
  'namespace',
  'event',
  'args',
  'rooms',
  'except',
  'volatile',
  'compress',
] satisfies (keyof Publication)[]);

/**
 * Emits what a request to the publish endpoint asks for: one publication, or an array of them. All of them, or none.
 *
 * @returns the number of events.
 * @throws PublishError with the member that was wrong and what is allowed.
 */
export function publish(publisher: Publisher, body: unknown): number {
  const list = Array.isArray(body) ? body : [body];
  if (list.length === 0 || list.length > MAX_PUBLICATIONS)
    throw new PublishError(`an array has 1 to ${MAX_PUBLICATIONS} events, not ${list.length}`);
  // All of them, before a pattern makes a namespace for one of them.
  const publications = list.map((each, index) => check(each, Array.isArray(body) ? `[${index}]` : ''));
  const unserved = publications.find(({ namespace }) => !publisher.servesNamespace(namespace));
  if (unserved) throw new PublishError(`there is no namespace ${JSON.stringify(unserved.namespace)}`, 404);
  for (const { namespace, rooms, except, volatile, compress, event, args } of publications) {
    const target = {
      rooms: new Set(rooms),
      except: new Set(except),
      flags: volatile ? { compress, volatile } : { compress },
    };
    publisher.namespace(namespace)?.emit(target, event, ...args);
  }
  return publications.length;
}

function check(value: unknown, place: string): Publication {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PublishError(`${place || 'the body'} is not an object such as {"event":"news","args":["hello"]}`);
  for (const name of Object.keys(value)) {
    if (!MEMBERS.has(name)) throw new PublishError(`${place}"${name}" is not one of ${[...MEMBERS].join(', ')}`);
  }
  const given = value as Partial<Record<keyof Publication, unknown>>;
  const { namespace = '/', event, args = [] } = given;
  if (typeof event !== 'string' || event === '') throw new PublishError(`${place}"event" is the name of the event`);
  if (isReservedName(event)) throw new PublishError(`${place}"event" is reserved: ${JSON.stringify(event)}`);
  if (typeof namespace !== 'string') throw new PublishError(`${place}"namespace" is a name such as "/orders"`);
  if (!Array.isArray(args)) throw new PublishError(`${place}"args" is an array`);
  return {
    namespace: namespace.startsWith('/') ? namespace : `/${namespace}`,
    event,
    args,
    rooms: rooms(given.rooms, `${place}"rooms"`),
    except: rooms(given.except, `${place}"except"`),
    volatile: flag(given.volatile, false, `${place}"volatile"`),
    compress: flag(given.compress, true, `${place}"compress"`),
  };
}

function rooms(value: unknown, name: string): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((room) => typeof room === 'string')) return value;
  throw new PublishError(`${name} is an array of names`);
}

function flag(value: unknown, fallback: boolean, name: string): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw new PublishError(`${name} is true or false`);
}
