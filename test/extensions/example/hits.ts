// The worked example of docs/extensions.md: an extension that stands on `carillon/extension` alone, as yours would.
import { type Extension, type ExtensionSocket, extend, type LogEntry } from '../../../core/extension.js';

export interface HitsOptions {
  /** Hits that the history holds. @default 1000 */
  maxHistory?: number;
}

/** What the application gets. */
export interface Hits {
  /** How many hits there were, on all nodes. */
  total(): Promise<number>;
  /** How many clients watch, on all nodes. */
  watching(): Promise<number>;
}

/** Clients that watch are in this room; applications do not name rooms like that. */
const ROOM = 'carillon:hits';

/**
 * Counts hits of pages. Clients speak to it in ordinary events:
 *
 * | event | arguments | answer |
 * |---|---|---|
 * | `carillon:hits:add` | page | its number |
 * | `carillon:hits:watch` | number of the last hit that is known, or 0 | `{ last, isComplete }`, behind the hits that were missed |
 * | `carillon:hits:hit` (to clients) | number, page | |
 *
 * `GET <path>/hits` answers with `{ "total": 3, "watching": 1 }`.
 */
export function hits(io: object, { maxHistory = 1000 }: HitsOptions = {}): Hits {
  const face = extend(io, 'hits');
  const { cluster } = face;
  const store = face.store('hits');
  const history = store.log('history', { maxEntries: maxHistory, maxBytes: 1_000_000, maxAge: 24 * 60 * 60 * 1000 });
  const totals = store.map('totals', { maxBytes: 1000 });

  // Every node hears of every hit, in one order, and tells its own clients.
  face.onClose(
    history.follow((entry) => {
      const target = { rooms: new Set([ROOM]), flags: { local: true } };
      face.namespace('/')?.deliver(target, 'carillon:hits:hit', entry.position, pageOf(entry));
    }),
  );

  const add = async (page: unknown, answer: (position: unknown) => void): Promise<void> => {
    if (typeof page !== 'string' || page.length > 200) return answer({ error: 'a page is a text of 200 characters' });
    await count(totals);
    answer(await history.append(Buffer.from(page)));
  };

  const watch = async (socket: ExtensionSocket, since: unknown, answer: (value: unknown) => void): Promise<void> => {
    const deliver = (entry: LogEntry): void => face.notice(socket, 'hits:hit', entry.position, pageOf(entry));
    const { last, isComplete } = await face.join(socket, { log: history, room: ROOM, since: Number(since), deliver });
    answer({ last, isComplete });
  };

  face.incoming('/', (event) => {
    const [name, argument] = event.data;
    const fail = (error: unknown): void => face.report(error, 'hits');
    if (name === 'carillon:hits:add') add(argument, event.answer).catch(fail);
    else if (name === 'carillon:hits:watch') watch(event.socket, argument, event.answer).catch(fail);
    else return true;
    return false;
  });

  const watchingHere = (): number =>
    face
      .sockets('/')
      .list()
      .filter(({ rooms }) => rooms.has(ROOM)).length;
  face.onClose(cluster.handle('hits:watching', () => Buffer.from(`${watchingHere()}`)));

  const api: Hits = {
    async total() {
      return Number((await totals.get('all')) ?? 0);
    },
    async watching() {
      const { answers } = await cluster.request('hits:watching', Buffer.alloc(0));
      return [...answers.values()].reduce((sum, answer) => sum + Number(answer), watchingHere());
    },
  };
  face.http('hits', async (_request, response) => {
    const answer = { total: await api.total(), watching: await api.watching() };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
  return api;
}

function pageOf(entry: LogEntry): string {
  return entry.payload.toString();
}

/** Two nodes may count at the same time: whoever comes second tries again. */
async function count(totals: ReturnType<ReturnType<Extension['store']>['map']>): Promise<void> {
  for (;;) {
    const before = await totals.get('all');
    const after = Buffer.from(`${Number(before ?? 0) + 1}`);
    if (await totals.compareAndSet('all', before, after, 365 * 24 * 60 * 60 * 1000)) return;
  }
}
