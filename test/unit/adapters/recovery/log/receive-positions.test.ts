import { Reception } from '../../../../../core/adapters/recovery/log/receive-positions.js';
import { decodeOffset } from '../../../../../core/adapters/recovery/records/offsets.js';

const at = (sequence: number, previous: number) => ({ sequence, previous });

test('events in order, over several channels', () => {
  const reception = new Reception();
  expect(reception.onEvent('node-a', 'all', at(1, 0))).toBe('next');
  expect(reception.onEvent('node-a', 'room', at(3, 2))).toBe('next');
  expect(reception.onEvent('node-a', 'all', at(4, 1))).toBe('next');
  reception.advance('node-b', 7);
  expect(decodeOffset(reception.offset)).toEqual(
    new Map([
      ['node-a', 4],
      ['node-b', 7],
    ]),
  );
});

test('one that came before, and one that did not', () => {
  const reception = new Reception();
  reception.onEvent('node-a', 'all', at(1, 0));
  expect(reception.onEvent('node-a', 'all', at(1, 0))).toBe('seen');
  expect(reception.onEvent('node-a', 'all', at(3, 2))).toBe('gap');
  expect(reception.positions.get('node-a')).toBe(1);
  // A gap of one sender is none of another.
  expect(reception.onEvent('node-b', 'all', at(9, 8))).toBe('next');
});

test('after a gap was closed, the channels go on from there', () => {
  const reception = new Reception();
  reception.onEvent('node-a', 'all', at(1, 0));
  reception.reach({
    senders: new Map([['node-a', { position: 3, events: [] }]]),
    finished: new Set(),
    doubtful: new Set(),
  });
  reception.forgetChannels();
  expect(reception.onEvent('node-a', 'all', at(3, 2))).toBe('seen');
  expect(reception.onEvent('node-a', 'all', at(5, 3))).toBe('next');
});

test('a channel that was given up begins anew', () => {
  const reception = new Reception();
  reception.onEvent('node-a', 'room', at(1, 0));
  reception.onUnsubscribed('room');
  expect(reception.onEvent('node-a', 'room', at(5, 4))).toBe('next');
});

test('positions never go back, and those of senders that are gone are dropped', () => {
  const reception = new Reception();
  reception.onEvent('node-a', 'all', at(5, 0));
  reception.onEvent('node-b', 'all', at(5, 0));
  reception.reach({
    senders: new Map([['node-a', { position: 3, events: [] }]]),
    finished: new Set(['node-b']),
    doubtful: new Set(),
  });
  expect(reception.offset).toBe('~node-a5');
});
