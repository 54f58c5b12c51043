import type { MessageError } from '../../../core/client/errors.js';
import { BufferLimit } from '../../../core/client/offline-buffer.js';
import type { OfflineBufferOptions } from '../../../core/client/options.js';

interface Item {
  n: number;
}

function create(options: OfflineBufferOptions) {
  const dropped: number[] = [];
  const errors: MessageError[] = [];
  const limit = new BufferLimit<Item>(options, (item, error) => {
    dropped.push(item.n);
    errors.push(error);
  });
  const numbers = (list: Item[]) => list.map(({ n }) => n);
  return { dropped, errors, limit, numbers };
}

describe('BufferLimit', () => {
  test('the oldest make room, by count', () => {
    const { limit, dropped, errors, numbers } = create({ maxMessages: 2 });
    const list: Item[] = [];
    for (const n of [1, 2, 3, 4]) limit.push(list, { n }, 10);
    expect(numbers(list)).toEqual([3, 4]);
    expect(dropped).toEqual([1, 2]);
    expect(errors[0]!.code).toBe('BUFFER_FULL');
    expect(errors[0]!.message).toContain('2 events');
  });

  test('the oldest make room, by bytes', () => {
    const { limit, dropped, numbers } = create({ maxBytes: 100 });
    const list: Item[] = [];
    limit.push(list, { n: 1 }, 40);
    limit.push(list, { n: 2 }, 40);
    limit.push(list, { n: 3 }, 20);
    limit.push(list, { n: 4 }, 70);
    expect(numbers(list)).toEqual([3, 4]);
    expect(dropped).toEqual([1, 2]);
  });

  test('one that is larger than all room is dropped alone', () => {
    const { limit, dropped, numbers } = create({ maxBytes: 100 });
    const list: Item[] = [];
    limit.push(list, { n: 1 }, 40);
    limit.push(list, { n: 2 }, 101);
    expect(numbers(list)).toEqual([1]);
    expect(dropped).toEqual([2]);
  });

  test('the newest are dropped', () => {
    const { limit, dropped, numbers } = create({ maxMessages: 2, policy: 'drop-newest' });
    const list: Item[] = [];
    for (const n of [1, 2, 3]) limit.push(list, { n }, 1);
    expect(numbers(list)).toEqual([1, 2]);
    expect(dropped).toEqual([3]);
  });

  test('the call throws', () => {
    const { limit, dropped, numbers } = create({ maxMessages: 1, policy: 'throw' });
    const list: Item[] = [];
    limit.push(list, { n: 1 }, 1);
    expect(() => limit.push(list, { n: 2 }, 1)).toThrow('offline buffer full');
    expect(numbers(list)).toEqual([1]);
    expect(dropped).toEqual([]);
  });

  test('a list that was emptied or replaced by somebody else is counted anew', () => {
    const { limit, dropped, numbers } = create({ maxBytes: 100 });
    let list: Item[] = [];
    limit.push(list, { n: 1 }, 90);
    list = [];
    limit.push(list, { n: 2 }, 90);
    expect(dropped).toEqual([]);
    list.length = 0;
    limit.push(list, { n: 3 }, 90);
    expect(dropped).toEqual([]);
    list.push({ n: 4 });
    limit.push(list, { n: 5 }, 90);
    expect(dropped).toEqual([3]);
    expect(numbers(list)).toEqual([4, 5]);
  });

  test('whoever is told of a drop may fill the list again', () => {
    const list: Item[] = [];
    let told = 0;
    const limit: BufferLimit<Item> = new BufferLimit<Item>({ maxMessages: 2 }, ({ n }) => {
      if (++told < 3) limit.push(list, { n: n * 10 }, 1);
    });
    for (const n of [1, 2, 3]) limit.push(list, { n }, 1);
    expect(list).toHaveLength(2);
  });

  test('a list that only grows is not counted again for each event', () => {
    const { limit } = create({});
    class CountedList extends Array<Item> {
      counts = 0;
      override reduce(...args: unknown[]): any {
        this.counts++;
        return super.reduce(...(args as Parameters<Array<Item>['reduce']>));
      }
    }
    const list = new CountedList();
    for (let n = 0; n < 10_000; n++) limit.push(list, { n }, 100);
    expect(list).toHaveLength(10_000);
    expect(list.counts).toBeLessThanOrEqual(1);
  });
});
