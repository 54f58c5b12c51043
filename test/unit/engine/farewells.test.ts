import { Farewells } from '../../../core/engine/farewells.js';

test('remembers the last thousand', () => {
  const farewells = new Farewells();
  for (let i = 0; i < 1500; i++) farewells.add(`session-${i}`, `reason ${i}`);
  expect(farewells.get('session-499')).toBeUndefined();
  expect(farewells.get('session-500')).toBe('reason 500');
  expect(farewells.get('session-1499')).toBe('reason 1499');
  expect(farewells.get('__proto__')).toBeUndefined();
});
