import { watchPage } from '../../../core/client/page.js';

/** Counts the listeners that are there. */
class FakePage extends EventTarget {
  listeners = 0;
  override addEventListener(type: string, listener: any, options?: any): void {
    this.listeners++;
    options.signal.addEventListener('abort', () => this.listeners--);
    super.addEventListener(type, listener, options);
  }
}

describe('watchPage', () => {
  test('tells what happens, until it is stopped', () => {
    const document = Object.assign(new FakePage(), { visibilityState: 'hidden' });
    const page = Object.assign(new FakePage(), { document });
    const seen: string[] = [];
    const stop = watchPage((event) => seen.push(event), page as never);
    const all = () => {
      for (const type of ['online', 'offline', 'beforeunload']) page.dispatchEvent(new Event(type));
      document.dispatchEvent(new Event('visibilitychange'));
    };
    all();
    expect(seen).toEqual(['online', 'offline', 'beforeunload']);
    document.visibilityState = 'visible';
    document.dispatchEvent(new Event('visibilitychange'));
    expect(seen.at(-1)).toBe('visible');
    stop();
    seen.length = 0;
    all();
    expect(seen).toEqual([]);
    expect([page.listeners, document.listeners]).toEqual([0, 0]);
  });

  test('where there is no page, nothing happens', () => {
    watchPage(() => {}, {})();
    watchPage(() => {})();
  });
});
