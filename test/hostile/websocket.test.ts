import { once } from 'node:events';
import { deflateRawSync } from 'node:zlib';
import {
  exchange,
  frame,
  get,
  OPCODE,
  open,
  openPolling,
  POLLING,
  post,
  RawWebSocket,
  upgradeText,
  WEBSOCKET,
} from './support/raw.js';
import { type ServerRecord, Stage } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start({ options: { perMessageDeflate: { threshold: 1024 } } });
});
afterAll(() => stage.end());
beforeEach(() => stage.records());

describe('handshakes', () => {
  test('8. headers of the WebSocket handshake that are wrong or long', async () => {
    await stage.survives(async () => {
      const wrong: Record<string, string>[] = [
        { 'sec-websocket-protocol': `a${' '.repeat(10_000)}b` },
        { 'sec-websocket-protocol': ',,,' },
        { 'sec-websocket-extensions': 'permessage-deflate; server_max_window_bits=99' },
        { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits=7' },
        { 'sec-websocket-extensions': `permessage-deflate;${' '.repeat(10_000)}x` },
        { 'sec-websocket-key': 'short' },
        { 'sec-websocket-version': '99' },
        { upgrade: 'h2c' },
      ];
      for (const headers of wrong) {
        const { status } = await exchange(stage.port, upgradeText(WEBSOCKET, headers));
        expect([headers, status]).toEqual([headers, 400]);
      }
      for (const extension of ['constructor', '__proto__', 'toString; constructor', 'x'.repeat(8000)]) {
        const peer = await RawWebSocket.open(stage.port, { headers: { 'sec-websocket-extensions': extension } });
        expect(peer.head).not.toMatch(/sec-websocket-extensions/i);
        await peer.end();
      }
    });
  });

  test('8. hundreds of offers of one extension', async () => {
    const offers = new Array(500).fill('permessage-deflate; server_max_window_bits=8').join(', ');
    await stage.survives(async () => {
      for (let i = 0; i < 5; i++) {
        const { status } = await exchange(stage.port, upgradeText(WEBSOCKET, { 'sec-websocket-extensions': offers }));
        expect([0, 101, 400, 431]).toContain(status);
      }
    });
  });
});

describe('upgrades', () => {
  const asWebSocket = (sid: string, revision = 'EIO=4&') => ({ query: `${revision}transport=websocket&sid=${sid}` });

  test('5. another revision, none, an unknown session', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      expect((await exchange(stage.port, upgradeText(asWebSocket(sid, 'EIO=3&').query))).status).toBe(400);
      expect((await exchange(stage.port, upgradeText(asWebSocket('nobody').query))).status).toBe(400);
      const peer = await RawWebSocket.open(stage.port, asWebSocket(sid, ''));
      peer.send('2probe');
      await peer.text(/^3probe$/);
      peer.send('5');
      peer.send('420["echo",1]');
      await peer.text(/^430\[1]$/);
      await peer.end();
    });
  });

  test('5. no probe, a wrong probe, a probe that never ends, silence', async () => {
    // A stage of its own: an honest upgrade on a busy machine may need more time.
    const hasty = await Stage.start({ options: { upgradeTimeout: 100 } });
    try {
      await hasty.survives(async () => {
        for (const messages of [
          ['6'],
          ['2'],
          ['4'],
          ['2probe', '2probe'],
          ['2probe', '4x'],
          ['2probe'],
          [],
          [Buffer.from('2probe')],
        ]) {
          const sid = await openPolling(hasty.port);
          const peer = await RawWebSocket.open(hasty.port, asWebSocket(sid));
          for (const message of messages) peer.send(message);
          await peer.closed;
          // The session goes on where it is.
          const query = `${POLLING}&sid=${sid}`;
          expect((await post(hasty.port, query, '420["echo",1]')).status).toBe(200);
          expect((await get(hasty.port, query)).body).toMatch(/430\[1]|^6$/);
          await post(hasty.port, query, '1');
        }
      });
    } finally {
      await hasty.end();
    }
  });

  test('5. two upgrades of one session, and one of a session that has moved', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      const first = await RawWebSocket.open(stage.port, asWebSocket(sid));
      first.send('2probe');
      await first.text(/^3probe$/);
      const second = await RawWebSocket.open(stage.port, asWebSocket(sid));
      await second.closed;
      first.send('5');
      first.send('420["echo",1]');
      await first.text(/^430/);
      const third = await RawWebSocket.open(stage.port, asWebSocket(sid));
      await third.closed;
      expect((await get(stage.port, `${POLLING}&sid=${sid}`)).status).toBe(400);
      await first.end();
    });
  });
});

describe('upgrades that race', () => {
  const asWebSocket = (sid: string) => ({ query: `EIO=4&transport=websocket&sid=${sid}` });

  test('5. two at once: the first one counts, and the second is closed', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      const [first, second] = await Promise.all([
        RawWebSocket.open(stage.port, asWebSocket(sid)),
        RawWebSocket.open(stage.port, asWebSocket(sid)),
      ]);
      const peers = [first!, second!];
      for (const peer of peers) peer.send('2probe');
      const winner = await Promise.any(peers.map((peer) => peer.text(/^3probe$/).then(() => peer)));
      const loser = peers.find((peer) => peer !== winner)!;
      await loser.closed;
      expect(loser.texts).toEqual([]);
      winner.send('5');
      winner.send('420["echo",1]');
      await winner.text(/^430\[1]$/);
      await winner.end();
      await stage.recorded((each) => each.sid === sid, 'the end');
    });
  });

  test('5. the session is closed in the middle, and asked for afterwards', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      const peer = await RawWebSocket.open(stage.port, asWebSocket(sid));
      peer.send('2probe');
      await peer.text(/^3probe$/);
      await post(stage.port, `${POLLING}&sid=${sid}`, '1');
      for (const late of ['5', '40', '42["echo",1]']) peer.send(late);
      await peer.closed;
      expect(peer.texts).toEqual(['3probe']);
      expect((await exchange(stage.port, upgradeText(asWebSocket(sid).query))).status).toBe(400);
      expect((await stage.recorded((each) => each.sid === sid)).reason).toBe('transport close');
    });
  });

  test('5. everything in one write', async () => {
    await stage.survives(async () => {
      for (const messages of [
        ['5', '420["echo",1]'],
        ['2probe', '5', '420["echo",1]'],
      ]) {
        const sid = await openPolling(stage.port);
        const behind = Buffer.concat(messages.map((each) => frame(each)));
        const peer = await RawWebSocket.open(stage.port, { ...asWebSocket(sid), behind });
        await peer.text(/^430\[1]$/);
        expect((await get(stage.port, `${POLLING}&sid=${sid}`)).status).toBe(400);
        await peer.end();
        await stage.recorded((each) => each.sid === sid, 'the end');
      }
    });
  });
});

describe('frames', () => {
  test('9. tiny and empty fragments without end', async () => {
    await stage.survives(async () => {
      for (const payload of ['', 'x']) {
        const peer = await RawWebSocket.join(stage.port);
        peer.send('4', { fin: false });
        const fragment = frame(payload, { opcode: OPCODE.continuation, fin: false });
        peer.socket.write(Buffer.concat(new Array(10_000).fill(fragment)));
        const { reason, description, ending } = await stage.recorded((each) => each.sid === peer.sid, 'the end');
        expect([reason, description]).toEqual(['transport error', 'Too many message fragments']);
        expect(ending).toMatchObject({ by: 'server' });
        // What is still coming in may turn the goodbye into a reset.
        expect([1006, 1008]).toContain((await peer.closed).code);
      }
    });
  });

  test('9. as many fragments as are allowed, never finished, from many clients', async () => {
    await stage.survives(async () => {
      const peers = await Promise.all(Array.from({ length: 10 }, () => RawWebSocket.join(stage.port)));
      const before = await stage.memory();
      const fragments = Buffer.concat(new Array(3900).fill(frame('x', { opcode: OPCODE.continuation, fin: false })));
      for (const peer of peers) {
        peer.send('4', { fin: false });
        peer.socket.write(fragments);
        // Behind all of it: control frames may come between fragments.
        peer.send('read', { opcode: OPCODE.ping });
      }
      await Promise.all(peers.map((peer) => peer.pong(/read/)));
      const { heapUsed, external } = await stage.memory();
      expect(heapUsed + external - before.heapUsed - before.external).toBeLessThan(10 * 1_000_000);
      await Promise.all(peers.map((peer) => peer.end()));
      for (const peer of peers) await stage.recorded((each) => each.sid === peer.sid, 'the end');
    });
  });

  test('9. frames that break the protocol', async () => {
    const broken: [name: string, bytes: Buffer, codes: number[]][] = [
      ['not masked', frame('42["echo"]', { masked: false }), [1002]],
      ['a reserved bit', frame('42["echo"]', { rsv1: true, opcode: OPCODE.ping }), [1002]],
      ['an unknown opcode', frame('x', { opcode: 3 }), [1002]],
      ['a continuation of nothing', frame('x', { opcode: OPCODE.continuation }), [1002]],
      ['a long ping', frame('x'.repeat(126), { opcode: OPCODE.ping }), [1002]],
      ['a fragmented ping', frame('x', { opcode: OPCODE.ping, fin: false }), [1002]],
      ['a length of 2^63', frame('x', { length: 2n ** 63n }), [1002, 1009]],
      ['a length of 4 GB', frame('x', { length: 2n ** 32n }), [1009]],
      ['a text that is not UTF-8', frame(Buffer.from([0xff, 0xfe]), { opcode: OPCODE.text }), [1007]],
      ['a close with one byte', frame('x', { opcode: OPCODE.close }), [1002]],
      ['a close with a reserved code', frame(Buffer.from([0x03, 0xed]), { opcode: OPCODE.close }), [1002]],
      ['not compressed after all', frame('\xff\xff\xff', { rsv1: true }), [1002, 1007]],
    ];
    await stage.survives(async () => {
      for (const [name, bytes, codes] of broken) {
        const peer = await RawWebSocket.join(stage.port);
        peer.socket.write(bytes);
        const { code } = await peer.closed;
        expect([name, codes.includes(code) ? codes : code]).toEqual([name, codes]);
        const isEnd = (each: ServerRecord) => each.kind === 'close' && each.sid === peer.sid;
        const { reason, ending } = await stage.recorded(isEnd, 'the end');
        expect([name, reason, ending]).toEqual([name, 'transport error', expect.objectContaining({ by: 'server' })]);
      }
    });
  });

  test('2. a message that is too large', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.send(`42["echo","${'x'.repeat(1_000_000)}"]`);
      expect((await peer.closed).code).toBe(1009);
      const { reason, description } = await stage.recorded((each) => each.kind === 'close', 'the end');
      expect([reason, description]).toEqual(['transport error', 'Max payload size exceeded']);
      const size = await stage.recorded((each) => each.kind === 'too large', 'the size');
      expect(size).toEqual({ kind: 'too large', sid: peer.sid, bytes: 1_000_001, limit: 1_000_000 });
    });
  });

  test('9. one byte at a time', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.socket.setNoDelay(true);
      for (const byte of frame(`420["echo","${'x'.repeat(300)}"]`)) {
        peer.socket.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await peer.text(/^430\["x{300}"]$/);
      await peer.end();
    });
  });

  test('9. a flood of pings from a client that does not read: no pongs pile up, and the last ping is answered', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      const ping = frame('x'.repeat(125), { opcode: OPCODE.ping });
      const many = Buffer.concat(new Array(2000).fill(ping));
      const before = await stage.memory();
      peer.socket.pause();
      for (let i = 0; i < 80; i++) if (!peer.socket.write(many)) await once(peer.socket, 'drain');
      peer.send('the last one', { opcode: OPCODE.ping });
      await stage.until(({ bytesRead }) => bytesRead > 80 * many.length, 'read it all');
      const { external, heapUsed } = await stage.memory();
      expect(external + heapUsed - before.external - before.heapUsed).toBeLessThan(5_000_000);
      peer.socket.resume();
      await peer.pong(/^the last one$/);
      expect(peer.pongs.length).toBeLessThan(160_000);
      peer.send('420["echo",1]');
      await peer.text(/^430\[1]$/);
      await peer.end();
      await stage.recorded((each) => each.sid === peer.sid, 'the end');
    });
  });

  test('9. hundreds of pings in one write are no reason to lose a connection', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      const pings = Array.from({ length: 400 }, (_, i) => frame(`ping ${i}`, { opcode: OPCODE.ping }));
      peer.socket.write(Buffer.concat(pings));
      await peer.pong(/^ping 399$/);
      peer.send('420["echo",1]');
      await peer.text(/^430\[1]$/);
      await peer.end();
    });
  });

  test('10. a decompression bomb', async () => {
    const bomb = deflateRawSync(Buffer.alloc(200_000_000, 'x')).subarray(0, -1);
    await stage.survives(async () => {
      const peer = await RawWebSocket.open(stage.port, {
        headers: { 'sec-websocket-extensions': 'permessage-deflate' },
      });
      expect(peer.head).toMatch(/permessage-deflate/);
      peer.send('40');
      await peer.text(/^40/);
      peer.socket.write(frame(bomb, { rsv1: true, opcode: OPCODE.text }));
      expect((await peer.closed).code).toBe(1009);
      const { description } = await stage.recorded((each) => each.kind === 'close', 'the end');
      expect(description).toBe('Max payload size exceeded');
    });
  });

  test('9. connections that come and go without a word', async () => {
    await stage.survives(async () => {
      for (let i = 0; i < 100; i++) {
        const socket = await open(stage.port);
        if (i % 3 === 0) socket.write('GET /sock');
        if (i % 3 === 1) socket.write(upgradeText());
        if (i % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
    });
  });
});

describe('more than one turn', () => {
  const flood = (bytes: Buffer) => Buffer.concat(new Array(Math.ceil(1_000_000 / bytes.length)).fill(bytes));

  test.each<[string, Buffer]>([
    ['events', frame('42["x"]')],
    ['pongs', frame('', { opcode: OPCODE.pong })],
    ['pings', frame('', { opcode: OPCODE.ping })],
    ['Engine.IO packets', frame('6')],
  ])('9. a megabyte of tiny frames in one write: %s', async (_name, tiny) => {
    const many = flood(tiny);
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.socket.write(many);
      peer.send('420["echo",1]');
      await peer.text(/^430\[1]$/);
      await peer.end();
      await stage.recorded((each) => each.sid === peer.sid, 'the end');
    });
  });
});
