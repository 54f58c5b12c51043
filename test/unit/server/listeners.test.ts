import { EventEmitter } from 'node:events';
import { CatchAll, emitLocally, TypedEventEmitter } from '../../../core/server/listeners.js';

test('the typed emitter is the emitter of Node', () => {
  class Emitter extends TypedEventEmitter<Record<string, () => void>, Record<string, () => void>> {}
  expect(new Emitter()).toBeInstanceOf(EventEmitter);
});

test('emitLocally reaches the listeners, whatever emit() was made into', () => {
  class Sending extends EventEmitter {
    override emit(): boolean {
      throw new Error('sends to the client');
    }
  }
  const sending = new Sending();
  const heard: unknown[][] = [];
  sending.on('a', (...args) => heard.push(args));
  expect(emitLocally(sending, 'a', [1, 2])).toBe(true);
  expect(emitLocally(sending, 'b', [])).toBe(false);
  expect(heard).toEqual([[1, 2]]);
});

describe('CatchAll', () => {
  test('in the order of adding, the prepended first, with the receiver as this', () => {
    const catchAll = new CatchAll();
    const heard: unknown[] = [];
    const receiver = {};
    catchAll.add(function (this: unknown, ...args) {
      heard.push(['second', this === receiver, ...args]);
    });
    catchAll.prepend((...args) => heard.push(['first', ...args]));
    catchAll.notify(receiver, ['event', 1]);
    expect(heard).toEqual([
      ['first', 'event', 1],
      ['second', true, 'event', 1],
    ]);
  });

  test('remove one, once; or all', () => {
    const catchAll = new CatchAll();
    const [a, b] = [() => {}, () => {}];
    for (const each of [a, b, a]) catchAll.add(each);
    catchAll.remove(a);
    expect(catchAll.list).toEqual([b, a]);
    catchAll.remove(() => {});
    expect(catchAll.list).toEqual([b, a]);
    catchAll.remove();
    expect(catchAll.list).toEqual([]);
  });

  test('who is removed during a round is still heard in it; who is added, from the next on', () => {
    const catchAll = new CatchAll();
    const heard: string[] = [];
    const second = () => heard.push('second');
    catchAll.add(() => {
      heard.push('first');
      catchAll.remove(second);
      catchAll.add(() => heard.push('third'));
    });
    catchAll.add(second);
    catchAll.notify(null, []);
    expect(heard).toEqual(['first', 'second']);
  });

  test('the list may be changed by its owner', () => {
    const catchAll = new CatchAll();
    catchAll.add(() => {});
    catchAll.list.length = 0;
    expect(catchAll.list).toEqual([]);
  });
});
