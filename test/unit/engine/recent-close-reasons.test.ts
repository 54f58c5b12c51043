import { RecentCloseReasons } from '../../../core/engine/recent-close-reasons.js';

test('remembers the last thousand', () => {
  const reasons = new RecentCloseReasons();
  for (let i = 0; i < 1500; i++) reasons.add(`session-${i}`, `reason ${i}`);
  expect(reasons.get('session-499')).toBeUndefined();
  expect(reasons.get('session-500')).toBe('reason 500');
  expect(reasons.get('session-1499')).toBe('reason 1499');
  expect(reasons.get('__proto__')).toBeUndefined();
});
