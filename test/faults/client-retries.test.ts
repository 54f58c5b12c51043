import type { Socket as ServerSocket } from 'socket.io';
import { io } from '../../core/client/node.js';
import { behindProxy, cleanUp, defer, servers } from './support/servers.js';

afterEach(cleanUp);

const COUNT = 1000;
const numbers = Array.from({ length: COUNT }, (_, n) => n);
const firsts = (received: number[]) => [...new Set(received)];
const [[, OfficialServer], [, CarillonServer]] = servers;

/** Long enough for some answers to get through, so that there is progress with every connection. */
const CUT_DELAY = 10;

/**
 * A thousand numbered emits with `retries` over a link that is cut again and again, until all answers are there.
 *
 * @param numbersPerCut so many numbers arrive at the server before it is cut, whatever time that takes.
 * @param rate bytes a second. Where many are on their way at once, a fast link has nothing to cut.
 */
async function overBadLink(
  Server: typeof OfficialServer,
  {
    numbersPerCut = 40,
    rate = 0,
    onNumber = (_socket: ServerSocket, n: number, answer: (n: number) => void) => answer(n),
    ...options
  },
) {
  const { io: server, proxy } = await behindProxy(Server);
  const received: number[] = [];
  let cuts = 0;
  const cut = () => {
    cuts++;
    proxy.cut();
  };
  server.on('connection', (socket) =>
    socket.on('n', (n, answer) => {
      received.push(n);
      if (received.length % numbersPerCut === 0) setTimeout(cut, CUT_DELAY);
      onNumber(socket, n, answer);
    }),
  );
  proxy.delay = 2;
  proxy.rate = rate;
  const socket = io(proxy.url, {
    forceNew: true,
    retries: 100,
    ackTimeout: 60_000,
    reconnectionDelay: 5,
    reconnectionDelayMax: 10,
    ...options,
  });
  defer(() => socket.disconnect());
  const answers = await Promise.all(numbers.map((n) => socket.emitWithAck('n', n)));
  expect(answers).toEqual(numbers);
  expect(cuts).toBeGreaterThanOrEqual(COUNT / numbersPerCut - 1);
  return received;
}

describe('a thousand numbered emits over a link that is cut again and again', () => {
  test('arrive at the official server, in order', async () => {
    const received = await overBadLink(OfficialServer, { transports: ['websocket'] });
    expect(firsts(received)).toEqual(numbers);
  });

  test.each([
    ['WebSocket', { transports: ['websocket'], rate: 30_000 }],
    ['polling', { transports: ['polling'], rate: 60_000 }],
    ['polling, then WebSocket', { transports: ['polling', 'websocket'], rate: 60_000 }],
  ])('run once each at ours, in order, over %s', async (_name, options) => {
    expect(await overBadLink(CarillonServer, options)).toEqual(numbers);
  });

  test('run once each at ours, also when answers take longer than a connection lasts', async () => {
    const timers = new Set<NodeJS.Timeout>();
    defer(() => timers.forEach(clearTimeout));
    const received = await overBadLink(CarillonServer, {
      transports: ['websocket'],
      numbersPerCut: 10,
      rate: 30_000,
      onNumber: (_socket, n, answer) => {
        timers.add(setTimeout(answer, (n * 7) % 40, n));
      },
    });
    expect(received).toEqual(numbers);
  });
});
