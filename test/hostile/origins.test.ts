import { exchange, get, POLLING, RawWebSocket, upgradeText, WEBSOCKET } from './support/raw.js';
import { Stage } from './support/stage.js';

const COOKIE = { cookie: 'session=secret' };
const EVIL = 'https://evil.example';
/** A public name of the server. */
const OURS = { host: 'chat.example.org' };

/** Status of a handshake over each transport. */
async function handshakes(
  stage: Stage,
  headers: Record<string, string>,
): Promise<[polling: number, websocket: number]> {
  const polling = await get(stage.port, POLLING, headers);
  const websocket = await exchange(stage.port, upgradeText(WEBSOCKET, headers));
  return [polling.status, websocket.status];
}

async function withStage(options: Record<string, unknown>, run: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await Stage.start({ options });
  try {
    await stage.survives(() => run(stage));
  } finally {
    await stage.end();
  }
}

describe('11. pages of other sites', () => {
  test('by default, requests that carry cookies and are certainly of another site are refused, over any transport', () =>
    withStage({}, async (stage) => {
      expect(await handshakes(stage, { ...OURS, origin: EVIL, ...COOKIE })).toEqual([403, 403]);
      expect((await stage.recorded((each) => each.kind === 'connection_error')).context).toMatchObject({
        name: 'ORIGIN_NOT_ALLOWED',
      });
      // The host and what a proxy says of it; a page can set neither.
      expect(await handshakes(stage, { ...OURS, origin: 'https://chat.example.org', ...COOKIE })).toEqual([200, 101]);
      const toNode = { host: 'node-7.example.net', ...COOKIE, 'x-forwarded-host': 'chat.example.org' };
      expect(await handshakes(stage, { ...toNode, origin: 'https://chat.example.org' })).toEqual([200, 101]);
      expect(await handshakes(stage, { ...toNode, origin: EVIL })).toEqual([403, 403]);
      expect(await handshakes(stage, { ...toNode, host: 'node-7:3000', origin: EVIL })).toEqual([403, 403]);
      // Another host of the same site; but a suffix under which anybody can have a name is none.
      const shop = { host: 'api.shop.co.uk', ...COOKIE };
      expect(await handshakes(stage, { ...shop, origin: 'https://www.shop.co.uk' })).toEqual([200, 101]);
      expect(await handshakes(stage, { ...shop, origin: 'https://evil.co.uk' })).toEqual([403, 403]);
      // What the browser says counts, whatever a proxy made of the host.
      const behindProxy = { host: 'internal:3000', origin: 'https://example.org', ...COOKIE };
      expect(await handshakes(stage, { ...behindProxy, 'sec-fetch-site': 'same-origin' })).toEqual([200, 101]);
      expect(await handshakes(stage, { ...behindProxy, 'sec-fetch-site': 'cross-site' })).toEqual([403, 403]);
      expect(await handshakes(stage, { ...behindProxy, 'x-forwarded-host': 'example.org' })).toEqual([200, 101]);
      // No cookies, no page, or our own page: none of this is an attack.
      expect(await handshakes(stage, { ...OURS, origin: EVIL })).toEqual([200, 101]);
      expect(await handshakes(stage, { ...OURS, ...COOKIE })).toEqual([200, 101]);
      expect(await handshakes(stage, { origin: 'http://127.0.0.1:8080', ...COOKIE })).toEqual([200, 101]);
      for (const origin of ['null', 'x', '', 'http://[', 'file://', 'capacitor://localhost']) {
        expect([origin, await handshakes(stage, { origin, ...COOKIE })]).toEqual([origin, [403, 403]]);
      }
    }));

  test('a proxy that replaced the host hides who is asking: accepted, as with Socket.IO', () =>
    withStage({}, async (stage) => {
      for (const host of ['backend:3000', '127.0.0.1:3000', '10.0.0.7', 'chat.default.svc', 'chat_servers']) {
        const page = { host, origin: 'https://app.example.com', ...COOKIE };
        expect([host, ...(await handshakes(stage, page))]).toEqual([host, 200, 101]);
      }
    }));

  test("cors: { origin: '*' } lets no page use the cookies of a visitor, over any transport", () =>
    withStage({ cors: { origin: '*' } }, async (stage) => {
      expect(await handshakes(stage, { ...OURS, origin: EVIL, ...COOKIE })).toEqual([403, 403]);
      expect(await handshakes(stage, { origin: EVIL, ...COOKIE, 'sec-fetch-site': 'cross-site' })).toEqual([403, 403]);
      expect(await handshakes(stage, { ...OURS, origin: EVIL })).toEqual([200, 101]);
    }));

  test('a later request of a session, and its upgrade, are checked, too', () =>
    withStage({}, async (stage) => {
      const { body } = await get(stage.port, POLLING);
      const { sid } = JSON.parse(body.slice(1));
      const stolen = { ...OURS, origin: EVIL, ...COOKIE };
      expect((await get(stage.port, `${POLLING}&sid=${sid}`, stolen)).status).toBe(403);
      expect((await exchange(stage.port, upgradeText(`${WEBSOCKET}&sid=${sid}`, stolen))).status).toBe(403);
    }));

  test('with `origins`, nobody else gets in, with cookies or without', () =>
    withStage({ origins: ['https://example.org', 'same-origin'] }, async (stage) => {
      expect(await handshakes(stage, { origin: EVIL })).toEqual([403, 403]);
      expect(await handshakes(stage, { origin: 'https://example.org.evil.example' })).toEqual([403, 403]);
      expect(await handshakes(stage, { origin: 'https://example.org' })).toEqual([200, 101]);
      expect(await handshakes(stage, { origin: 'http://127.0.0.1' })).toEqual([200, 101]);
      expect(await handshakes(stage, {})).toEqual([200, 101]);
      const { head } = await get(stage.port, POLLING, { origin: 'https://example.org' });
      expect(head).toMatch(/access-control-allow-origin: https:\/\/example\.org/i);
      expect(head).not.toMatch(/access-control-allow-credentials/i);
      expect((await get(stage.port, POLLING, { origin: EVIL })).head).not.toMatch(/access-control-allow-origin/i);
    }));

  test('`*` answers each origin, and never together with credentials', () =>
    withStage({ origins: '*' }, async (stage) => {
      const { head } = await get(stage.port, POLLING, { origin: EVIL });
      expect(head).toMatch(/access-control-allow-origin: https:\/\/evil\.example/i);
      expect(head).not.toMatch(/access-control-allow-credentials/i);
      const peer = await RawWebSocket.open(stage.port, { headers: { origin: EVIL, ...COOKIE } });
      await peer.end();
      await expect(Stage.start({ options: { origins: '*', cookie: true }, audience: 0 })).rejects.toThrow(
        /invalid option "origins"/,
      );
    }));
});
