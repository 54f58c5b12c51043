import type { CloseSummary } from '../../../core/engine/close-summary.js';
import { EngineCounters } from '../../../core/engine/counters.js';

const summary = (reason: string): CloseSummary =>
  ({ reason, packetsReceived: 1, packetsSent: 2, bytesReceived: 10, bytesSent: 20 }) as CloseSummary;

const open = (name: 'polling' | 'websocket', protocol: 3 | 4) => ({
  protocol,
  transport: { name, bytesReceived: 100, bytesSent: 200 },
  packetsReceived: 3,
  packetsSent: 4,
});

test('sums are those of connections that are open and of those that were', () => {
  const counters = new EngineCounters();
  for (let i = 0; i < 5; i++) counters.onOpened();
  for (const reason of ['ping timeout', 'transport close', 'ping timeout']) counters.onClosed(summary(reason));
  for (const error of ['forbidden', 'forbidden', 'unknownSession'] as const) counters.onRefused(error);
  const connections = [open('websocket', 4), open('polling', 4), open('websocket', 4), open('websocket', 3)];
  const expected = {
    open: [
      { transport: 'websocket', protocol: 4, count: 2 },
      { transport: 'polling', protocol: 4, count: 1 },
      { transport: 'websocket', protocol: 3, count: 1 },
    ],
    opened: 5,
    refused: { forbidden: 2, unknownSession: 1 },
    closed: { 'ping timeout': 2, 'transport close': 1 },
    packetsReceived: 3 + 12,
    packetsSent: 6 + 16,
    bytesReceived: 30 + 400,
    bytesSent: 60 + 800,
  };
  expect(counters.read(connections)).toEqual(expected);
  // Reading changes nothing.
  expect(counters.read(connections)).toEqual(expected);
});
