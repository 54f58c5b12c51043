import { get, open, openPolling, POLLING, post, RawWebSocket, requestText } from './support/raw.js';
import { Stage } from './support/stage.js';

const LIMIT = 5_000_000;
const MEGABYTES = 300;

async function listener(stage: Stage): Promise<RawWebSocket> {
  const peer = await RawWebSocket.join(stage.port);
  peer.send('420["listen"]');
  peer.send('421["echo",1]');
  await peer.text(/^431/);
  return peer;
}

async function withStage(options: Record<string, unknown>, run: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await Stage.start({
    application: 'loud',
    options: { maxBufferedBytes: LIMIT, ...options },
    audience: 20,
  });
  try {
    await run(stage);
  } finally {
    await stage.end();
  }
}

/** A message that waits is there as text and, once somebody else was sent it, as a frame; and some is on the way. */
const ALLOWANCE = 2 * LIMIT + 5_000_000;

describe(`22. clients that stop reading while ${MEGABYTES} MB are sent`, () => {
  test('close: the connection ends with the reason, on both sides', () =>
    withStage({}, async (stage) => {
      await stage.survives(async () => {
        const deaf = await Promise.all(Array.from({ length: 5 }, () => listener(stage)));
        const { heapUsed, external } = await stage.memory();
        for (const peer of deaf) peer.socket.pause();
        const highest = await stage.run<number>('shout', MEGABYTES);
        expect(highest - heapUsed - external).toBeLessThan(ALLOWANCE);
        for (const peer of deaf) {
          const { reason, description } = await stage.recorded((each) => each.sid === peer.sid, 'the end');
          expect(reason).toBe('slow consumer');
          expect(description).toMatch(/more than 5000000 bytes or 1000000 messages were waiting/);
          peer.socket.resume();
          expect(await peer.closed).toEqual({ code: 1008, reason: 'slow consumer' });
        }
      });
    }));

  test('a client over polling that does not poll', () =>
    withStage({}, async (stage) => {
      await stage.survives(async () => {
        const sid = await openPolling(stage.port);
        await post(stage.port, `${POLLING}&sid=${sid}`, '42["listen"]');
        await stage.run('shout', 20);
        expect((await stage.recorded((each) => each.sid === sid, 'the end')).reason).toBe('slow consumer');
        const { status, head } = await get(stage.port, `${POLLING}&sid=${sid}`);
        expect([status, head]).toEqual([400, expect.stringMatching(/^carillon-reason: slow consumer\r?$/im)]);
      });
    }));

  test('a client over polling that does not read its answer: its session and its connection end', async () => {
    const stage = await Stage.start({
      application: 'loud',
      options: { pingInterval: 1000, pingTimeout: 1000 },
      audience: 0,
    });
    try {
      const sid = await openPolling(stage.port);
      await post(stage.port, `${POLLING}&sid=${sid}`, '42["listen"]');
      const poll = await open(stage.port, { allowHalfOpen: true });
      poll.pause();
      poll.write(requestText('GET', `${POLLING}&sid=${sid}`));
      // More than the operating systems on the way take.
      await stage.run('burst', 30);
      expect((await stage.recorded((each) => each.sid === sid, 'the end')).reason).toBe('ping timeout');
      await stage.until(({ tcp }) => tcp === 0, 'let go of it');
      poll.destroy();
    } finally {
      await stage.end();
    }
  });

  const numbers = (peer: RawWebSocket) =>
    peer.texts.filter((text) => text.startsWith('42["noise"')).map((text) => Number(/(\d+)"]$/.exec(text)![1]));
  const isAscending = (list: number[]) => list.every((each, index) => index === 0 || each > list[index - 1]!);

  for (const [slowConsumerPolicy, newest] of [
    ['drop-oldest', true],
    ['drop-newest', false],
    ['conflate', true],
  ] as const) {
    test(`${slowConsumerPolicy}: memory stays within its limit, and the client learns how many it missed`, () =>
      withStage({ slowConsumerPolicy }, async (stage) => {
        const peer = await listener(stage);
        const { heapUsed, external } = await stage.memory();
        peer.socket.pause();
        const highest = await stage.run<number>('shout', MEGABYTES);
        expect(highest - heapUsed - external).toBeLessThan(ALLOWANCE);
        peer.socket.resume();
        // The answer was asked for behind all of it and is never dropped.
        peer.send('422["echo",2]');
        await peer.text(/^432\[2]$/);
        const notice = await peer.text(/carillon:dropped/);
        const [, { count }] = JSON.parse(notice.slice(2));
        const received = numbers(peer);
        expect(isAscending(received)).toBe(true);
        expect(received.length + count).toBe(MEGABYTES * 10);
        expect(received.includes(MEGABYTES * 10 - 1)).toBe(newest);
        expect(received[0]).toBe(0);
        await peer.end();
        await stage.audience.check();
      }));
  }
});
