import { Subscriptions } from '../../../../../core/adapters/redis/bus/subscriptions.js';
import { TestClock } from '../../../../support/test-clock.js';

function setUp() {
  const clock = new TestClock();
  const subscribed: string[][] = [];
  const confirm: (() => void)[] = [];
  const subscriptions = new Subscriptions({
    clock,
    subscribe: (channels) => {
      subscribed.push(channels);
      return new Promise((resolve) => confirm.push(resolve));
    },
    unsubscribe: async () => {},
    onError: (error) => {
      throw error;
    },
    onLost: () => {},
  });
  return { clock, subscribed, confirm, subscriptions };
}

test('what is asked for while everything is subscribed to again is subscribed to afterwards', async () => {
  const { clock, subscribed, confirm, subscriptions } = setUp();
  const confirmed: string[] = [];
  const add = (channel: string) => {
    subscriptions.add(channel, () => {}).then(() => confirmed.push(channel));
    clock.endTurns();
  };
  subscriptions.hold();
  add('early');
  const renewed = subscriptions.renew();
  add('late');
  expect(subscribed).toEqual([['early']]);
  confirm[0]!();
  await renewed;
  subscriptions.release();
  await Promise.resolve();
  expect(subscribed).toEqual([['early'], ['late']]);
  expect(confirmed).toEqual(['early']);
  confirm[1]!();
  await new Promise(setImmediate);
  expect(confirmed).toEqual(['early', 'late']);
});
