import { gzipSync } from 'node:zlib';
import {
  exchange,
  get,
  gone,
  open,
  openPolling,
  POLLING,
  post,
  requestText,
  upgradeText,
  WEBSOCKET,
} from './support/raw.js';
import { Stage } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start();
});
afterAll(() => stage.end());
beforeEach(() => stage.records());

const session = (sid: string) => `${POLLING}&sid=${sid}`;

describe('polling bodies', () => {
  test('1. a body of the largest size made of tiny packets', async () => {
    const body = new Array(500_000).fill('3').join('\x1e');
    expect(body.length).toBeLessThan(1_000_000);
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      await post(stage.port, session(sid), body);
      const { reason, description } = await stage.recorded((each) => each.sid === sid, 'the end of the session');
      expect(reason).toBe('parse error');
      expect((await post(stage.port, session(sid), '3')).status).toBe(400);
      expect(description).toMatch(/more than 32768 packets/);
    });
  });

  test('1. as many tiny packets as are allowed', async () => {
    const body = new Array(32_768).fill('3').join('\x1e');
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      expect((await post(stage.port, session(sid), body)).status).toBe(200);
      await post(stage.port, session(sid), '1');
    });
  });

  test('2. a body that is too large: announced, and not announced', async () => {
    await stage.survives(async () => {
      for (const chunked of [false, true]) {
        const sid = await openPolling(stage.port);
        const socket = await open(stage.port);
        const answer = gone(socket);
        const headers: Record<string, string> = chunked
          ? { 'transfer-encoding': 'chunked' }
          : { 'content-length': '10000000' };
        socket.write(requestText('POST', session(sid), headers));
        // What is announced need not be sent: the announcement is refused.
        if (chunked) for (let i = 0; i < 11; i++) socket.write(`186a0\r\n${'x'.repeat(100_000)}\r\n`);
        expect(await answer).toMatch(/^HTTP\/1.1 413/);
        // Only the request is refused.
        expect((await post(stage.port, session(sid), '1')).status).toBe(200);
      }
    });
  });

  test('5. a POST that trickles, and one whose client leaves in the middle', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      const socket = await open(stage.port);
      socket.write(requestText('POST', session(sid), { 'content-length': '1000' }));
      for (let i = 0; i < 50; i++) {
        socket.write('4');
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.destroy();
      const { reason } = await stage.recorded((each) => each.sid === sid, 'the end of the session');
      expect(reason).toBe('transport error');
    });
  });

  test('5. two POSTs, and two GETs, at once', async () => {
    await stage.survives(async () => {
      for (const method of ['POST', 'GET']) {
        const sid = await openPolling(stage.port);
        const first = await open(stage.port);
        first.write(requestText(method, session(sid), method === 'POST' ? { 'content-length': '10' } : {}));
        const second =
          method === 'POST' ? await post(stage.port, session(sid), '3') : await get(stage.port, session(sid));
        expect(second.status).toBe(400);
        const { reason, description } = await stage.recorded((each) => each.sid === sid, 'the end of the session');
        expect(reason).toBe('transport error');
        expect(description).toMatch(/overlap/);
        first.destroy();
      }
    });
  });

  test('5. a client that aborts compressed polls', async () => {
    await stage.survives(async () => {
      for (let i = 0; i < 10; i++) {
        const sid = await openPolling(stage.port);
        const poll = await open(stage.port);
        await post(stage.port, session(sid), `420["echo","${'x'.repeat(100_000)}"]`);
        poll.write(requestText('GET', session(sid), { 'accept-encoding': 'gzip' }));
        poll.destroy();
        await post(stage.port, session(sid), '1');
      }
    });
  });

  test('6. the binary bodies of older revisions', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      const socket = await open(stage.port);
      const answer = gone(socket);
      const headers = { 'content-type': 'application/octet-stream', 'content-length': '9000' };
      socket.write(requestText('POST', session(sid), headers));
      expect(await answer).toMatch(/^HTTP\/1.1 400/);
      const { description } = await stage.recorded((each) => each.sid === sid, 'the end of the session');
      expect(description).toMatch(/invalid content/);
    });
  });

  test('6. compressed bodies, malformed UTF-8 and empty bodies', async () => {
    await stage.survives(async () => {
      for (const [body, headers] of [
        [gzipSync('x'.repeat(50_000_000)), { 'content-encoding': 'gzip' }],
        [Buffer.from([0xff, 0xfe, 0x34, 0x00, 0xc0, 0x80]), {}],
        [Buffer.alloc(0), {}],
        [Buffer.from('\x1e\x1e\x1e'), {}],
        [Buffer.from('b!!!!'), {}],
      ] as const) {
        const sid = await openPolling(stage.port);
        await post(stage.port, session(sid), body, headers);
        expect((await stage.recorded((each) => each.sid === sid)).reason).toBe('parse error');
      }
    });
  });
});

describe('handshakes', () => {
  test('4. strange parameters', async () => {
    const queries: [query: string, code: number][] = [
      ['EIO=4&transport=__proto__', 0],
      ['EIO=4&transport=constructor', 0],
      ['EIO=4&transport=toString', 0],
      ['EIO=4', 0],
      ['EIO=4&transport=polling&transport=x', 0],
      ['transport=polling', 5],
      ['EIO=3&transport=polling', 5],
      ['EIO=5&transport=polling', 5],
      ['EIO=4&EIO=3&transport=polling', 5],
      ['EIO=4&transport=polling&sid=__proto__', 1],
      ['EIO=4&transport=polling&sid=constructor', 1],
      ['EIO=4&transport=polling&sid=a&sid=b', 1],
      ['EIO=4&transport=websocket', 3],
    ];
    await stage.survives(async () => {
      for (const [query, code] of queries) {
        const { status, body } = await get(stage.port, query);
        expect([query, status, JSON.parse(body).code]).toEqual([query, 400, code]);
        await stage.recorded((each) => each.kind === 'connection_error' && each.code === code);
        const upgrade = await exchange(
          stage.port,
          upgradeText(query === WEBSOCKET ? 'EIO=9&transport=websocket' : query),
        );
        expect(upgrade.status).toBe(400);
      }
      const { body } = await get(stage.port, `${POLLING}&__proto__=x&__proto__[polluted]=1&constructor=x`);
      await post(stage.port, session(JSON.parse(body.slice(1)).sid), '1');
    });
  });

  test('4. methods that do not exist', async () => {
    await stage.survives(async () => {
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE']) {
        const answer = await exchange(stage.port, `${requestText(method, POLLING)}`);
        expect(answer.status).toBe(400);
        const sid = await openPolling(stage.port);
        const second = await exchange(stage.port, `${requestText(method, session(sid), { connection: 'close' })}`);
        expect(second.status).toBeGreaterThanOrEqual(400);
        await post(stage.port, session(sid), '1');
      }
    });
  });

  test('8. more headers than the server takes', async () => {
    await stage.survives(async () => {
      const many = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`x-${i}`, 'y']));
      for (const text of [
        upgradeText(WEBSOCKET, many),
        requestText('GET', POLLING, many),
        requestText('GET', POLLING, { cookie: 'x'.repeat(100_000) }),
      ]) {
        const { status } = await exchange(stage.port, text);
        expect([200, 101, 400, 431]).toContain(status);
      }
      for (const { kind } of await stage.records()) expect(kind).not.toBe('listener_error');
    });
  });

  test('3. garbage behind an upgrade request, with and without a session', async () => {
    const garbage = Buffer.from('\xff\xff\xff\xffGARBAGE\x00\x01'.repeat(100), 'latin1');
    await stage.survives(async () => {
      for (const withSession of [false, true]) {
        const query = withSession ? `${WEBSOCKET}&sid=${await openPolling(stage.port)}` : WEBSOCKET;
        const socket = await open(stage.port);
        const answer = gone(socket);
        socket.write(Buffer.concat([Buffer.from(upgradeText(query)), garbage]));
        expect(await answer).toMatch(/^HTTP\/1.1 101/);
        if (withSession) await post(stage.port, query.replace('websocket', 'polling'), '1');
      }
    });
  });

  test('3. an upgrade on a path that is not ours, and resets', async () => {
    const foreign = upgradeText().replace('/socket.io/', '/elsewhere/');
    await stage.survives(async () => {
      for (const text of [
        foreign,
        upgradeText(),
        upgradeText('EIO=3&transport=websocket'),
        upgradeText('EIO=4&transport=x'),
      ]) {
        for (let i = 0; i < 20; i++) {
          const socket = await open(stage.port);
          socket.write(text);
          socket.resetAndDestroy();
        }
      }
      // Nobody answers it, so it is ended after a while.
      const { status, head } = await exchange(stage.port, foreign);
      expect([status, head]).toEqual([0, '']);
      const late = await open(stage.port);
      late.write(foreign);
      await new Promise((resolve) => setTimeout(resolve, 200));
      late.resetAndDestroy();
    });
  });
});
