import { createServer } from 'node:http';
import { io } from '../../core/client/node.js';
import { Server } from '../../core/index.js';
import { cleanUp, defer, listen } from './support/servers.js';

afterEach(cleanUp);

/** What keeps this process busy: sockets, timers, requests. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const busy = () => {
  const { TCPSocketWrap = 0, Timeout = 0, TCPConnectWrap = 0 } = resources();
  return { TCPSocketWrap, Timeout, TCPConnectWrap };
};

/** Resolves once nothing more is busy than before, and `isOver` agrees. */
async function rest(before: ReturnType<typeof busy>, isOver = () => true): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const now = busy();
    const isBusy =
      now.TCPSocketWrap > before.TCPSocketWrap ||
      now.TCPConnectWrap > before.TCPConnectWrap ||
      now.Timeout > before.Timeout;
    if (!isBusy && isOver()) return;
    if (performance.now() > deadline) throw new Error(`busy ${JSON.stringify(now)}, before ${JSON.stringify(before)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function server() {
  const http = createServer();
  const real = new Server(http);
  defer(() => real.close());
  return { real, url: `http://127.0.0.1:${await listen(http)}` };
}

describe('nothing is left behind', () => {
  test('by a thousand connections that were made and closed', async () => {
    const { url, real } = await server();
    const before = busy();
    for (let round = 0; round < 50; round++) {
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const socket = io(url, { forceNew: true });
          await new Promise<void>((resolve) => socket.once('connect', resolve));
          socket.disconnect();
        }),
      );
    }
    await rest(before, () => real.engine.clientsCount === 0);
  });

  test('by one that connects and disconnects a thousand times', async () => {
    const { url } = await server();
    const before = busy();
    const socket = io(url, { forceNew: true, autoConnect: false });
    for (let round = 0; round < 1000; round++) {
      const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
      socket.connect();
      await connected;
      socket.disconnect();
    }
    await rest(before);
    for (const event of ['open', 'packet', 'error', 'close'] as const) expect(socket.io.listeners(event)).toEqual([]);
  });

  test('by a hundred over polling, and a hundred that upgrade', async () => {
    const { url } = await server();
    const before = busy();
    for (const transports of [['polling'], ['polling', 'websocket']]) {
      for (let round = 0; round < 100; round++) {
        const socket = io(url, { forceNew: true, transports });
        await new Promise<void>((resolve) => socket.once('connect', resolve));
        if (transports.length === 2 && round % 5 === 0) {
          await new Promise<void>((resolve) => socket.io.engine.once('upgrade', () => resolve()));
        }
        socket.disconnect();
      }
    }
    await rest(before);
  });

  test('by five hundred that were closed before they were open', async () => {
    const { url } = await server();
    const before = busy();
    for (let round = 0; round < 500; round++) {
      const socket = io(url, { forceNew: true, transports: round % 2 ? ['websocket'] : ['polling'] });
      if (round % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
      socket.disconnect();
    }
    await rest(before);
  });

  test('by two hundred that found nobody', async () => {
    const before = busy();
    const sockets = Array.from({ length: 200 }, () =>
      io('http://127.0.0.1:9', { forceNew: true, reconnectionDelay: 5, reconnectionDelayMax: 10 }),
    );
    await Promise.all(
      sockets.map((socket) => new Promise<void>((resolve) => socket.once('connect_error', () => resolve()))),
    );
    for (const socket of sockets) socket.disconnect();
    await rest(before);
  });
});
