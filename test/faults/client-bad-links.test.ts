import type { Socket } from '../../core/client/node.js';
import { io } from '../../core/client/node.js';
import { behindProxy, cleanUp, defer, servers } from './support/servers.js';

const rejections: unknown[] = [];
const onRejection = (reason: unknown) => rejections.push(reason);
beforeAll(() => process.on('unhandledRejection', onRejection));
afterAll(() => process.off('unhandledRejection', onRejection));
afterEach(async () => {
  await cleanUp();
  expect(rejections).toEqual([]);
});

const fast = { forceNew: true, reconnectionDelay: 5, reconnectionDelayMax: 10 };

function client(url: string, options: object = {}): Socket {
  const socket = io(url, { ...fast, ...options });
  defer(() => socket.disconnect());
  return socket;
}

const next = (socket: Socket, event: 'connect' | 'disconnect') =>
  new Promise<string>((resolve) => socket.once(event, ((reason: string) => resolve(reason)) as never));

function echo(server: { on(event: 'connection', listener: (socket: any) => void): unknown }): void {
  server.on('connection', (socket) =>
    socket.on('echo', (value: unknown, answer: (v: unknown) => void) => answer(value)),
  );
}

const modes = [['websocket'], ['polling'], ['polling', 'websocket']].map(
  (transports) => [transports.join(), transports] as const,
);

describe.each(servers)('with the %s server', (_, Server) => {
  test.each(modes)('a slow link is no bad link [%s]', async (_name, transports) => {
    const { io: server, proxy } = await behindProxy(Server);
    echo(server);
    proxy.delay = 20;
    const socket = client(proxy.url, { transports });
    for (let n = 0; n < 3; n++) expect(await socket.timeout(60_000).emitWithAck('echo', n)).toBe(n);
    const bytes = Buffer.alloc(100_000, 1);
    expect(await socket.timeout(60_000).emitWithAck('echo', bytes)).toEqual(bytes);
  });

  test.each(modes)('a narrow link carries everything in the end [%s]', async (_name, transports) => {
    const { io: server, proxy } = await behindProxy(Server);
    echo(server);
    proxy.rate = 1_500_000;
    const socket = client(proxy.url, { transports });
    const text = 'x'.repeat(150_000);
    const answers = await Promise.all([1, 2, 3].map((n) => socket.emitWithAck('echo', text + n)));
    expect(answers).toEqual([1, 2, 3].map((n) => text + n));
  });

  test.each([['websocket'], ['polling']])(
    'a connection that has gone silent is given up, and made anew [%s]',
    async (transport) => {
      const { io: server, proxy } = await behindProxy(Server, { pingInterval: 100, pingTimeout: 1000 });
      echo(server);
      const socket = client(proxy.url, { transports: [transport] });
      await next(socket, 'connect');
      proxy.silence();
      const gone = next(socket, 'disconnect');
      const back = gone.then(() => next(socket, 'connect'));
      expect(await gone).toBe('ping timeout');
      await back;
      expect(await socket.emitWithAck('echo', 'there')).toBe('there');
    },
  );

  test.each(modes)('a reset while it is connected [%s]', async (_name, transports) => {
    const { io: server, proxy } = await behindProxy(Server);
    echo(server);
    const socket = client(proxy.url, { transports });
    await next(socket, 'connect');
    for (let round = 0; round < 5; round++) {
      const gone = next(socket, 'disconnect');
      const back = gone.then(() => next(socket, 'connect'));
      proxy.cut();
      // Over polling, a request of which nothing was written goes over another connection, and nothing has happened.
      const kept = socket.emitWithAck('echo', 'still there').catch(() => gone);
      const outcome = await Promise.race([gone, kept]);
      expect(['transport close', 'transport error', 'still there']).toContain(outcome);
      if (outcome === 'still there') continue;
      await back;
      expect(await socket.emitWithAck('echo', round)).toBe(round);
    }
  });
});

describe('a reset after so many bytes', () => {
  // From the first byte of the answer to the first words of Socket.IO, in each direction.
  const steps = [0, 1, 15, 80, 128, 129, 131, 180, 230, 245, 260, 300, 340, 400];

  test.each(modes.flatMap((mode) => (['Server', 'Client'] as const).map((side) => [side, ...mode] as const)))(
    'from the %s: one connect_error for each failed attempt, and then it works [%s]',
    async (side, _name, transports) => {
      const { io: server, proxy } = await behindProxy(servers[0][1]);
      echo(server);
      for (const bytes of steps) {
        proxy[`resetAfter${side}Bytes`] = bytes;
        const socket = client(proxy.url, { transports, tryAllTransports: false });
        const events: string[] = [];
        let attempts = 0;
        let failures = 0;
        socket.io.on('reconnect_attempt', () => {
          attempts++;
        });
        socket.on('connect_error', (error) => {
          failures++;
          events.push(error.message);
        });
        socket.io.on('reconnect_error', () => events.push('reconnect_error'));
        // Either it fails twice, or it gets as far as being connected and is cut there.
        await new Promise<void>((resolve) => {
          let ends = 0;
          const end = () => ++ends === 2 && resolve();
          socket.on('connect_error', end).on('disconnect', end);
          socket.on('connect', () => socket.emit('echo', 'x'.repeat(1000), () => end()));
        });
        expect(failures).toBeLessThanOrEqual(attempts + 1);
        proxy[`resetAfter${side}Bytes`] = -1;
        proxy.cut();
        expect(await socket.emitWithAck('echo', bytes).catch(() => socket.emitWithAck('echo', bytes))).toBe(bytes);
        socket.disconnect();
      }
    },
  );
});
