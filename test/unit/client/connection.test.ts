import { Connection } from '../../../core/client/connection.js';
import { turn } from './support/harness.js';
import { HANDSHAKE, MemoryTransport, network } from './support/memory-transport.js';
import { TestClock } from './support/test-clock.js';

function create(options: object = {}) {
  network.reset();
  const clock = new TestClock();
  const log: string[] = [];
  const connection = new Connection(
    { hostname: 'h.test', port: '80', secure: false, path: '/socket.io/', clock, ...options },
    {
      transports: { websocket: MemoryTransport },
      binaryType: 'arraybuffer',
      Connection: Connection,
    },
  );
  connection
    .on('open', () => log.push('open'))
    .on('error', (error) => log.push(`error: ${error.message}: ${(error as { description?: string }).description}`))
    .on('close', (reason, details) =>
      log.push(`close: ${reason}${details && 'description' in details ? `: ${details.description}` : ''}`),
    );
  connection.open();
  const transport = network.last;
  return { clock, log, connection, transport };
}

describe('Connection', () => {
  test('asks for what the protocol wants', () => {
    const { transport } = create({ query: { mine: 'a b' } });
    expect(transport.address).toBe('http://h.test/socket.io/?mine=a%20b&EIO=4&transport=websocket');
  });

  test('opens with the handshake, and only with it', () => {
    const { log, connection, transport } = create();
    transport.openOnly();
    expect(connection.readyState).toBe('opening');
    transport.accept();
    expect(log).toEqual(['open']);
    expect(connection.readyState).toBe('open');
    expect(connection.id).toBe('session');
    expect(connection.handshake).toEqual(HANDSHAKE);
  });

  test.each([
    ['nothing', undefined],
    ['no JSON', '<html>'],
    ['a number', '5'],
    ['null', 'null'],
    ['no session', '{"pingInterval":1,"pingTimeout":1}'],
    ['an empty object', '{}'],
    ['a session that is no text', '{"sid":5,"pingInterval":1,"pingTimeout":1}'],
    ['no pings', '{"sid":"a"}'],
    ['pings of no time', '{"sid":"a","pingInterval":0,"pingTimeout":1}'],
    ['pings before their time', '{"sid":"a","pingInterval":25000,"pingTimeout":-1}'],
    ['times that are text', '{"sid":"a","pingInterval":"25000","pingTimeout":"20000"}'],
    ['times that timers cannot wait for', '{"sid":"a","pingInterval":3000000000,"pingTimeout":20000}'],
    ['times without end', '{"sid":"a","pingInterval":1e400,"pingTimeout":20000}'],
  ])('a handshake of %s is an error that says so', (_, data) => {
    const { log, clock, transport, connection } = create();
    transport.openOnly();
    transport.receive({ type: 'open', data });
    expect(log[0]).toMatch(/^error: parse error: no handshake: open packet, received /);
    expect(log).toHaveLength(2);
    expect(connection.readyState).toBe('closed');
    expect(transport.closed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test.each(['close', 'ping', 'message', 'noop'] as const)('a %s packet instead of a handshake is an error', (type) => {
    const { log, transport } = create();
    transport.openOnly();
    transport.receive({ type, data: 'x' });
    expect(log[0]).toBe(`error: parse error: no handshake: ${type} packet, received "x"`);
    expect(log).toHaveLength(2);
  });

  test('a transport that closes before the handshake is an error', () => {
    const { log, transport } = create();
    transport.cut('closed (1006)');
    expect(log).toEqual(['error: websocket error: closed (1006)', 'close: transport error: closed (1006)']);
  });

  test('what comes after the end is not heard', () => {
    const { log, transport, connection } = create();
    transport.accept();
    connection.close();
    transport.receive({ type: 'message', data: 'x' });
    transport.refuse();
    transport.cut();
    expect(log).toEqual(['open', 'close: forced close']);
  });

  test('answers pings', async () => {
    const { transport } = create();
    transport.accept();
    transport.receive({ type: 'ping' });
    expect(transport.sent).toEqual(['3']);
  });

  test('is over when the server is silent for longer than it promised', () => {
    const { clock, log, transport } = create();
    transport.accept();
    clock.advance(499);
    expect(log).toEqual(['open']);
    clock.advance(1);
    expect(log).toEqual(['open', 'close: ping timeout']);
    expect(clock.pending).toBe(0);
    expect(transport.closed).toBe(true);
  });

  test('any packet is a sign of life', () => {
    const { clock, log, transport } = create();
    transport.accept();
    for (let n = 0; n < 10; n++) {
      clock.advance(400);
      transport.receive(n % 2 ? { type: 'ping' } : { type: 'message', data: 'x' });
    }
    expect(log).toEqual(['open']);
    clock.advance(500);
    expect(log).toEqual(['open', 'close: ping timeout']);
  });

  test('after a sleep the first question finds out that it is over', () => {
    const { clock, log, transport, connection } = create();
    transport.accept();
    expect(connection.checkPing()).toBe(true);
    clock.sleep(10_000);
    expect(connection.checkPing()).toBe(false);
    expect(log).toEqual(['open', 'close: ping timeout']);
    expect(clock.pending).toBe(0);
  });

  test('writes in one flush what waits, and drains', async () => {
    const { transport, connection } = create();
    const events: string[] = [];
    connection.on('flush', () => events.push('flush')).on('drain', () => events.push('drain'));
    transport.accept();
    let called = 0;
    connection.write('1');
    connection.write('2', { compress: true }, () => {
      called++;
    });
    connection.send('3');
    expect(transport.sent).toEqual(['41']);
    expect(called).toBe(0);
    await turn();
    expect(transport.sent).toEqual(['41', '42', '43']);
    expect(called).toBe(1);
    expect(events).toEqual(['flush', 'flush', 'drain']);
    expect(connection.writeBuffer).toEqual([]);
  });

  test('what is written before it opens waits', async () => {
    const { transport, connection } = create();
    connection.write('early');
    transport.accept();
    expect(transport.sent).toEqual(['4early']);
  });

  test('closing waits until everything is written', async () => {
    const { transport, connection, log } = create();
    network.isStalled = true;
    transport.accept();
    connection.write('1').write('2').close();
    expect(connection.readyState).toBe('closing');
    connection.write('too late');
    expect(log).toEqual(['open']);
    transport.drain();
    expect(transport.sent).toEqual(['41', '42']);
    expect(log).toEqual(['open']);
    transport.drain();
    expect(log).toEqual(['open', 'close: forced close']);
    expect(connection.readyState).toBe('closed');
  });

  test('closing does not wait for ever', () => {
    const { transport, connection, log, clock } = create();
    network.isStalled = true;
    transport.accept();
    connection.write('1').close();
    clock.advance(500);
    expect(log).toEqual(['open', 'close: ping timeout']);
    expect(clock.pending).toBe(0);
  });

  test('closing twice, and in any state', () => {
    const opening = create();
    opening.connection.close().close();
    expect(opening.log).toEqual(['close: forced close']);
    expect(opening.transport.closed).toBe(true);
    const open = create();
    open.transport.accept();
    open.connection.close().close();
    expect(open.log).toEqual(['open', 'close: forced close']);
    expect(open.clock.pending).toBe(0);
  });

  test('a listener that closes in the open event', () => {
    const { transport, connection, log } = create();
    connection.on('open', () => connection.close());
    connection.write('x');
    transport.accept();
    expect(connection.readyState).toBe('closing');
    expect(log).toEqual(['open']);
  });

  test('the server closes', () => {
    const { transport, log } = create();
    transport.accept();
    transport.receive({ type: 'close' });
    expect(log).toEqual(['open', 'close: transport close: transport closed by the server']);
  });

  test('an error ends it, with the error as description', () => {
    const { transport, log } = create();
    transport.accept();
    transport.refuse('websocket error', 'reset');
    expect(log).toEqual(['open', 'error: websocket error: reset', 'close: transport error: reset']);
  });

  test('an empty message is a message', () => {
    const { transport, connection } = create();
    const received: unknown[] = [];
    connection.on('message', (data) => received.push(data));
    transport.accept();
    transport.receive({ type: 'message' });
    expect(received).toEqual(['']);
  });
});
