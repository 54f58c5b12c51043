// What every store of extensions promises: logs and maps, the same seen from each node.
import type { ExtensionStore, LogEntry, LogLimits, MapLimits } from '../../../core/extension.js';
import { until } from '../adapter/node.js';

/** Nodes that share what is kept. */
export interface SharedStore {
  /** The store of this name, as each node sees it; two at least. */
  open(name: string): ExtensionStore[];
  /** Lets time go by. */
  pass(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

const bytes = (text: string): Buffer => Buffer.from(text);
const texts = (entries: readonly LogEntry[]): string[] => entries.map(({ payload }) => payload.toString());
const positions = (entries: readonly LogEntry[]): number[] => entries.map(({ position }) => position);

const LOG: LogLimits = { maxEntries: 100, maxBytes: 1_000_000, maxAge: 60_000 };
const MAP: MapLimits = { maxBytes: 1_000_000 };
const LONG = 60_000;

/** Binary, and what is a mark elsewhere. */
const ODD = Buffer.from([0, 10, 13, 255, 36, 58]);

export function storeContract(name: string, start: () => Promise<SharedStore>): void {
  describe(`store: ${name}`, () => {
    let shared: SharedStore;
    let count = 0;

    beforeAll(async () => {
      shared = await start();
    });
    afterAll(() => shared.stop());

    function logs(limits: Partial<LogLimits> = {}) {
      const stores = shared.open(`logs-${++count}`);
      const [a, b] = stores.map((store) => store.log('events', { ...LOG, ...limits }));
      return { a: a!, b: b!, stores };
    }
    function maps(limits: Partial<MapLimits> = {}) {
      const stores = shared.open(`maps-${++count}`);
      const [a, b] = stores.map((store) => store.map('values', { ...MAP, ...limits }));
      return { a: a!, b: b!, stores };
    }

    describe('a log', () => {
      test('counts from 1, in one order for all', async () => {
        const { a, b } = logs();
        expect(await a.append(bytes('one'))).toBe(1);
        expect(await b.append(bytes('two'))).toBe(2);
        expect(await a.append(ODD)).toBe(3);
        const page = await b.read(0);
        expect(page).toMatchObject({ isComplete: true, last: 3 });
        expect(positions(page.entries)).toEqual([1, 2, 3]);
        expect(page.entries[2]!.payload.equals(ODD)).toBe(true);
        expect(texts((await a.read(1)).entries)).toEqual(['two', ODD.toString()]);
        expect(texts((await a.read(0, 2)).entries)).toEqual(['one', 'two']);
        expect((await a.read(3)).entries).toEqual([]);
        expect((await a.read(0)).epoch).toBe(page.epoch);
      });

      test('is empty before, and says so when somebody has seen more than there is', async () => {
        const { a, b } = logs();
        const page = await a.read(0);
        expect(page).toMatchObject({ isComplete: true, last: 0, entries: [] });
        expect((await b.read(0)).epoch).toBe(page.epoch);
        expect((await a.read(5)).isComplete).toBe(false);
      });

      test('is one of its own for each name', async () => {
        const { a, stores } = logs();
        await a.append(bytes('x'));
        expect((await stores[1]!.log('others', LOG).read(0)).last).toBe(0);
        expect((await shared.open(`logs-${++count}`)[0]!.log('events', LOG).read(0)).last).toBe(0);
      });

      test('keeps so many entries, and tells what is gone', async () => {
        const { a, b } = logs({ maxEntries: 3 });
        for (let i = 1; i <= 5; i++) await a.append(bytes(`${i}`));
        expect(await b.read(0)).toMatchObject({ isComplete: false, last: 5 });
        expect(positions((await b.read(0)).entries)).toEqual([3, 4, 5]);
        expect((await b.read(2)).isComplete).toBe(true);
        expect((await b.read(1)).isComplete).toBe(false);
      });

      test('keeps so many bytes', async () => {
        const { a, b } = logs({ maxBytes: 5000 });
        for (let i = 0; i < 10; i++) await a.append(Buffer.alloc(1000, i));
        const { entries, last } = await b.read(0);
        expect(last).toBe(10);
        expect(entries.length).toBeGreaterThanOrEqual(3);
        expect(entries.length).toBeLessThan(5);
        await a.append(Buffer.alloc(6000));
        expect((await b.read(0)).entries).toEqual([]);
      });

      test('keeps entries for a while, and its positions for longer', async () => {
        const { a, b } = logs({ maxAge: 200 });
        await a.append(bytes('old'));
        const { epoch } = await b.read(0);
        await shared.pass(250);
        expect(await b.read(0)).toEqual({ epoch, isComplete: false, last: 1, entries: [] });
        expect(await b.append(bytes('new'))).toBe(2);
        expect(await a.read(2)).toEqual({ epoch, isComplete: true, last: 2, entries: [] });
      });

      test('tells the followers on every node, in order, each once', async () => {
        const { a, b } = logs();
        await a.append(bytes('before'));
        const heard: LogEntry[][] = [[], []];
        const stops = [a.follow((entry) => heard[0]!.push(entry)), b.follow((entry) => heard[1]!.push(entry))];
        await b.read(0);
        const appending = Array.from({ length: 20 }, (_, i) => (i % 2 ? a : b).append(bytes(`${i}`)));
        const appended = await Promise.all(appending);
        expect([...appended].sort((x, y) => x - y)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
        await until(() => heard.every((each) => each.length >= 20));
        const page = await a.read(1);
        for (const each of heard) {
          expect(positions(each)).toEqual(positions(page.entries));
          expect(texts(each)).toEqual(texts(page.entries));
        }
        stops[0]!();
        stops[0]!();
        await a.append(bytes('last'));
        await until(() => heard[1]!.length === 21);
        expect(heard[0]).toHaveLength(20);
        stops[1]!();
      });

      test('who follows and appends then hears of it', async () => {
        const { a } = logs();
        const heard: LogEntry[] = [];
        const stop = a.follow((entry) => heard.push(entry));
        await a.append(bytes('x'));
        await until(() => heard.length > 0);
        expect(texts(heard)).toEqual(['x']);
        stop();
      });

      test('when it has been read, the followers have been told of what is in it', async () => {
        const { a, b } = logs();
        const heard: LogEntry[] = [];
        const stop = b.follow((entry) => heard.push(entry));
        for (let i = 0; i < 5; i++) {
          const position = await a.append(bytes(`${i}`));
          const page = await b.read(0);
          expect(page.last).toBe(position);
          expect(heard.length).toBeGreaterThanOrEqual(page.last);
        }
        expect(texts(heard)).toEqual(['0', '1', '2', '3', '4']);
        stop();
      });
    });

    describe('a map', () => {
      test('keeps values for all', async () => {
        const { a, b } = maps();
        expect(await b.get('x')).toBeUndefined();
        await a.set('x', ODD, LONG);
        expect((await b.get('x'))!.equals(ODD)).toBe(true);
        await b.set('x', bytes('other'), LONG);
        await b.set('', bytes('empty'), LONG);
        expect(String(await a.get('x'))).toBe('other');
        expect(await a.delete('x')).toBe(true);
        expect(await b.delete('x')).toBe(false);
        expect(await b.get('x')).toBeUndefined();
        expect((await a.entries()).map(([key, value]) => [key, String(value)])).toEqual([['', 'empty']]);
      });

      test('sets a value only while it is what was expected', async () => {
        const { a, b } = maps();
        expect(await a.compareAndSet('x', bytes('no'), bytes('1'), LONG)).toBe(false);
        expect(await a.compareAndSet('x', undefined, bytes('1'), LONG)).toBe(true);
        expect(await b.compareAndSet('x', undefined, bytes('2'), LONG)).toBe(false);
        expect(await b.compareAndSet('x', bytes('1'), bytes(''), LONG)).toBe(true);
        expect(await a.compareAndSet('x', undefined, bytes('3'), LONG)).toBe(false);
        expect(await a.compareAndSet('x', bytes(''), bytes('3'), LONG)).toBe(true);
        expect(String(await b.get('x'))).toBe('3');
        const winners = await Promise.all(
          [a, b, a, b].map((map, i) => map.compareAndSet('y', undefined, bytes(`${i}`), LONG)),
        );
        expect(winners.filter((won) => won)).toHaveLength(1);
      });

      test('forgets what has had its time', async () => {
        const { a, b } = maps();
        await a.set('short', bytes('1'), 200);
        await a.set('shortened', bytes('2'), LONG);
        await a.set('long', bytes('3'), LONG);
        expect(await b.expire('shortened', 200)).toBe(true);
        expect(await b.expire('nothing', LONG)).toBe(false);
        await shared.pass(250);
        expect(await b.get('short')).toBeUndefined();
        expect((await b.entries()).map(([key]) => key)).toEqual(['long']);
        expect(await b.expire('short', LONG)).toBe(false);
        expect(await b.delete('short')).toBe(false);
        expect(await b.compareAndSet('short', undefined, bytes('new'), LONG)).toBe(true);
        expect(await a.expire('long', 100)).toBe(true);
        await shared.pass(150);
        expect(await b.get('long')).toBeUndefined();
      });

      test('keeps so many bytes; what was set first goes first', async () => {
        const { a, b } = maps({ maxBytes: 5000 });
        for (let i = 0; i < 10; i++) await a.set(`${i}`, Buffer.alloc(1000), LONG);
        await b.set('7', Buffer.alloc(1000), LONG);
        const keys = (await b.entries()).map(([key]) => key);
        expect(keys).toEqual(['6', '8', '9', '7']);
        await a.set('huge', Buffer.alloc(6000), LONG);
        expect(await b.entries()).toEqual([]);
      });
    });

    test.each([{ maxEntries: 0 }, { maxBytes: Number.POSITIVE_INFINITY }, { maxAge: Number.NaN }, { maxAge: '1' }])(
      'a log without a bound is refused: %j',
      (limits) => {
        expect(() => logs(limits as Partial<LogLimits>)).toThrow('a positive number');
      },
    );

    test('so is a map', () => {
      expect(() => maps({ maxBytes: -1 })).toThrow('maxBytes is a positive number');
    });
  });
}
