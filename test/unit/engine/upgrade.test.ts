import { Upgrade } from '../../../core/engine/upgrade.js';
import { MemoryTransport } from '../../support/memory-transport.js';
import { TestClock } from '../../support/test-clock.js';

function upgrade() {
  const clock = new TestClock();
  const transport = new MemoryTransport('websocket');
  const heard: string[] = [];
  const running = new Upgrade(
    transport,
    {
      upgradeTimeout: 1000,
      setTimeout: (callback, delay) => clock.setTimeout(callback, delay),
      setInterval: (callback, delay) => clock.setInterval(callback, delay),
    },
    {
      onProbe: () => heard.push('probe'),
      releasePoll: () => heard.push('release'),
      onComplete: () => heard.push('complete'),
      onFailed: () => heard.push('failed'),
    },
  );
  return { clock, transport, heard, upgrade: running };
}

test('probe, answer, release, upgrade', () => {
  const { clock, transport, heard } = upgrade();
  expect(transport.sendText('2probe')).toBe(true);
  expect(transport.received).toEqual(['3probe']);
  expect(heard).toEqual(['probe', 'release']);
  expect(transport.sendText('5')).toBe(false);
  expect(heard).toEqual(['probe', 'release', 'complete']);
  expect(clock.pending).toBe(0);
  expect(transport.closeCalls).toBe(0);
});

test('the poll is released again while the client has not moved', () => {
  const { clock, transport, heard } = upgrade();
  transport.sendText('2probe');
  clock.advance(350);
  expect(heard.filter((event) => event === 'release')).toHaveLength(4);
});

test('a client may move without a probe', () => {
  const { transport, heard } = upgrade();
  transport.sendText('5');
  expect(heard).toEqual(['complete']);
});

test('one that never moves is given up after the timeout', () => {
  const { clock, transport, heard } = upgrade();
  transport.sendText('2probe');
  clock.advance(999);
  expect(heard).not.toContain('failed');
  clock.advance(1);
  expect(heard.at(-1)).toBe('failed');
  expect(transport.readyState).toBe('closed');
  expect(clock.pending).toBe(0);
});

test.each(['2', '2other', '4message', '6', '1', '', '3probe', '5x'])('%j instead of the probe ends it', (packet) => {
  const { clock, transport, heard } = upgrade();
  expect(transport.sendText(packet)).toBe(false);
  expect(heard).toEqual(['failed']);
  expect(transport.readyState).toBe('closed');
  expect(clock.pending).toBe(0);
});

test('a second probe ends it', () => {
  const { transport, heard } = upgrade();
  transport.sendText('2probe');
  transport.sendText('2probe');
  expect(heard).toEqual(['probe', 'release', 'failed']);
});

test('binary ends it', () => {
  const { transport, heard } = upgrade();
  expect(transport.sendBinary(Buffer.alloc(1))).toBe(false);
  expect(heard).toEqual(['failed']);
});

test('the transport closes', () => {
  const { clock, transport, heard } = upgrade();
  transport.sendText('2probe');
  transport.disconnect();
  expect(heard.at(-1)).toBe('failed');
  expect(clock.pending).toBe(0);
});

test('cancel is idempotent, and nothing follows it', () => {
  const { transport, heard, upgrade: running } = upgrade();
  running.cancel();
  running.cancel();
  expect(running.onText('5')).toBe(false);
  expect(heard).toEqual(['failed']);
  expect(transport.closeCalls).toBe(1);
});

test('cancel after it is complete does nothing', () => {
  const { transport, heard, upgrade: running } = upgrade();
  transport.sendText('5');
  running.cancel();
  expect(heard).toEqual(['complete']);
  expect(transport.readyState).toBe('open');
});
