import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { Prepared } from '../../../core/protocol/prepared.js';
import { Sequence } from '../../../core/protocol/sequence.js';
import { LibraryTransport } from '../../../core/transports/websocket-library.js';

test('a pong that fills the socket: the connection hears when there is room again', async () => {
  const waiting: (() => void)[] = [];
  const socket = new Duplex({
    highWaterMark: 16,
    read() {},
    write: (_chunk, _encoding, callback) => waiting.push(callback),
  });
  const sendPong = (payload: Buffer) => socket.write(payload);
  const transport = new LibraryTransport({ readyState: WebSocket.OPEN, sendPong } as never, socket, null);
  const log: string[] = [];
  transport.attach({
    onText: () => true,
    onBinary: () => true,
    onReady: () => log.push('ready'),
    onHeaders: () => {},
    onTooLarge: () => {},
    onUnanswered: () => {},
    onClose: () => {},
  });
  transport.write(Sequence.root().append(Prepared.text('4small')));
  expect(transport.ready).toBe(true);
  transport.onPing(Buffer.alloc(20));
  await setImmediate();
  expect(transport.ready).toBe(false);
  while (waiting.length > 0) {
    waiting.shift()!();
    await setImmediate();
  }
  expect([transport.ready, log]).toEqual([true, ['ready']]);
});
