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
      const waiting = get(stage.port, session(sid));
      expect((await post(stage.port, session(sid), body)).head).toMatch(/^carillon-reason: parse error/im);
      const { head, body: goodbye } = await waiting;
      expect([goodbye, head]).toEqual(['1', expect.stringMatching(/^carillon-reason: parse error/im)]);
      const { reason, description } = await stage.recorded((each) => each.sid === sid, 'the end of the session');
      expect([reason, description]).toEqual(['parse error', 'more than 32768 packets in one payload']);
      // Whoever was not there to be told hears of it when it comes back.
      const late = await post(stage.port, session(sid), '3');
      expect([late.status, JSON.parse(late.body)]).toEqual([400, { code: 1, message: 'Session ID unknown' }]);
      expect(late.head).toMatch(/^carillon-reason: parse error/im);
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

  test('1. a body in more pieces than are allowed, and one in as many', async () => {
    const chunks = (count: number) => '1\r\n4\r\n'.repeat(count);
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      const socket = await open(stage.port);
      const answer = gone(socket);
      socket.write(requestText('POST', session(sid), { 'transfer-encoding': 'chunked' }));
      socket.write(chunks(6000));
      const end = await stage.recorded((each) => each.sid === sid, 'the end of the session');
      expect([end.reason, end.description]).toEqual(['transport error', 'a body in too many pieces']);
      expect(end.ending).toMatchObject({ by: 'server' });
      // What is still coming in turns the answer into a reset; who comes back is told.
      await answer;
      expect((await post(stage.port, session(sid), '3')).head).toMatch(/^carillon-reason: transport error/im);
    });

    // As many as are allowed, many times: what is kept of them is their bytes.
    const sessions = await Promise.all(Array.from({ length: 10 }, () => openPolling(stage.port)));
    const before = await stage.state();
    const { heapUsed, external } = await stage.memory();
    const sockets = await Promise.all(sessions.map(() => open(stage.port)));
    for (const [i, each] of sockets.entries()) {
      each.write(requestText('POST', session(sessions[i]!), { 'transfer-encoding': 'chunked' }) + chunks(3900));
    }
    await stage.until(({ bytesRead }) => bytesRead >= before.bytesRead + 10 * chunks(3900).length, 'read it all');
    const after = await stage.memory();
    expect(after.heapUsed + after.external - heapUsed - external).toBeLessThan(2_000_000);
    for (const each of sockets) each.destroy();
    for (const each of sessions) await stage.recorded(({ sid }) => sid === each, 'the end of a session');
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
        const { bytes, limit } = await stage.recorded((each) => each.kind === 'too large', 'the size');
        expect(limit).toBe(1_000_000);
        if (chunked) expect(bytes).toBeGreaterThan(1_000_000);
        else expect(bytes).toBe(10_000_000);
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

  test('5. a client that asks for compression with a header full of blanks', async () => {
    await stage.survives(async () => {
      for (let i = 0; i < 5; i++) {
        const sid = await openPolling(stage.port);
        await post(stage.port, session(sid), `420["echo","${'x'.repeat(5000)}"]`);
        const answer = await get(stage.port, session(sid), { 'accept-encoding': `a${' '.repeat(15_000)}b, gzip;q=0` });
        expect(answer.body).toMatch(/^430/);
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
      expect((await get(stage.port, session(sid))).head).toMatch(/^carillon-reason: transport error/im);
      const { description } = await stage.recorded((each) => each.sid === sid, 'the end of the session');
      expect(description).toMatch(/invalid content/);
    });
  });

  test('6. compressed bodies, malformed UTF-8 and empty bodies', async () => {
    await stage.survives(async () => {
      for (const [body, headers] of [
        [gzipSync('x'.repeat(50_000_000)), { 'content-encoding': 'gzip' }],
        [Buffer.from([0xff, 0xfe, 0x34, 0x00, 0xc0, 0x80]), {}],
        [Buffer.from([0x34, 0x30, 0xff]), {}],
        [Buffer.from('\ufeff40'), {}],
        [Buffer.alloc(0), {}],
        [Buffer.from('\x1e\x1e\x1e'), {}],
        [Buffer.from('b!!!!'), {}],
      ] as const) {
        const sid = await openPolling(stage.port);
        expect((await post(stage.port, session(sid), body, headers)).head).toMatch(/^carillon-reason: parse error/im);
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
      const strange = { cookie: '__proto__=x; constructor=y', constructor: 'x', ['__proto__']: 'x' };
      const { body } = await get(stage.port, `${POLLING}&__proto__=x&__proto__[polluted]=1&constructor=x`, strange);
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

  /** Requests as proxies and attackers bend them. */
  const bent: [name: string, text: string, statuses: number[]][] = [
    ['HTTP/1.0', `GET /socket.io/?${POLLING} HTTP/1.0\r\n\r\n`, [200]],
    ['HTTP/1.1 without a host', `GET /socket.io/?${POLLING} HTTP/1.1\r\n\r\n`, [400]],
    ['a URL with scheme and host', requestText('GET', POLLING).replace('GET ', 'GET http://x'), [404]],
    ['two lengths', requestText('POST', POLLING, { 'content-length': '2\r\ncontent-length: 5' }), [400]],
    [
      'a length and chunks',
      requestText('POST', POLLING, { 'content-length': '2', 'transfer-encoding': 'chunked' }),
      [400],
    ],
    ['a negative length', requestText('POST', POLLING, { 'content-length': '-1' }), [400]],
    ['a length beyond all numbers', requestText('POST', POLLING, { 'content-length': '9'.repeat(400) }), [400]],
    ['a handshake with a body', `${requestText('GET', POLLING, { 'content-length': '5' })}hello`, [200]],
    ['an expectation nobody can meet', requestText('GET', POLLING, { expect: 'x' }), [417]],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n', [0]],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01', [400]],
    ['handshakes in one write', requestText('GET', POLLING).repeat(50), [200]],
    ['a hundred sessions in one write', requestText('GET', `${POLLING}&sid=guess`).repeat(100), [400]],
    ...['/../../../etc/passwd', '/socket.io.js/../../package.json', '/socket.io.js%00', '/%2e%2e/package.json'].map(
      (path): [string, string, number[]] => [path, `GET /socket.io${path} HTTP/1.1\r\nhost: x\r\n\r\n`, [400]],
    ),
  ];

  test('HTTP that is bent, or broken', async () => {
    await stage.survives(async () => {
      for (const [name, text, statuses] of bent) {
        const { status } = await exchange(stage.port, text);
        expect([name, statuses.includes(status) ? statuses : status]).toEqual([name, statuses]);
      }
      const sid = await openPolling(stage.port);
      const expecting = await exchange(
        stage.port,
        `${requestText('POST', session(sid), { 'content-length': '1', expect: '100-continue', connection: 'close' })}1`,
      );
      expect([expecting.status, expecting.body]).toEqual([100, expect.stringMatching(/^HTTP\/1.1 200/)]);
      // None of them leaves a session that its client has not asked for; the others go with their heartbeat.
      await stage.recorded((each) => each.sid === sid, 'the end of the session');
    });
  });

  test('requests for one session in one write', async () => {
    await stage.survives(async () => {
      const polls = await openPolling(stage.port);
      const { status } = await exchange(stage.port, requestText('GET', session(polls)).repeat(3));
      expect([200, 400]).toContain(status);
      expect((await stage.recorded((each) => each.sid === polls)).description).toBe('overlap from client');
    });
  });

  test('headers that come in slowly', async () => {
    await stage.survives(async () => {
      const sockets = await Promise.all(Array.from({ length: 200 }, () => open(stage.port)));
      for (const socket of sockets) socket.write(`GET /socket.io/?${POLLING} HTTP/1.1\r\nhost: x\r\nx-`);
      for (let i = 0; i < 20; i++) {
        for (const socket of sockets) socket.write('a');
        await stage.state();
      }
      for (const socket of sockets) socket.destroy();
      await stage.until(({ tcp }) => tcp <= 60, 'let go of them');
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

  test('3. refused upgrades whose client keeps its side open', async () => {
    await stage.survives(async () => {
      const { tcp: before } = await stage.state();
      const sockets = [];
      for (const text of [
        upgradeText('EIO=3&transport=websocket'),
        upgradeText(`${WEBSOCKET}&sid=guess`),
        upgradeText(WEBSOCKET, { 'sec-websocket-version': '99' }),
        upgradeText().replace('/socket.io/', '/elsewhere/'),
      ]) {
        for (let i = 0; i < 10; i++) {
          const socket = await open(stage.port, { allowHalfOpen: true });
          socket.resume().write(text);
          sockets.push(socket);
        }
      }
      await stage.until(({ tcp }) => tcp <= before, 'let go of them');
      for (const socket of sockets) socket.destroy();
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
