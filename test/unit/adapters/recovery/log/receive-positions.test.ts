import { ReceivePositions } from '../../../../../core/adapters/recovery/log/receive-positions.js';
import { decodeOffset } from '../../../../../core/adapters/recovery/records/offsets.js';

const at = (sequence: number, previous: number) => ({ sequence, previous });

test('events in order, over several channels', () => {
  const received = new ReceivePositions();
  expect(received.onEvent('node-a', 'all', at(1, 0))).toBe('next');
  expect(received.onEvent('node-a', 'room', at(3, 2))).toBe('next');
  expect(received.onEvent('node-a', 'all', at(4, 1))).toBe('next');
  received.advance('node-b', 7);
  expect(decodeOffset(received.offset)).toEqual(
    new Map([
      ['node-a', 4],
      ['node-b', 7],
    ]),
  );
});

test('one that came before, and one that did not', () => {
  const received = new ReceivePositions();
  received.onEvent('node-a', 'all', at(1, 0));
  expect(received.onEvent('node-a', 'all', at(1, 0))).toBe('seen');
  expect(received.onEvent('node-a', 'all', at(3, 2))).toBe('gap');
  expect(received.positions.get('node-a')).toBe(1);
  // A gap of one sender is none of another.
  expect(received.onEvent('node-b', 'all', at(9, 8))).toBe('next');
});

test('after a gap was closed, the channels go on from there', () => {
  const received = new ReceivePositions();
  received.onEvent('node-a', 'all', at(1, 0));
  received.reach({
    senders: new Map([['node-a', { position: 3, events: [] }]]),
    finished: new Set(),
    doubtful: new Set(),
  });
  received.forgetChannels();
  expect(received.onEvent('node-a', 'all', at(3, 2))).toBe('seen');
  expect(received.onEvent('node-a', 'all', at(5, 3))).toBe('next');
});

test('a channel that was given up begins anew', () => {
  const received = new ReceivePositions();
  received.onEvent('node-a', 'room', at(1, 0));
  received.onUnsubscribed('room');
  expect(received.onEvent('node-a', 'room', at(5, 4))).toBe('next');
});

test('positions never go back, and those of senders that are gone are dropped', () => {
  const received = new ReceivePositions();
  received.onEvent('node-a', 'all', at(5, 0));
  received.onEvent('node-b', 'all', at(5, 0));
  received.reach({
    senders: new Map([['node-a', { position: 3, events: [] }]]),
    finished: new Set(['node-b']),
    doubtful: new Set(),
  });
  expect(received.offset).toBe('~node-a5');
});
