import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import type { Connection } from '../../../core/engine/connection.js';
import { LimitError, ProtocolError, TransportViolation } from '../../../core/errors.js';
import { Prepared } from '../../../core/protocol/prepared.js';
import { TestEngine } from '../../support/engine.js';
import { MemoryTransport } from '../../support/memory-transport.js';

const text = (content: string) => Prepared.message([content]);

describe('sending', () => {
  test('one write per turn, in the order of the calls', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    connection.deliver(text('a'));
    connection.send('b');
    connection.write(Buffer.from([1]));
    expect(transport.received).toEqual([]);
    clock.endTurn();
    expect(transport.received).toEqual(['4a', '4b', Buffer.from([1])]);
    expect(transport.writes).toHaveLength(1);
  });

  test('the callback of send comes once the message was handed over, with the transport', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    const called: unknown[] = [];
    connection.send('a', (by) => called.push(by));
    connection.send('b', { compress: false }, (by) => called.push(by));
    expect(called).toEqual([]);
    clock.endTurn();
    expect(called).toEqual([transport, transport]);
    clock.endTurns();
    expect(called).toHaveLength(2);
    expect(transport.messages.map(({ compress }) => compress)).toEqual([true, false]);
  });

  test('of a backlog written in pieces, each callback comes with the piece that holds its message', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    const called: number[] = [];
    transport.congest();
    for (let i = 0; i < 5; i++) connection.send('x'.repeat(200_000), () => called.push(i));
    clock.endTurn();
    expect(called).toEqual([]);
    const heard: number[][] = [];
    connection.on('flush', () => heard.push([...called]));
    transport.poll();
    expect(heard).toEqual([[], [0, 1], [0, 1, 2, 3]]);
    expect(called).toEqual([0, 1, 2, 3, 4]);
  });

  test('a callback that throws does not keep the others from theirs', () => {
    const { clock, engine, ...test } = withClock();
    const { connection } = test.open();
    const errors: unknown[] = [];
    engine.on('listener_error', (error, context) => errors.push([error, context]));
    const error = new Error('callback');
    const called: string[] = [];
    connection.send('a', () => {
      throw error;
    });
    connection.send('b', () => called.push('b'));
    clock.endTurn();
    expect(called).toEqual(['b']);
    expect(errors).toEqual([[error, { event: 'send' }]]);
  });

  test('bufferedBytes counts what waits here and in the transport', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    transport.bufferedBytes = 100;
    transport.congest();
    connection.send('123456789');
    expect(connection.bufferedBytes).toBe(110);
    clock.endTurn();
    expect(connection.bufferedBytes).toBe(110);
  });

  test('idle only while nothing waits anywhere: what volatile events ask for', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    expect(connection.isIdle).toBe(true);
    connection.send('a');
    expect(connection.isIdle).toBe(false);
    clock.endTurn();
    expect(connection.isIdle).toBe(true);
    transport.bufferedBytes = 1;
    expect(connection.isIdle).toBe(false);
  });

  test('a slow reader gets everything when it reads again', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    transport.congest();
    connection.send('a');
    clock.endTurn();
    connection.send('b');
    clock.endTurn();
    transport.poll();
    expect(transport.received).toEqual(['4a', '4b']);
  });

  test('over polling, what waits is one body', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open('polling');
    connection.send('a');
    clock.endTurn();
    connection.send('b');
    clock.endTurn();
    transport.poll();
    expect(transport.writes.map((sequence) => sequence.payload())).toEqual(['4a\x1e4b']);
  });

  test('after the end nothing is sent', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    transport.disconnect();
    const called: unknown[] = [];
    connection.send('a', (by) => called.push(by));
    connection.deliver(text('b'));
    clock.endTurns();
    expect(transport.received).toEqual([]);
    expect(called).toEqual([]);
    expect(connection.bufferedBytes).toBe(0);
  });
});

describe('receiving', () => {
  test('messages go up, text with an offset and binary', () => {
    const { transport, handler } = withClock().open();
    expect(transport.sendText('42["a"]')).toBe(true);
    expect(transport.sendBinary(Buffer.from([1]))).toBe(true);
    expect(handler.heard).toEqual([
      ['text', '2["a"]'],
      ['binary', Buffer.from([1])],
    ]);
  });

  test.each([
    ['1', 'transport close', undefined],
    ['2', 'transport error', 'invalid heartbeat direction'],
    ['2probe', 'transport error', 'invalid heartbeat direction'],
    ['9', 'parse error', 'unknown Engine.IO packet'],
    ['', 'parse error', 'unknown Engine.IO packet'],
    ['hello', 'parse error', 'unknown Engine.IO packet'],
  ])('the packet %j ends it: %s', (packet, reason, message) => {
    const { connection, transport, handler } = withClock().open();
    expect(transport.sendText(packet)).toBe(false);
    expect(handler.heard).toEqual([message === undefined ? ['close', reason] : ['close', reason, new Error(message)]]);
    expect(connection.readyState).toBe('closed');
    expect(transport.readyState).toBe('closed');
  });

  test.each(['6', '3', '0', '5'])('the packet %j changes nothing', (packet) => {
    const { connection, transport, handler } = withClock().open();
    expect(transport.sendText(packet)).toBe(true);
    expect(handler.heard).toEqual([]);
    expect(connection.readyState).toBe('open');
  });

  test('nothing more is wanted once the handler closed it', () => {
    const { connection, transport, handler } = withClock().open();
    handler.onText = () => connection.close();
    expect(transport.sendText('4a')).toBe(false);
    expect(connection.onText('4b')).toBe(false);
    expect(connection.onBinary(Buffer.alloc(1))).toBe(false);
  });
});

describe('heartbeat', () => {
  const options = { pingInterval: 1000, pingTimeout: 400 };

  test('a ping, a pong, and again', () => {
    const { clock, ...test } = withClock(options);
    const { connection, transport } = test.open();
    for (let round = 0; round < 3; round++) {
      clock.advance(1010);
      expect(transport.take()).toEqual(['2']);
      transport.sendText('3');
    }
    expect(connection.readyState).toBe('open');
  });

  test('without a pong it is over', () => {
    const { clock, ...test } = withClock(options);
    const { transport, handler } = test.open();
    clock.advance(1400);
    expect(handler.heard).toEqual([['close', 'ping timeout']]);
    expect(transport.closeCalls).toBe(1);
    expect(test.engine.clientsCount).toBe(0);
  });

  test('something else than the pong extends the wait, once', () => {
    const { clock, ...test } = withClock(options);
    const { connection, transport } = test.open();
    clock.advance(1000);
    clock.advance(300);
    transport.sendText('4busy');
    clock.advance(300);
    expect(connection.readyState).toBe('open');
    transport.sendText('4busy');
    clock.advance(110);
    expect(connection.readyState).toBe('closed');
  });

  test('pings share their bytes: one frame for everybody', () => {
    const { clock, ...test } = withClock(options);
    const sessions = [test.open(), test.open()];
    clock.advance(1010);
    const [one, other] = sessions.map(({ transport }) => transport.writes[0]!);
    expect(one!.frames()).toBe(other!.frames());
  });
});

describe('closing', () => {
  test('after what was sent before', () => {
    const { connection, transport, handler } = withClock().open();
    connection.send('last words');
    connection.close();
    expect(transport.received).toEqual(['4last words']);
    expect(connection.readyState).toBe('closed');
    expect(handler.heard).toEqual([['close', 'forced close']]);
  });

  test('a peer that takes its time: closing, then closed', () => {
    const { connection, transport, handler } = withClock().open();
    transport.closesLate = true;
    connection.close();
    connection.close();
    expect(connection.readyState).toBe('closing');
    expect(handler.heard).toEqual([]);
    expect(transport.sendText('4late')).toBe(false);
    transport.disconnect();
    expect(handler.heard).toEqual([['close', 'forced close']]);
  });

  test('a slow reader gets what it was promised first', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    transport.congest();
    connection.send('a');
    clock.endTurn();
    connection.send('b');
    connection.close();
    connection.send('too late');
    expect(connection.readyState).toBe('closing');
    expect(transport.closeCalls).toBe(0);
    transport.poll();
    expect(transport.received).toEqual(['4a', '4b']);
    expect(connection.readyState).toBe('closed');
  });

  test('over polling, the goodbye is an answer of its own', () => {
    const { connection, transport } = withClock().open('polling');
    connection.send('a');
    connection.close();
    transport.poll();
    expect(transport.received).toEqual(['4a']);
    expect(transport.closeCalls).toBe(0);
    transport.poll();
    expect(transport.closeCalls).toBe(1);
    expect(connection.readyState).toBe('closed');
  });

  test('a slow reader is not waited for for ever', () => {
    const { clock, ...test } = withClock({ pingInterval: 1000, pingTimeout: 400 });
    const { connection, transport, handler } = test.open();
    transport.congest();
    connection.send('a');
    connection.close();
    clock.advance(1400);
    expect(handler.heard).toEqual([['close', 'ping timeout']]);
  });

  test('with discard, at once', () => {
    const { connection, transport, handler } = withClock().open();
    transport.congest();
    connection.send('a');
    connection.close(true);
    expect(connection.readyState).toBe('closed');
    expect(handler.heard).toEqual([['close', 'forced close']]);
    expect(transport.received).toEqual([]);
    connection.close(true);
    connection.fail('parse error');
    expect(handler.heard).toHaveLength(1);
  });

  test('the transport goes away', () => {
    const { connection, transport, handler } = withClock().open();
    transport.disconnect('transport error', new Error('reset'));
    expect(handler.heard).toEqual([['close', 'transport error', new Error('reset')]]);
    expect(connection.readyState).toBe('closed');
  });

  test('in the middle of a turn it loses only its own messages', () => {
    const { clock, ...test } = withClock();
    const sessions = [test.open(), test.open(), test.open()];
    const [first, second] = [text('first'), text('second')];
    for (const { connection } of sessions) connection.deliver(first);
    sessions[1]!.transport.disconnect();
    for (const { connection } of sessions) connection.deliver(second);
    clock.endTurn();
    expect(sessions.map(({ transport }) => transport.received)).toEqual([
      ['4first', '4second'],
      [],
      ['4first', '4second'],
    ]);
    expect(sessions[0]!.transport.writes[0]!.frames()).toBe(sessions[2]!.transport.writes[0]!.frames());
  });

  test('leaves no timer of its own', () => {
    const { clock, ...test } = withClock();
    const { connection } = test.open('polling');
    connection.startUpgrade(new MemoryTransport());
    connection.close(true);
    clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });
});

describe('moving to another transport', () => {
  function moving() {
    const { clock, ...test } = withClock();
    const session = test.open('polling');
    const target = new MemoryTransport('websocket');
    session.connection.startUpgrade(target);
    return { clock, ...session, target };
  }

  test('everything goes over the new one, nothing lost or reordered', () => {
    const { clock, connection, transport, target, handler, request } = moving();
    connection.send('1');
    clock.endTurn();
    transport.poll();
    expect(transport.take()).toEqual(['41']);
    connection.send('2');
    clock.endTurn();
    target.sendText('2probe');
    expect(connection.upgrading).toBe(true);
    target.sendText('5');
    connection.send('3');
    clock.endTurn();
    expect(target.received).toEqual(['3probe', '42', '43']);
    expect(transport.received).toEqual([]);
    expect(transport.discarded).toBe(true);
    expect(connection).toMatchObject({ upgrading: false, upgraded: true, transport: target });
    expect(request.reduced).toBe(1);
    target.sendText('4up');
    expect(handler.heard).toEqual([['text', 'up']]);
  });

  test('a waiting poll is released with a noop, and again when it comes back', () => {
    const { clock, transport, target } = moving();
    transport.poll();
    target.sendText('2probe');
    clock.endTurn();
    expect(transport.take()).toEqual(['6']);
    transport.poll();
    clock.advance(100);
    expect(transport.take()).toEqual(['6']);
  });

  test('one that fails leaves the session where it is', () => {
    const { clock, connection, transport, target, handler } = moving();
    target.disconnect();
    expect(connection).toMatchObject({ upgrading: false, upgraded: false, readyState: 'open', transport });
    connection.send('a');
    clock.endTurn();
    transport.poll();
    expect(transport.received).toEqual(['4a']);
    expect(handler.heard).toEqual([]);
  });

  test('one after the other, not two at once', () => {
    const { connection, target } = moving();
    const second = new MemoryTransport('websocket');
    connection.startUpgrade(second);
    expect(second.closeCalls).toBe(1);
    expect(target.readyState).toBe('open');
    target.disconnect();
    const third = new MemoryTransport('websocket');
    connection.startUpgrade(third);
    third.sendText('5');
    expect(connection.transport).toBe(third);
  });

  test('refused when it is there already, or over', () => {
    const test = withClock();
    const there = test.open('websocket');
    const over = test.open('polling');
    over.connection.close(true);
    for (const { connection } of [there, over]) {
      const target = new MemoryTransport('websocket');
      connection.startUpgrade(target);
      expect(target.closeCalls).toBe(1);
    }
  });

  test('a client that is told to go while it moves is met where it goes to', () => {
    const { connection, transport, target } = moving();
    target.sendText('2probe');
    connection.send('promised');
    connection.close();
    expect(connection.readyState).toBe('closing');
    target.sendText('5');
    expect(target.received).toEqual(['3probe', '4promised']);
    expect(connection.readyState).toBe('closed');
    expect(transport.received).toEqual([]);
  });

  test('... or where it stays, when it does not arrive', () => {
    const { connection, transport, target } = moving();
    connection.close();
    target.disconnect();
    transport.poll();
    expect(transport.closeCalls).toBe(1);
    expect(connection.readyState).toBe('closed');
  });

  test('the end of the session ends the move', () => {
    const { connection, target } = moving();
    connection.close(true);
    expect(target.readyState).toBe('closed');
    expect(connection.upgrading).toBe(false);
  });
});

describe('what an application sees', () => {
  test('it is an event emitter', () => {
    const { connection } = withClock().open();
    expect(connection).toBeInstanceOf(EventEmitter);
    expect(connection.listenerCount('close')).toBe(0);
    expect(connection.emit('heartbeat')).toBe(false);
  });

  test.each(['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'] as const)(
    '%s hears of packets in both directions',
    (method) => {
      const { clock, ...test } = withClock();
      const { connection, transport } = test.open();
      const heard: unknown[] = [];
      const listen = connection[method].bind(connection) as (
        event: string,
        listener: (packet: unknown) => void,
      ) => void;
      listen('packet', (packet) => heard.push(['in', packet]));
      listen('packetCreate', (packet) => heard.push(['out', packet]));
      transport.sendText('4a');
      connection.send('b', { compress: false });
      clock.endTurn();
      expect(heard).toEqual([
        ['in', { type: 'message', data: 'a' }],
        ['out', { type: 'message', data: 'b', options: { compress: false } }],
      ]);
    },
  );

  test('the whole life in events', () => {
    const { clock, ...test } = withClock({ pingInterval: 1000, pingTimeout: 400 });
    const { connection, transport } = test.open('polling');
    const heard: string[] = [];
    for (const event of ['message', 'data', 'heartbeat', 'upgrading', 'upgrade', 'flush', 'drain', 'close'] as const) {
      connection.on(event, (argument: unknown) => {
        heard.push(typeof argument === 'string' ? `${event} ${argument}` : event);
      });
    }
    const target = new MemoryTransport();
    transport.sendText('4a');
    connection.startUpgrade(target);
    target.sendText('2probe');
    target.sendText('5');
    connection.send('b');
    clock.endTurn();
    clock.advance(1010);
    target.sendText('3');
    target.sendBinary(Buffer.from([1]));
    target.disconnect();
    expect(heard).toEqual([
      'data a',
      'message a',
      'upgrading',
      'upgrade',
      'flush',
      'drain',
      'flush',
      'drain',
      'heartbeat',
      'data',
      'message',
      'close transport close',
    ]);
  });

  test('a listener that closes stops the packet on its way', () => {
    const { connection, transport, handler } = withClock().open();
    connection.once('packet', () => connection.close());
    transport.sendText('4a');
    expect(handler.heard).toEqual([['close', 'forced close']]);
  });

  test('what a "flush" listener sends comes behind what is being flushed, also when it closes', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    connection.once('flush', () => {
      connection.send('second');
      connection.close();
    });
    connection.send('first');
    clock.endTurns();
    expect(transport.received).toEqual(['4first', '4second']);
    expect(connection.readyState).toBe('closed');
  });

  test('a message that is closed away while it is announced is not sent', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    connection.once('packetCreate', () => connection.close(true));
    connection.send('a');
    clock.endTurns();
    expect(transport.received).toEqual([]);
    expect(connection.bufferedBytes).toBe(0);
  });

  test('what a "drain" listener sends is served in the next turn', () => {
    const { clock, ...test } = withClock();
    const { connection, transport } = test.open();
    connection.once('drain', () => connection.send('second'));
    connection.send('first');
    clock.endTurn();
    expect(transport.received).toEqual(['4first']);
    clock.endTurn();
    expect(transport.received).toEqual(['4first', '4second']);
  });
});

function withClock(options?: ConstructorParameters<typeof TestEngine>[0]) {
  const test = new TestEngine(options);
  return { clock: test.clock, engine: test.engine, open: test.open.bind(test) };
}

describe('listeners of the application', () => {
  function failing() {
    const { clock, engine, ...test } = withClock();
    const errors: unknown[][] = [];
    engine.on('listener_error', (error, { event }) => errors.push([event, (error as Error).message]));
    return { clock, engine, errors, ...test };
  }

  test('one that throws ends nothing, and is reported', () => {
    const { clock, errors, ...test } = failing();
    const { connection, transport, handler } = test.open();
    for (const event of ['packet', 'data', 'packetCreate', 'flush', 'drain', 'close'] as const) {
      connection.on(event, () => {
        throw new Error(`${event} failed`);
      });
    }
    expect(transport.sendText('4hello')).toBe(true);
    connection.send('answer');
    clock.endTurn();
    expect(transport.received).toEqual(['4answer']);
    transport.disconnect();
    expect(handler.heard).toEqual([
      ['text', 'hello'],
      ['close', 'transport close'],
    ]);
    expect(errors).toEqual(
      ['packet', 'data', 'packetCreate', 'flush', 'drain', 'close'].map((event) => [event, `${event} failed`]),
    );
  });

  test('one whose promise is rejected is reported, too', async () => {
    const { errors, engine, ...test } = failing();
    engine.on('connection', async () => {
      throw new Error('connection failed');
    });
    const { connection, transport } = test.open();
    connection.once('data', async () => {
      throw new Error('data failed');
    });
    connection.prependListener('data', async () => {
      throw new Error('data failed first');
    });
    transport.sendText('4hello');
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toEqual([
      ['connection', 'connection failed'],
      ['data', 'data failed first'],
      ['data', 'data failed'],
    ]);
  });

  test('of the engine, and of the errors themselves: the log', () => {
    const log = jest.spyOn(console, 'error').mockImplementation(() => {});
    try {
      const { engine, ...test } = withClock();
      engine.on('connection', () => {
        throw new Error('first');
      });
      const { connection } = test.open();
      expect(connection.readyState).toBe('open');
      engine.on('listener_error', () => {
        throw new Error('second');
      });
      test.open();
      expect(log.mock.calls.map(([text, error]) => [text, error.message])).toEqual([
        ['carillon: a listener of "connection" failed:', 'first'],
        ['carillon: a listener of "listener_error" failed:', 'second'],
      ]);
    } finally {
      log.mockRestore();
    }
  });
});

describe('what the client is told of the end', () => {
  test.each<[Parameters<Connection['fail']>[0], unknown, [number, string] | [string] | []]>([
    [
      'parse error',
      new LimitError('nested deeper than 512 levels'),
      [1008, 'parse error: nested deeper than 512 levels'],
    ],
    ['parse error', new ProtocolError('unknown packet type'), ['parse error: unknown packet type']],
    ['parse error', new Error('words of a parser, maybe long ones'), ['parse error']],
    ['transport error', new TransportViolation('wrong direction'), ['transport error: wrong direction']],
    ['ping timeout', undefined, ['ping timeout']],
    ['slow consumer', new Error('details'), [1008, 'slow consumer']],
    ['forced close', undefined, []],
  ])('%s', (reason, description, goodbye) => {
    const { connection, transport } = withClock().open();
    connection.fail(reason, description);
    expect(transport.goodbye).toEqual(goodbye);
  });

  test('over polling, whoever was not there hears of it later', () => {
    const { engine, ...test } = withClock();
    const { connection } = test.open('polling');
    expect(engine.closeReasonOf(connection.id)).toBeUndefined();
    connection.fail('slow consumer');
    expect(engine.closeReasonOf(connection.id)).toBe('slow consumer');
    const other = test.open('polling');
    other.transport.sendText('1');
    expect(engine.closeReasonOf(other.connection.id)).toBeUndefined();
  });
});

test('a message that is too large is an event with its size', () => {
  const { engine, ...test } = withClock({ maxHttpBufferSize: 1000 });
  const { connection, transport } = test.open();
  const heard: unknown[] = [];
  engine.on('message_too_large', (...args) => heard.push(args));
  transport.refuseTooLarge(5000);
  transport.refuseTooLarge();
  expect(heard).toEqual([
    [connection, { bytes: 5000, limit: 1000 }],
    [connection, { bytes: 1001, limit: 1000 }],
  ]);
});

test('an answer that the application made impossible is reported, and ends the session behind the write', async () => {
  const { engine, ...test } = withClock();
  const { connection, transport } = test.open();
  const log: unknown[] = [];
  engine.onListenerError = (error, event) => log.push([event, (error as Error).message, (error as Error).cause]);
  connection.on('close', (reason, description) => log.push([reason, description]));
  const fault = new Error('no head');
  transport.failAnswer(fault);
  const report = ['headers', `an answer could not be written to ${connection.id}: no head`, fault];
  expect([connection.readyState, log]).toEqual(['open', [report]]);
  await Promise.resolve();
  expect([connection.readyState, log]).toEqual(['closed', [report, ['transport error', fault]]]);
});

test('the last round trip is known once a pong came, and not before', () => {
  const { clock, ...test } = withClock({ pingInterval: 100, pingTimeout: 1000 });
  const { connection, transport } = test.open();
  expect(connection.roundTrip).toBeUndefined();
  clock.advance(100);
  expect(connection.roundTrip).toBeUndefined();
  clock.advance(30);
  transport.sendText('3');
  expect(connection.roundTrip).toBe(30);
});

test('more than may wait ends a connection, with the bounds in the description', () => {
  const { connection } = withClock({ maxBufferedBytes: 2000, maxBufferedMessages: 20 }).open();
  connection.onOverflow();
  expect(connection.ending).toMatchObject({
    by: 'server',
    reason: 'slow consumer',
    description: 'more than 2000 bytes or 20 messages were waiting',
  });
});

test.each([
  ['news', 'an event (news)', 'open'],
  [undefined, 'a message', 'closed'],
] as const)('what cannot be written is reported: %s', (event, what, readyState) => {
  const { engine, ...test } = withClock();
  const { connection } = test.open();
  const errors: unknown[] = [];
  engine.on('listener_error', (error) => errors.push(error));
  const cause = new Error('detached');
  connection.onUnwritable(cause, event);
  // An event may be missing; without anything else, the two sides would no longer agree.
  expect(connection.readyState).toBe(readyState);
  if (event === undefined) expect(connection.ending).toMatchObject({ reason: 'transport error' });
  expect(errors).toEqual([new Error(`${what} could not be written to ${connection.id}: detached`, { cause })]);
});
