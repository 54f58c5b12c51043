import { networkOf } from '../../core/extensions/client-address.js';
import { TokenBucket } from '../../core/extensions/token-bucket.js';
import {
  exchange,
  get,
  gone,
  open,
  POLLING,
  post,
  RawWebSocket,
  requestText,
  upgradeText,
  WEBSOCKET,
} from './support/raw.js';
import { Stage } from './support/stage.js';

/** Whoever attacks comes from one address. */
const FROM = { 'x-address': '203.0.113.7' };

async function withStage(
  setting: { application?: string; options: Record<string, unknown> },
  run: (stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = await Stage.start({ application: 'flooded', ...setting });
  try {
    await stage.survives(() => run(stage));
  } finally {
    await stage.end();
  }
}

/** Each attack from an address of its own. */
let attacks = 0;

describe('12. floods of handshakes', () => {
  test('connections per address: refused with the time to wait, and free again with the last one', () =>
    withStage({ options: { maxConnectionsPerAddress: 20 } }, async (stage) => {
      const peers = await Promise.all(
        Array.from({ length: 20 }, () => RawWebSocket.open(stage.port, { headers: FROM })),
      );
      for (let i = 0; i < 100; i++) {
        const { status, head, body } = await get(stage.port, POLLING, FROM);
        expect(status).toBe(429);
        expect(head).toMatch(/retry-after: 5/i);
        expect(JSON.parse(body)).toEqual({ code: 6, message: 'Too many requests', retryAfter: 5000 });
      }
      const upgrade = await exchange(stage.port, upgradeText(WEBSOCKET, FROM));
      expect([upgrade.status, upgrade.body]).toEqual([429, 'Too many requests']);
      expect(upgrade.head).toMatch(/retry-after: 5/i);
      const { context } = await stage.recorded((each) => each.kind === 'connection_error');
      expect(context).toMatchObject({ name: 'CONNECTIONS_PER_ADDRESS' });
      expect((await stage.state()).connections).toBe(70);
      // Others are not concerned.
      await (await RawWebSocket.open(stage.port, { headers: { 'x-address': '203.0.113.8' } })).end();

      await peers.pop()!.end();
      await stage.recorded((each) => each.kind === 'close', 'the end of one');
      const late = await RawWebSocket.open(stage.port, { headers: FROM });
      await Promise.all([late, ...peers].map((peer) => peer.end()));
      await stage.until(({ connections }) => connections === 50, 'forgot them');
      await stage.records();
    }));

  test('handshakes per second: a burst passes, more is refused', () =>
    withStage({ options: { handshakeRate: { perSecond: 0.01, burst: 10 } } }, async (stage) => {
      const from = { 'x-address': `203.0.113.${++attacks}` };
      const answers = await Promise.all(Array.from({ length: 30 }, () => get(stage.port, POLLING, from)));
      const refused = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
      expect(refused).toHaveLength(20);
      const { retryAfter } = JSON.parse(refused[0]!.body);
      expect(retryAfter).toBeGreaterThan(0);
      expect(retryAfter).toBeLessThanOrEqual(100_000);
      // A request of a session is not a handshake.
      const { body } = answers.find(({ status }) => status === 200)!;
      const session = `${POLLING}&sid=${JSON.parse(body.slice(1)).sid}`;
      for (let i = 0; i < 20; i++) expect((await post(stage.port, session, '3')).status).toBe(200);
      for (const { status, body } of answers) {
        if (status === 200) await post(stage.port, `${POLLING}&sid=${JSON.parse(body.slice(1)).sid}`, '1');
      }
    }));

  test('a handshake nobody decides about ends after its time', () =>
    withStage({ application: 'clumsy', options: { handshakeTimeout: 100 } }, async (stage) => {
      const polling = await get(stage.port, `${POLLING}&engine=never`);
      expect([polling.status, JSON.parse(polling.body)]).toEqual([408, { code: 7, message: 'Handshake timeout' }]);
      const upgrade = await exchange(stage.port, upgradeText(`${WEBSOCKET}&engine=never`));
      expect([upgrade.status, upgrade.body]).toEqual([408, 'Handshake timeout']);
      await stage.recorded((each) => each.kind === 'connection_error' && each.code === 7);
    }));

  test('connections that never join a namespace, and requests that never end', async () => {
    // Nobody watches: an honest client on a busy machine may need more time to join.
    const stage = await Stage.start({ options: { connectTimeout: 100 }, audience: 0 });
    try {
      const silent = await RawWebSocket.open(stage.port);
      expect((await silent.closed).code).toBe(1005);
      expect((await stage.recorded((each) => each.sid === silent.sid)).reason).toBe('forced close');
      // Node ends these: headersTimeout and requestTimeout. Here they must merely cost nothing.
      const half = await Promise.all(Array.from({ length: 200 }, () => open(stage.port)));
      for (const socket of half) socket.write(requestText('GET', POLLING).slice(0, 20));
      expect((await get(stage.port, POLLING)).status).toBe(200);
      await Promise.all(
        half.map((socket) => {
          const ended = gone(socket);
          socket.destroy();
          return ended;
        }),
      );
    } finally {
      await stage.end();
    }
  });

  test('a thousand handshakes at once do not disturb the others', async () => {
    const stage = await Stage.start({ options: {} });
    try {
      await stage.survives(async () => {
        const peers = await Promise.all(Array.from({ length: 250 }, () => RawWebSocket.open(stage.port)));
        await Promise.all(peers.map((peer) => peer.end()));
        while ((await stage.state()).connections > 50);
      });
    } finally {
      await stage.end();
    }
  });
});

describe('floods of events', () => {
  // So slow that nothing comes back while a test runs, however long that takes.
  const limit = { socket: { perSecond: 0.01, burst: 5 }, connection: { perSecond: 100, burst: 100 } };

  test('refused, with the time to wait: in the acknowledgement, or in a message of its own, once', () =>
    withStage({ options: { eventRateLimit: limit } }, async (stage) => {
      const peer = await RawWebSocket.join(stage.port);
      for (let i = 0; i < 5; i++) peer.send(`42${i}["flood",${i}]`);
      peer.send('425["flood",5]');
      for (let i = 0; i < 50; i++) peer.send('42["flood"]');
      peer.send('426["flood",6]');
      await peer.text(/^434\[4]$/);
      const answer = JSON.parse((await peer.text(/^435/)).slice(3));
      expect(answer).toEqual([{ status: 'error', message: 'Rate limit exceeded', retryAfter: expect.any(Number) }]);
      await peer.text(/^436\[\{"status":"error"/);
      const told = peer.texts.filter((text) => text.includes('carillon:refused'));
      expect(told).toHaveLength(1);
      expect(JSON.parse(told[0]!.slice(2))[1]).toMatchObject({ event: 'flood', reason: 'rate limit' });
      await peer.end();
    }));

  test('or closed, with the reason', () =>
    withStage({ options: { eventRateLimit: { ...limit, exceeded: 'close' } } }, async (stage) => {
      const peer = await RawWebSocket.join(stage.port);
      for (let i = 0; i < 6; i++) peer.send('42["flood"]');
      const { code, reason } = await peer.closed;
      expect(code).toBe(1008);
      expect(reason).toMatch(/^rate limit: try again in \d+ ms$/);
      expect((await stage.recorded((each) => each.sid === peer.sid)).reason).toBe('rate limit');
    }));
});

describe('the tools', () => {
  test('a token bucket gives a burst, then its rate, and says how long to wait', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0);
    expect([1, 1, 1].map((cost) => bucket.take(cost, 0))).toEqual([0, 0, 0]);
    expect(bucket.take(1, 0)).toBe(100);
    expect(bucket.take(1, 99)).toBe(1);
    expect(bucket.take(1, 100)).toBe(0);
    expect(bucket.take(2, 200)).toBe(100);
    expect(bucket.isFull(10_000)).toBe(true);
    expect(bucket.take(1000, 10_000)).toBe(0);
    expect(bucket.isFull(10_100)).toBe(false);
  });

  test('addresses of one network are one', () => {
    expect(networkOf('10.1.2.3')).toBe('10.1.2.3');
    expect(networkOf('::ffff:10.1.2.3')).toBe('10.1.2.3');
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(networkOf('2001:0db8:0001:0002::1')).toBe('2001:db8:1:2::/64');
    expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
    expect(networkOf('::1')).toBe('0:0:0:0::/64');
    expect(networkOf('')).toBe('');
  });
});
