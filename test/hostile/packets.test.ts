import { RawWebSocket } from './support/raw.js';
import { Stage } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start({ application: 'relay' });
});
afterAll(() => stage.end());
beforeEach(() => stage.records());

const bytes = Buffer.from([1, 2, 3]);
type Message = string | Buffer;

/** Sends the messages in a session of its own and waits for its end; returns what the server calls the reason. */
async function endOf(messages: readonly Message[]): Promise<string> {
  const peer = await RawWebSocket.join(stage.port);
  for (const message of messages) peer.send(message);
  // What is plainly wrong closes without a code; see docs/limits.md.
  expect(await peer.closed).toEqual({ code: 1005, reason: '' });
  const { reason } = await stage.recorded((each) => each.sid === peer.sid, `the end after ${messages}`);
  return reason!;
}

/** The same for messages beyond a bound: both sides are told which. */
async function refusalOf(messages: readonly Message[]): Promise<string> {
  const peer = await RawWebSocket.join(stage.port);
  for (const message of messages) peer.send(message);
  const { code, reason } = await peer.closed;
  const end = await stage.recorded((each) => each.sid === peer.sid, `the end after ${messages}`);
  expect([code, reason]).toEqual([1008, `${end.reason}: ${end.description}`]);
  return reason;
}

/** Sends the messages, which are strange but allowed: the session must still answer. */
async function survivesIn(messages: readonly Message[]): Promise<void> {
  const peer = await RawWebSocket.join(stage.port);
  for (const message of messages) peer.send(message);
  peer.send('4277["echo","still here"]');
  await peer.text(/^4377\["still here"]$/);
  await peer.end();
}

describe('malformed packets', () => {
  test('13. attachments', async () => {
    const header = (num: string) => `451-["x",{"_placeholder":true,"num":${num}}]`;
    const attacks: Message[][] = [
      [header('"splice"'), bytes],
      [header('-1'), bytes],
      [header('0.5'), bytes],
      [header('1'), bytes],
      [header('1e308'), bytes],
      ['451-["x",{"_placeholder":true}]', bytes],
      ['450-["x"]'],
      ['451-["x"]', bytes, bytes],
      ['45-["x"]'],
      ['451["x"]'],
      [bytes],
      ['451-["x"]', '42["text in the middle"]'],
      ['452-["x"]', bytes, '40'],
    ];
    await stage.survives(async () => {
      for (const messages of attacks)
        expect([messages[0], await endOf(messages)]).toEqual([messages[0], 'parse error']);
      for (const count of [11, 5_999_999]) {
        expect(await refusalOf([`45${count}-["x"]`])).toBe(`parse error: too many attachments: ${count}, at most 10`);
      }
    });
  });

  test('13. attachments that never come', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.send('4510-["x"]');
      for (let i = 0; i < 9; i++) peer.send(Buffer.alloc(500_000));
      await peer.end();
      await stage.recorded((each) => each.sid === peer.sid, 'the end');
    });
  });

  test('14. texts that are no packets', async () => {
    const attacks = [
      '42',
      '42{}',
      '42[]',
      '42[{"toString":"x"}]',
      '42[null]',
      '42 1["x"]',
      '451e1-["x"]',
      `42${'9'.repeat(900_000)}["x"]`,
      '429007199254740993["x"]',
      '42-1["x"]',
      '42["connect"]',
      '42["disconnect"]',
      '42["disconnecting"]',
      '42["newListener"]',
      '42["x"',
      '42["x"]]',
      '43',
      '431{}',
      '47["x"]',
      '4',
      '9',
      'garbage',
      '4\ufeff2["x"]',
      '42\u0000["x"]',
    ];
    await stage.survives(async () => {
      for (const text of attacks)
        expect([text.slice(0, 30), await endOf([text])]).toEqual([text.slice(0, 30), 'parse error']);
    });
  });

  test('14. strange events that are allowed', async () => {
    await stage.survives(() =>
      survivesIn([
        '42["__proto__"]',
        '42["constructor",1]',
        '42["hasOwnProperty",{"__proto__":{"polluted":true}}]',
        '42["error","x"]',
        '42["error"]',
        '42[1,2]',
        '42[-1.5]',
        '42["",""]',
        '429007199254740991["x"]',
        '42["relay",{"__proto__":{"polluted":true},"constructor":1,"toJSON":"x","then":1}]',
        '42["relay",{"_placeholder":true,"num":0}]',
        '42["join","__proto__"]',
        '42["relay","\\ud800",{"\\udc00":"\\ud800"}]',
        '42["\ufeffx","\\u0000"]',
      ]),
    );
  });

  test('15. JSON nested deep, coming in and being sent on', async () => {
    const nested = (depth: number) => `42["relay",${'['.repeat(depth)}${']'.repeat(depth)}]`;
    await stage.survives(async () => {
      for (const text of [
        ...[513, 10_000, 400_000].map(nested),
        `42["relay",${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}]`,
        `42["relay",${'['.repeat(400_000)}`,
      ]) {
        expect(await refusalOf([text])).toBe('parse error: nested deeper than 512 levels');
      }
      await survivesIn([nested(500)]);
    });
  });

  test('19. large and hostile keys', async () => {
    const many = Array.from({ length: 40_000 }, (_, i) => `"k${i}":${i}`).join(',');
    await stage.survives(() =>
      survivesIn([
        `42["x",{${many}}]`,
        `42["x",{${new Array(50_000).fill('"same":1').join(',')}}]`,
        `42["x",${'1'.repeat(300_000)}]`,
        '42["x",1e999999]',
        `42["x","${'\\u0000'.repeat(100_000)}"]`,
      ]),
    );
  });
});

describe('namespaces', () => {
  test('16. names and credentials of any size', async () => {
    await stage.survives(async () => {
      expect(await refusalOf([`40/${'n'.repeat(900_000)},`])).toBe('parse error: namespace too long');
      const auth = JSON.stringify({ token: 'x'.repeat(900_000) });
      const peer = await RawWebSocket.join(stage.port, `40${auth}`);
      await peer.text(/^40\{"sid"/);
      await peer.end();
      for (const packet of ['40/nobody,', '40/__proto__,', '40/constructor', '40//', '40/\u0000,', '40/\ud800,']) {
        const refused = await RawWebSocket.join(stage.port, packet);
        await refused.text(/^44.*Invalid namespace/);
        await refused.end();
      }
    });
  });

  test('16. a second CONNECT, events before it, packets for a namespace it is not in', async () => {
    await stage.survives(async () => {
      for (const messages of [['40'], ['42/other,["x"]'], ['43/other,1[]'], ['41/other,'], ['44{"message":"x"}']]) {
        expect([messages, await endOf(messages)]).toEqual([messages, 'forced close']);
      }
      const early = await RawWebSocket.open(stage.port);
      early.send('42["x"]');
      await early.closed;
    });
  });

  test('16. as many namespaces as one connection likes', async () => {
    const dynamic = await Stage.start({ application: 'dynamic', audience: 10 });
    try {
      await dynamic.survives(async () => {
        const peer = await RawWebSocket.join(dynamic.port);
        for (let i = 0; i < 400; i++) peer.send(`40/dynamic-${i},`);
        await peer.text(/^44.*Too many namespaces/);
        expect((await dynamic.state()).namespaces).toBeLessThanOrEqual(257);
        await peer.end();
        await dynamic.recorded((each) => each.sid === peer.sid, 'the end');
        expect((await dynamic.state()).namespaces).toBe(1);
      });
      // 20. The pattern is stateful (/g): every name must match every time.
      for (let i = 0; i < 5; i++) {
        const peer = await RawWebSocket.join(dynamic.port, '40/dynamic-same,');
        await peer.text(/^40\/dynamic-same,/);
        await peer.end();
      }
    } finally {
      await dynamic.end();
    }
  });

  test('16. namespaces whose clients leave before they are let in', async () => {
    const dynamic = await Stage.start({ application: 'dynamic' });
    try {
      for (let round = 0; round < 5; round++) {
        const peer = await RawWebSocket.open(dynamic.port);
        for (let i = 0; i < 5; i++) peer.send(`40/dynamic-${round}-${i},{"wait":true}`);
        peer.send('40');
        await peer.text(/^40/);
        expect((await dynamic.state()).namespaces).toBe(6);
        await peer.end();
        await dynamic.until(({ namespaces }) => namespaces === 1, 'forgot them');
      }
    } finally {
      await dynamic.end();
    }
  });

  test('16. namespaces that are joined and left without end, where empty ones are kept: as many as are allowed', async () => {
    const dynamic = await Stage.start({
      application: 'dynamic',
      options: { cleanupEmptyChildNamespaces: false, maxEmptyNamespaces: 50 },
    });
    try {
      let count = 0;
      await dynamic.survives(async () => {
        const peer = await RawWebSocket.join(dynamic.port, '40/dynamic-first,');
        for (let i = 0; i < 500; i++, count++) {
          peer.send(`40/dynamic-${count},`);
          peer.send(`41/dynamic-${count},`);
        }
        await peer.text(new RegExp(`^40/dynamic-${count - 1},`));
        // The main namespace, the one we are in, and those that are kept.
        await dynamic.until(({ namespaces }) => namespaces === 52, 'forgot the others');
        peer.send('42/dynamic-first,0["x"]');
        await peer.end();
        await dynamic.recorded((each) => each.kind === 'close', 'the end');
      });
    } finally {
      await dynamic.end();
    }
  });
});
