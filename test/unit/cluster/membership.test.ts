import { Membership } from '../../../core/cluster/membership.js';
import { Announcement } from '../../../core/cluster/wire/kinds.js';
import { TestClock } from '../../support/test-clock.js';

/** Heartbeats every second, dead after two and a half. Our own announcements come back unless `isCut`. */
function setup() {
  const clock = new TestClock();
  const said: string[] = [];
  const heard: string[] = [];
  const state = { isCut: false };
  const membership: Membership = new Membership(
    {
      clock,
      id: 'me',
      heartbeatInterval: 1000,
      heartbeatTimeout: 2500,
      announce(announcement, features) {
        said.push([Announcement[announcement], ...features].join(' '));
        if (!state.isCut) membership.onAnnouncement('me', announcement, features);
      },
      observer: {
        onMember: ({ id, features }) => heard.push(['member', id, ...features].join(' ')),
        onLeave: ({ id }, reason) => heard.push(`leave ${id} ${reason} at ${clock.now()}`),
        onIsolated: () => heard.push(`deaf at ${clock.now()}`),
        onReachable: () => heard.push('hearing'),
        onBlocked: (milliseconds) => heard.push(`blocked ${milliseconds}`),
      },
    },
    ['native'],
  );
  const beat = (id: string, ...features: string[]) => membership.onAnnouncement(id, Announcement.BEAT, features);
  return { clock, said, heard, state, membership, beat };
}

test('says hello, shows itself in the interval, says goodbye', () => {
  const { clock, said, membership } = setup();
  membership.start();
  membership.start();
  clock.advance(2000);
  membership.setFeatures(['native', 'more']);
  membership.greet();
  membership.stop();
  membership.stop();
  clock.advance(5000);
  expect(said).toEqual([
    'HELLO native',
    'BEAT native',
    'BEAT native',
    'BEAT native more',
    'HELLO native more',
    'BYE native more',
  ]);
  expect(clock.pending).toBe(0);
});

test('knows who is there and what they can, and answers a hello', () => {
  const { said, heard, membership, beat } = setup();
  membership.start();
  membership.onAnnouncement('a', Announcement.HELLO, ['native']);
  beat('a', 'native');
  beat('a', 'native', 'compatible');
  beat('b');
  expect(heard).toEqual(['member a native', 'member a native compatible', 'member b']);
  expect([...membership.members.keys()]).toEqual(['a', 'b']);
  expect(said).toEqual(['HELLO native', 'BEAT native']);
  membership.onAnnouncement('a', Announcement.BYE, []);
  membership.onAnnouncement('c', Announcement.BYE, []);
  expect(heard.at(-1)).toBe('leave a left at 0');
  expect([...membership.members.keys()]).toEqual(['b']);
});

test('whoever is silent for the timeout is dead; anything is a sign of life', () => {
  const { clock, heard, membership, beat } = setup();
  membership.start();
  beat('a');
  beat('b');
  clock.advance(2400);
  membership.onHeartbeat('b');
  membership.onHeartbeat('nobody');
  clock.advance(100);
  expect(heard.slice(2)).toEqual(['leave a silent at 2500']);
  clock.advance(2399);
  expect(membership.members.size).toBe(1);
  clock.advance(1);
  expect(heard.slice(3)).toEqual(['leave b silent at 4900']);
});

test('while we do not hear ourselves, nobody is declared dead', () => {
  const { clock, heard, state, membership, beat } = setup();
  membership.start();
  beat('a');
  clock.advance(900);
  state.isCut = true;
  clock.advance(20_000);
  expect(heard).toEqual(['member a', 'deaf at 2500']);
  expect(membership.isIsolated).toBe(true);
  state.isCut = false;
  clock.advance(1000);
  expect(heard.slice(2)).toEqual(['hearing']);
  expect(membership.isIsolated).toBe(false);
  expect(membership.members.size).toBe(1);
  // It has its time from now on, and then it is dead indeed.
  clock.advance(2600);
  expect(heard.slice(3)).toEqual(['leave a silent at 23500']);
});

test('nobody is declared dead in the moments after a short outage either', () => {
  const { clock, heard, state, membership, beat } = setup();
  membership.start();
  clock.advance(600);
  beat('a');
  state.isCut = true;
  clock.advance(2300);
  state.isCut = false;
  clock.advance(300);
  expect(heard).toEqual(['member a', 'deaf at 2500', 'hearing']);
});

describe('when this process did not run', () => {
  test('it says so itself, and neither declares the cluster failed nor anybody dead', () => {
    const { clock, heard, membership, beat } = setup();
    membership.start();
    clock.advance(900);
    beat('a');
    clock.block(30_000);
    expect(heard).toEqual(['member a', 'blocked 29900']);
    expect(membership.isIsolated).toBe(false);
    expect([...membership.members.keys()]).toEqual(['a']);
  });

  test('what it said before may not have come back yet', () => {
    const { clock, heard, state, membership, beat } = setup();
    membership.start();
    clock.advance(900);
    beat('a');
    state.isCut = true;
    clock.advance(200);
    clock.block(30_000);
    clock.advance(500);
    expect(heard).toEqual(['member a', 'blocked 29100']);
    state.isCut = false;
    clock.advance(1000);
    expect(heard).toHaveLength(2);
  });

  test('a moment is nothing to speak of', () => {
    const { clock, heard, membership, beat } = setup();
    membership.start();
    beat('a');
    clock.advance(900);
    clock.block(1500);
    expect(heard).toEqual(['member a']);
  });

  test('who is dead, and who is cut off, is noticed afterwards', () => {
    const { clock, heard, state, membership, beat } = setup();
    membership.start();
    beat('a');
    clock.block(10_000);
    clock.advance(2600);
    expect(heard).toEqual(['member a', 'blocked 9000', 'leave a silent at 12500']);
    state.isCut = true;
    clock.block(10_000);
    clock.advance(2600);
    expect(heard.slice(3)).toEqual([expect.stringMatching(/^blocked/), expect.stringMatching(/^deaf/)]);
  });
});

test('after goodbye nothing is heard', () => {
  const { heard, membership, beat } = setup();
  beat('a');
  membership.start();
  membership.stop();
  beat('a');
  expect(heard).toEqual([]);
});
