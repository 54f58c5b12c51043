import { MemoryStores } from '../../../core/store/memory-store.js';
import { TestClock } from '../../support/test-clock.js';

const LIMITS = { maxEntries: 100, maxBytes: 1_000_000, maxAge: 60_000 };
const bytes = (text: string) => Buffer.from(text);

function create() {
  const clock = new TestClock();
  const stores = new MemoryStores(clock);
  return { clock, stores, store: stores.store('x') };
}

describe('a log', () => {
  test('numbers what is appended, and tells followers in that order, before the call is over', async () => {
    const { store } = create();
    const log = store.log('l', LIMITS);
    const heard: string[] = [];
    const stop = log.follow(({ position, payload }) => heard.push(`${position} ${payload}`));
    const appended = [log.append(bytes('a')), log.append(bytes('b'))];
    expect(heard).toEqual(['1 a', '2 b']);
    expect(await Promise.all(appended)).toEqual([1, 2]);
    stop();
    await log.append(bytes('c'));
    expect(heard.length).toBe(2);
  });

  test('is read from a position on, so many entries at a time', async () => {
    const { store } = create();
    const log = store.log('l', LIMITS);
    for (const text of ['a', 'b', 'c']) await log.append(bytes(text));
    const page = await log.read(1, 1);
    expect(page).toMatchObject({ last: 3, isComplete: true });
    expect(page.entries).toEqual([{ position: 2, payload: bytes('b') }]);
    expect((await log.read(3)).entries).toEqual([]);
  });

  test.each([
    ['entries', { ...LIMITS, maxEntries: 2 }, 0],
    ['bytes', { ...LIMITS, maxBytes: 2 * 65 }, 0],
    ['age', { ...LIMITS, maxAge: 1000 }, 1000],
  ])('is trimmed by %s, and says when something is gone', async (_, limits, wait) => {
    const { clock, store } = create();
    const log = store.log('l', limits);
    await log.append(bytes('a'));
    clock.advance(wait);
    for (const text of ['b', 'c']) await log.append(bytes(text));
    const pages = [await log.read(0), await log.read(1)];
    expect(pages.map(({ isComplete }) => isComplete)).toEqual([false, true]);
    expect(pages.map(({ entries }) => entries.map(({ position }) => position))).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  test('a position that was never reached is not complete', async () => {
    const { store } = create();
    expect(await store.log('l', LIMITS).read(5)).toMatchObject({ isComplete: false, last: 0, entries: [] });
  });

  test('is the same under the same name, and another epoch in another process', async () => {
    const { stores, store } = create();
    const log = store.log('l', LIMITS);
    expect(stores.store('x').log('l', LIMITS)).toBe(log);
    expect(stores.store('y').log('l', LIMITS)).not.toBe(log);
    const other = await create().store.log('l', LIMITS).read(0);
    expect(other.epoch).not.toBe((await log.read(0)).epoch);
  });

  test('keeps a copy of what it is given', async () => {
    const { store } = create();
    const log = store.log('l', LIMITS);
    const payload = bytes('a');
    await log.append(payload);
    payload[0] = 0;
    expect((await log.read(0)).entries[0]!.payload).toEqual(bytes('a'));
  });
});

describe('a map', () => {
  test('values expire, unless they are given more time', async () => {
    const { clock, store } = create();
    const map = store.map('m', { maxBytes: 1000 });
    await map.set('a', bytes('1'), 1000);
    await map.set('b', bytes('2'), 1000);
    clock.advance(999);
    expect(await map.expire('a', 1000)).toBe(true);
    clock.advance(1);
    expect([await map.get('a'), await map.get('b')]).toEqual([bytes('1'), undefined]);
    expect(await map.expire('b', 1000)).toBe(false);
    expect(await map.entries()).toEqual([['a', bytes('1')]]);
  });

  test('compare and set', async () => {
    const { store } = create();
    const map = store.map('m', { maxBytes: 1000 });
    expect(await map.compareAndSet('a', undefined, bytes('1'), 1000)).toBe(true);
    expect(await map.compareAndSet('a', undefined, bytes('2'), 1000)).toBe(false);
    expect(await map.compareAndSet('a', bytes('2'), bytes('3'), 1000)).toBe(false);
    expect(await map.compareAndSet('a', bytes('1'), bytes('4'), 1000)).toBe(true);
    expect(await map.get('a')).toEqual(bytes('4'));
  });

  test('delete', async () => {
    const { store } = create();
    const map = store.map('m', { maxBytes: 1000 });
    await map.set('a', bytes('1'), 1000);
    expect([await map.delete('a'), await map.delete('a')]).toEqual([true, false]);
  });

  test('beyond its bytes, what was set longest ago goes', async () => {
    const { store } = create();
    const map = store.map('m', { maxBytes: 2 * 67 });
    for (const key of ['a', 'b']) await map.set(key, bytes('1'), 1000);
    await map.set('a', bytes('2'), 1000);
    await map.set('c', bytes('3'), 1000);
    expect((await map.entries()).map(([key]) => key)).toEqual(['a', 'c']);
  });
});

test.each([
  ['log', 'maxEntries', Number.POSITIVE_INFINITY],
  ['log', 'maxBytes', 0],
  ['log', 'maxAge', Number.NaN],
  ['map', 'maxBytes', -1],
] as const)('what is kept has a bound: %s, %s %d', (kind, name, value) => {
  const { store } = create();
  const make = () =>
    kind === 'log' ? store.log('l', { ...LIMITS, [name]: value }) : store.map('m', { maxBytes: value });
  expect(make).toThrow(`${name} is a positive number`);
});
