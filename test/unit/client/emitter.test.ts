import { Emitter } from '../../../core/client/emitter.js';

type Events = Record<string, (...args: any[]) => void>;
const create = () => new Emitter<Events, Events>();

describe('Emitter', () => {
  test('has the names of the DOM, too', () => {
    const emitter = new Emitter<any, any>();
    const heard: unknown[] = [];
    const listener = (value: unknown) => heard.push(value);
    expect(emitter.addEventListener('e', listener)).toBe(emitter);
    emitter.emit('e', 1);
    expect(emitter.removeEventListener('e', listener)).toBe(emitter);
    emitter.emit('e', 2);
    expect(heard).toEqual([1]);
  });

  test('calls listeners in order, as often as they were added', () => {
    const calls: string[] = [];
    const emitter = create();
    const a = (n: number) => calls.push(`a${n}`);
    emitter
      .on('e', a)
      .on('e', (n) => calls.push(`b${n}`))
      .on('e', a);
    expect(emitter.emit('e', 1)).toBe(emitter);
    expect(calls).toEqual(['a1', 'b1', 'a1']);
  });

  test('once is once, also when it emits again', () => {
    const emitter = create();
    let calls = 0;
    emitter.once('e', () => {
      calls++;
      emitter.emit('e');
    });
    emitter.emit('e').emit('e');
    expect(calls).toBe(1);
    expect(emitter.hasListeners('e')).toBe(false);
  });

  test('off removes one of several, or a listener of once, or all', () => {
    const emitter = create();
    let calls = 0;
    const listener = () => {
      calls++;
    };
    emitter.on('e', listener).on('e', listener).once('e', listener);
    emitter.off('e', listener).emit('e');
    expect(calls).toBe(2);
    emitter.off('e', listener).emit('e');
    expect(calls).toBe(2);
    emitter.once('e', listener).off('e', listener).emit('e');
    emitter.on('e', listener).removeListener('e', listener).emit('e');
    emitter.on('e', listener).removeAllListeners('e').emit('e');
    emitter.on('e', listener).off().emit('e');
    expect(calls).toBe(2);
  });

  test('what is not there can be removed', () => {
    const emitter = create();
    emitter
      .off('nothing', () => {})
      .off('nothing')
      .off();
    expect(emitter.listeners('nothing')).toEqual([]);
  });

  test('listeners are listed as they were given', () => {
    const emitter = create();
    const listener = () => {};
    emitter.once('e', listener).on('e', listener);
    expect(emitter.listeners('e')).toEqual([listener, listener]);
  });

  test('listeners that are added or removed while they are called count from the next time on', () => {
    const emitter = create();
    const calls: string[] = [];
    const last = () => calls.push('last');
    emitter.on('e', () => {
      calls.push('first');
      emitter.off('e', last);
      emitter.on('e', () => calls.push('added'));
    });
    emitter.on('e', last);
    emitter.emit('e');
    expect(calls).toEqual(['first', 'last']);
  });

  test('names of Object.prototype are names like others', () => {
    const emitter = create();
    const calls: string[] = [];
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(emitter.hasListeners(name)).toBe(false);
      emitter.emit(name);
      emitter.on(name, () => calls.push(name));
      emitter.emit(name);
    }
    expect(calls).toEqual(['__proto__', 'constructor', 'toString']);
  });

  test('an error of a listener surfaces by itself, and stops nobody', async () => {
    const emitter = create();
    const calls: string[] = [];
    emitter.on('e', () => {
      throw new Error('of the application');
    });
    emitter.on('e', () => calls.push('second'));
    const scheduled: (() => void)[] = [];
    const original = globalThis.queueMicrotask;
    globalThis.queueMicrotask = (callback) => scheduled.push(callback);
    try {
      emitter.emit('e');
    } finally {
      globalThis.queueMicrotask = original;
    }
    expect(calls).toEqual(['second']);
    expect(scheduled).toHaveLength(1);
    expect(scheduled[0]).toThrow('of the application');
  });
});
