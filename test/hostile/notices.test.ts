import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { io as officialClient } from 'socket.io-client';
import { io as ourClient } from '../../core/client/node.js';
import { Server, type ServerOptions, type Socket } from '../../core/index.js';
import { Dam } from './support/dam.js';

/** What clients learn, and what the application sees, when a bound acts: for the official client and for ours. */
const clients: [name: string, connect: typeof officialClient][] = [
  ['socket.io-client', officialClient],
  ['carillon/client', ourClient as never],
];

let httpServer: HttpServer;
let io: Server;
let dam: Dam;
const opened: ReturnType<typeof officialClient>[] = [];

async function serve(options: Partial<ServerOptions>): Promise<void> {
  httpServer = createServer();
  io = new Server(httpServer, { serveClient: false, ...options });
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
  dam = await Dam.build((httpServer.address() as AddressInfo).port);
}

afterEach(async () => {
  for (const client of opened.splice(0)) client.disconnect();
  await dam.demolish();
  await io.close();
});

/** A client behind the dam, and its socket. */
async function connected(connect: typeof officialClient, transport = 'websocket') {
  const accepted = new Promise<Socket>((resolve) => io.once('connection', resolve));
  const client = connect(dam.url, { forceNew: true, transports: [transport], reconnection: false });
  opened.push(client);
  const heard: unknown[][] = [];
  client.onAny((...args: unknown[]) => heard.push(args));
  const ended = new Promise<{ reason: string; details: any }>((resolve) =>
    client.on('disconnect', (reason, details) => resolve({ reason, details })),
  );
  const socket = await accepted;
  await new Promise<void>((resolve) => {
    if (client.connected) resolve();
    else client.once('connect', resolve);
  });
  const told = (event: string) =>
    new Promise<any>((resolve) => {
      const known = heard.find(([name]) => name === event);
      if (known !== undefined) resolve(known[1]);
      else client.once(event, resolve);
    });
  return { client, socket, heard, ended, told };
}

const NOISE = 'x'.repeat(20_000);

/** Emits to a client that does not read, a turn each, until the policy has acted. */
async function shout(socket: Socket, hasActed: () => boolean, event = (_i: number) => 'noise'): Promise<number> {
  let count = 0;
  while (!hasActed()) {
    socket.emit(event(count), count, NOISE);
    count++;
    await turn();
    // What the operating systems on the way take is a matter of theirs, but not without end.
    if (count > 20_000) throw new Error('no policy acted');
  }
  return count;
}

/** Events per second: so few that nothing comes back while a test runs, however long that takes. */
const RATE = 0.01;

const limits = { maxBufferedBytes: 400_000, backpressureThreshold: 100_000 };

describe.each(clients)('%s', (_name, connect) => {
  test.each([
    ['drop-oldest', undefined],
    ['drop-newest', undefined],
    ['conflate', undefined],
    ['conflate', (event: string, args: unknown[]) => `${event} ${Number(args[0]) % 2}`],
  ] as const)('22. %s: how many were dropped, and no more than that', async (slowConsumerPolicy, conflateBy) => {
    await serve({ ...limits, slowConsumerPolicy, ...(conflateBy === undefined ? {} : { conflateBy }) });
    const { socket, heard, told } = await connected(connect);
    const pressures: { bytes: number; messages: number }[] = [];
    const engines: unknown[] = [];
    let drained = 0;
    socket.conn.on('backpressure', (state) => {
      pressures.push(state);
      expect(socket.conn.bufferedBytes).toBe(state.bytes);
    });
    socket.conn.on('drain', () => {
      if (socket.conn.bufferedBytes === 0) drained++;
    });
    io.engine.on('backpressure', (connection) => engines.push(connection));

    dam.shut();
    const count = await shout(socket, () => socket.conn.droppedMessages > 0);
    expect(pressures).toEqual([{ bytes: expect.any(Number), messages: expect.any(Number) }]);
    expect(pressures[0]!.bytes).toBeGreaterThan(limits.backpressureThreshold);
    expect(engines).toEqual([socket.conn]);
    expect(socket.conn.bufferedBytes).toBeLessThanOrEqual(limits.maxBufferedBytes);
    const before = drained;

    dam.open();
    const { count: dropped } = await told('carillon:dropped');
    const numbers = heard.filter(([event]) => event === 'noise').map(([, number]) => Number(number));
    expect(numbers.length + dropped).toBe(count);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(numbers.includes(count - 1)).toBe(slowConsumerPolicy !== 'drop-newest');
    // By key, the newest of each key is there.
    if (conflateBy !== undefined) expect(numbers.slice(-2)).toEqual([count - 2, count - 1]);
    expect(drained).toBeGreaterThan(before);
    expect(socket.connected).toBe(true);
  });

  test('22. close: the reason is in the close frame', async () => {
    await serve(limits);
    const { socket, ended } = await connected(connect);
    let reason = '';
    socket.on('disconnect', (given) => {
      reason = given;
    });
    dam.shut();
    await shout(socket, () => reason !== '');
    expect(reason).toBe('slow consumer');
    expect(socket.conn.ending).toMatchObject({ by: 'server', reason: 'slow consumer' });
    dam.open();
    const { reason: theirs, details } = await ended;
    expect(theirs).toBe('transport close');
    expect(details.context).toMatchObject({ code: 1008, reason: 'slow consumer' });
  });

  test.each(['websocket', 'polling'])(
    'over %s, an event beyond its rate is refused: what, and for how long',
    async (transport) => {
      const cost = (event: string) => (event === 'search' ? 5 : 1);
      await serve({ eventRateLimit: { socket: { perSecond: RATE, burst: 10 }, cost } });
      const { client, socket, told } = await connected(connect, transport);
      const served: string[] = [];
      socket.onAny((event, ack) => {
        served.push(event);
        ack?.('ok');
      });
      expect(await client.emitWithAck('search')).toBe('ok');
      expect(await client.emitWithAck('search')).toBe('ok');
      const refusal = await client.emitWithAck('search');
      expect(refusal).toEqual({ status: 'error', message: 'Rate limit exceeded', retryAfter: expect.any(Number) });
      expect(refusal.retryAfter).toBeGreaterThan(1000 / RATE);
      expect(refusal.retryAfter).toBeLessThanOrEqual(5000 / RATE);
      client.emit('cheap, but too many');
      const notice = await told('carillon:refused');
      expect(notice).toEqual({ event: 'cheap, but too many', reason: 'rate limit', retryAfter: expect.any(Number) });
      expect(notice.retryAfter).toBeLessThanOrEqual(1000 / RATE);
      expect(served).toEqual(['search', 'search']);
      expect(client.connected).toBe(true);
    },
  );

  test.each(['websocket', 'polling'])(
    'over %s, or the connection is closed: the same is said before',
    async (transport) => {
      await serve({ eventRateLimit: { connection: { perSecond: RATE, burst: 3 }, exceeded: 'close' } });
      const { client, socket, ended, told } = await connected(connect, transport);
      for (let i = 0; i < 5; i++) client.emit('x');
      const { reason, details } = await ended;
      expect(['transport close', 'transport error']).toContain(reason);
      expect(await told('carillon:refused')).toEqual({
        event: 'x',
        reason: 'rate limit',
        retryAfter: expect.any(Number),
      });
      if (transport === 'websocket') {
        const words = expect.stringMatching(/^rate limit: try again in \d+ ms$/);
        expect(details.context).toMatchObject({ code: 1008, reason: words });
      }
      expect(socket.conn.ending).toMatchObject({ by: 'server', reason: 'rate limit' });
    },
  );

  test('joining namespaces counts: the refusal says for how long', async () => {
    await serve({ eventRateLimit: { connection: { perSecond: RATE, burst: 2 } } });
    io.of(/^\/n/);
    const { client } = await connected(connect);
    const refused = await new Promise<Error & { data?: any }>((resolve) => {
      for (let i = 0; i < 3; i++) {
        const other = client.io.socket(`/n${i}`);
        other.once('connect_error', resolve as never);
        if (!other.active) other.connect();
      }
    });
    expect(refused.message).toBe('Rate limit exceeded');
    expect(refused.data).toEqual({ retryAfter: expect.any(Number) });
  });
});
