import { io } from '../../core/client/node.js';
import { behindProxy, cleanUp, defer, onceServer, proxyFor, servers } from './support/servers.js';

afterEach(cleanUp);

const COUNT = 1000;
const options = {
  transports: ['websocket'],
  forceNew: true,
  retries: 100,
  ackTimeout: 5000,
  reconnectionDelay: 5,
  reconnectionDelayMax: 10,
};

/** Cuts the link every 200 ms until all answers are there; gives how often. */
async function overBadLink(proxy: { cut(): void; delay: number; url: string }, more: object = {}) {
  proxy.delay = 2;
  const socket = io(proxy.url, { ...options, ...more });
  defer(() => socket.disconnect());
  let cuts = 0;
  const knife = setInterval(() => {
    cuts++;
    proxy.cut();
  }, 200);
  defer(() => clearInterval(knife));
  const answers = await Promise.all(Array.from({ length: COUNT }, (_, n) => socket.emitWithAck('n', n)));
  clearInterval(knife);
  return { answers, cuts };
}

const numbers = Array.from({ length: COUNT }, (_, n) => n);
const firsts = (received: number[]) => [...new Set(received)];

describe('a thousand numbered emits over a link that is cut every 200 ms', () => {
  test.each(servers)('arrive at the %s server, in order', async (_, Server) => {
    const { io: server, proxy } = await behindProxy(Server);
    const received: number[] = [];
    server.on('connection', (socket) =>
      socket.on('n', (n, answer) => {
        received.push(n);
        answer(n);
      }),
    );
    const { answers, cuts } = await overBadLink(proxy);
    expect(answers).toEqual(numbers);
    expect(firsts(received)).toEqual(numbers);
    expect(cuts).toBeGreaterThan(2);
  });

  test.each([1, 16, 64])('run once at a server that promises it, %i at a time', async (window) => {
    const received: number[] = [];
    const port = await onceServer(window, ([, n]) => {
      received.push(n);
      return n;
    });
    const proxy = await proxyFor(port);
    // Slow enough that there is something to cut.
    if (window > 1) proxy.rate = 60_000;
    const { answers, cuts } = await overBadLink(proxy);
    expect(answers).toEqual(numbers);
    expect(received).toEqual(numbers);
    expect(cuts).toBeGreaterThan(1);
  });

  test('over polling, too', async () => {
    const { io: server, proxy } = await behindProxy(servers[0][1]);
    const received: number[] = [];
    server.on('connection', (socket) =>
      socket.on('n', (n, answer) => {
        received.push(n);
        answer(n);
      }),
    );
    const { answers } = await overBadLink(proxy, { transports: ['polling'] });
    expect(answers).toEqual(numbers);
    expect(firsts(received)).toEqual(numbers);
  });
});
