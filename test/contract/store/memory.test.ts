import { MemoryStores } from '../../../core/store/memory-store.js';
import { TestClock } from '../../support/test-clock.js';
import { storeContract } from './suite.js';

test('a value whose time is extended lasts longer', async () => {
  const clock = new TestClock();
  const map = new MemoryStores(clock).store('x').map('y', { maxBytes: 1000 });
  await map.set('key', Buffer.from('value'), 1000);
  clock.advance(900);
  await map.expire('key', 1000);
  clock.advance(900);
  expect(String(await map.get('key'))).toBe('value');
  clock.advance(100);
  expect(await map.get('key')).toBeUndefined();
});

storeContract('in memory', async () => {
  const clock = new TestClock();
  const stores = new MemoryStores(clock);
  return {
    open: (name) => [stores.store(name), stores.store(name)],
    pass: async (milliseconds) => clock.advance(milliseconds),
    stop: async () => {},
  };
});
