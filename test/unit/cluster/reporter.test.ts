import { ThrottledReporter } from '../../../core/cluster/reporter.js';
import { TestClock } from '../../support/test-clock.js';

test('reports the first, then at most one in ten seconds, and counts all of them', () => {
  const clock = new TestClock();
  const reports: string[] = [];
  const reporter = new ThrottledReporter(clock, (reason, count) => reports.push(`${reason} ${count}`));
  for (let i = 0; i < 100; i++) reporter.add('a');
  clock.advance(9999);
  reporter.add('b');
  clock.advance(1);
  reporter.add('c');
  expect(reports).toEqual(['a 1', 'c 102']);
  expect(reporter.count).toBe(102);
  reporter.close();
  expect(clock.pending).toBe(0);
});
