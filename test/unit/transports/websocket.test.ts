import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { Deadlines } from '../../../core/deadlines.js';
import { Prepared } from '../../../core/protocol/prepared.js';
import { Sequence } from '../../../core/protocol/sequence.js';
import type { TransportHandler } from '../../../core/transports/transport.js';
import { FRAMES_PER_TURN, WebSocketTransport } from '../../../core/transports/websocket.js';
import { clientFrame, OPCODE } from '../../support/client-frames.js';
import { TestClock } from '../../support/test-clock.js';

const ANSWER = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';

/** A socket without a network: what is written is kept; a test plays the peer. */
class Wire extends Duplex {
  readonly writes: string[] = [];
  /** Set: writes wait until `release`. */
  isStuck = false;
  #waiting: (() => void)[] = [];

  constructor() {
    super({ allowHalfOpen: true, highWaterMark: 16 });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.writes.push(chunk.toString('latin1'));
    if (this.isStuck) this.#waiting.push(callback);
    else callback();
  }

  override _final(callback: () => void): void {
    this.writes.push('(end)');
    callback();
  }

  release(): void {
    this.isStuck = false;
    for (const callback of this.#waiting.splice(0)) callback();
  }
}

function create({ head = Buffer.alloc(0) as Buffer } = {}) {
  const clock = new TestClock();
  const wire = new Wire();
  const closing = new Deadlines<WebSocketTransport>(clock, 30_000, (each) => each.terminate());
  const transport = new WebSocketTransport(wire, Buffer.from(ANSWER), head, {
    maxPayload: 100,
    maxFragments: 100,
    closing,
  });
  const log: unknown[] = [];
  const handler: TransportHandler = {
    onText: (packet) => log.push(packet) > 0,
    onBinary: (data) => log.push(data.toString()) > 0,
    onReady: () => log.push('ready'),
    onHeaders: () => {},
    onTooLarge: () => log.push('too large'),
    onUnanswered: (error) => log.push(['unanswered', error]),
    onClose: (reason, description) =>
      log.push([reason, description instanceof Error ? description.message : description]),
  };
  transport.attach(handler);
  return { clock, wire, transport, log, closing };
}

const sequence = (text: string) => Sequence.root().append(Prepared.text(text));
const closed = (code: number, reason = '') => [
  'transport close',
  { description: 'websocket connection closed', context: { code, reason } },
];
const close = (code: number, reason = '') =>
  clientFrame(Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]), { opcode: OPCODE.close });

describe('the answer to the handshake', () => {
  test('leaves in one piece with the first message', () => {
    const { wire, transport } = create();
    transport.write(sequence('0'));
    transport.begin();
    transport.write(sequence('2'));
    expect(wire.writes).toEqual([`${ANSWER}\x81\x010`, '\x81\x012']);
  });

  test('leaves alone when there is no message, and ahead of a goodbye', () => {
    const one = create();
    one.transport.begin();
    one.transport.begin();
    expect(one.wire.writes).toEqual([ANSWER]);
    const other = create();
    other.transport.close();
    expect(other.wire.writes.join('')).toBe(`${ANSWER}\x88\x00`);
  });
});

describe('reading', () => {
  test('texts, bytes and base64, also what came with the handshake', async () => {
    const { wire, log } = create({ head: clientFrame('4first') });
    wire.push(Buffer.concat([clientFrame('4second'), clientFrame(Buffer.from('bytes')), clientFrame('bYmFzZTY0')]));
    await setImmediate();
    expect(log).toEqual(['4first', '4second', 'bytes', 'base64']);
  });

  test('malformed base64 is handed on as the text that it is', async () => {
    const { wire, log } = create();
    wire.push(clientFrame('b!'));
    await setImmediate();
    expect(log).toEqual(['b!']);
  });
});

describe('closing', () => {
  test('by the peer: its frame is answered, then the socket ends', async () => {
    const { wire, transport, log } = create();
    transport.begin();
    wire.push(close(4001, 'bye'));
    await setImmediate();
    expect(transport.readyState).toBe('closing');
    expect(wire.writes).toEqual([ANSWER, '\x88\x05\x0f\xa1bye', '(end)']);
    wire.push(null);
    await setImmediate();
    expect(transport.readyState).toBe('closed');
    expect(log).toEqual([closed(4001, 'bye')]);
  });

  test('by us: what still arrives is read until the answer comes', async () => {
    const { wire, transport, log, closing } = create();
    transport.begin();
    transport.close(1008, 'slow');
    transport.close();
    wire.push(Buffer.concat([clientFrame('4late'), close(1008, 'slow'), clientFrame('4never')]));
    await setImmediate();
    expect(wire.writes).toEqual([ANSWER, '\x88\x06\x03\xf0slow', '(end)']);
    wire.push(null);
    await setImmediate();
    expect(log).toEqual(['4late', closed(1008, 'slow')]);
    expect(closing.size).toBe(0);
  });

  test('a peer that never answers is let go after its time', async () => {
    const { clock, transport, log } = create();
    transport.begin();
    transport.close();
    clock.advance(31_000);
    await setImmediate();
    expect(log).toEqual([closed(1006)]);
  });

  test('without a word: the code says so', async () => {
    const { wire, transport, log } = create();
    transport.begin();
    wire.push(null);
    await setImmediate();
    expect(wire.writes).toEqual([ANSWER, '(end)']);
    expect(log).toEqual([closed(1006)]);
  });

  test('without a word, and with something on the way that is never read', async () => {
    const { clock, wire, transport, log } = create();
    wire.isStuck = true;
    transport.begin();
    wire.push(null);
    await setImmediate();
    expect(log).toEqual([]);
    clock.advance(31_000);
    await setImmediate();
    expect(log).toEqual([closed(1006)]);
  });

  test('a socket that fails', async () => {
    const { wire, transport, log } = create();
    wire.destroy(new Error('ECONNRESET'));
    await setImmediate();
    expect(log).toEqual([closed(1006)]);
    transport.close();
    transport.begin();
    transport.terminate();
    expect(wire.writes).toEqual([]);
  });

  test('a violation: told to the peer, reported at once, and nothing more is read', async () => {
    const { wire, transport, log } = create();
    transport.begin();
    wire.push(Buffer.concat([clientFrame('4x'), clientFrame('x'.repeat(101)), clientFrame('4never')]));
    await setImmediate();
    wire.push(clientFrame('4never'));
    await setImmediate();
    expect(wire.writes).toEqual([ANSWER, '\x88\x02\x03\xf1', '(end)']);
    expect(log).toEqual(['4x', 'too large', ['transport error', 'Max payload size exceeded']]);
    expect(transport.readyState).toBe('closing');
  });
});

describe('many frames in one read', () => {
  const text = (index: number) => `4${index}`;
  const frames = (count: number) =>
    Buffer.concat(Array.from({ length: count }, (_, index) => clientFrame(text(index))));

  test('are delivered in several turns, in order, and none is lost', async () => {
    const { wire, log } = create();
    const counts: number[] = [];
    const count = 3 * FRAMES_PER_TURN + 5;
    wire.push(frames(count));
    wire.push(clientFrame('4last'));
    while (log.length <= count) {
      counts.push(log.length);
      await setImmediate();
    }
    // The socket hands over a second chunk only when the first was read.
    for (let at = 1; at < counts.length; at++)
      expect(counts[at]! - counts[at - 1]!).toBeLessThanOrEqual(FRAMES_PER_TURN);
    expect(log).toEqual([...Array.from({ length: count }, (_, index) => text(index)), '4last']);
  });

  test('behind the close frame nothing is read', async () => {
    const { wire, transport, log } = create();
    transport.begin();
    const close = clientFrame(Buffer.from([3, 232]), { opcode: OPCODE.close });
    wire.push(Buffer.concat([frames(FRAMES_PER_TURN), clientFrame('4x'), close, clientFrame('4y')]));
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    expect(log.slice(FRAMES_PER_TURN, FRAMES_PER_TURN + 2)).not.toContain('4y');
    expect(log[FRAMES_PER_TURN]).toBe('4x');
    expect(transport.readyState).not.toBe('open');
  });
});

describe('pings', () => {
  const ping = (payload: string) => clientFrame(payload, { opcode: OPCODE.ping });

  test('are answered with their payload, the last one of each turn', async () => {
    const { wire, transport } = create();
    transport.begin();
    wire.push(Buffer.concat([ping('a'), ping('')]));
    await setImmediate();
    await setImmediate();
    wire.push(ping('b'));
    await setImmediate();
    await setImmediate();
    expect(wire.writes).toEqual([ANSWER, '\x8a\x00', '\x8a\x01b']);
  });

  test('of a peer that does not read: the last one is answered when it does', async () => {
    const { wire, transport, log } = create();
    transport.begin();
    wire.isStuck = true;
    transport.write(sequence('x'.repeat(50)));
    expect(transport.ready).toBe(false);
    for (const payload of ['1', '2', '3']) wire.push(ping(payload));
    await setImmediate();
    wire.release();
    await setImmediate();
    expect(wire.writes.slice(2)).toEqual(['\x8a\x013']);
    expect(log).toEqual(['ready']);
  });
});
