import { openPolling, POLLING, post, RawWebSocket } from './support/raw.js';
import { Stage } from './support/stage.js';

const byte = Buffer.from([1]);
const named = (event: string, ...numbers: number[]) =>
  `451-${JSON.stringify([event, ...numbers.map((num) => ({ _placeholder: true, num }))])}`;
const LOOKALIKE = { _placeholder: true, num: 0 };

/** What comes in must be something that can go out: whatever an application passes on, its receivers stay. */
describe.each([
  ['without recovery', { maxMessageBytes: 2_000_000 }],
  ['with recovery', { maxMessageBytes: 2_000_000, connectionStateRecovery: {} }],
])('poison, %s', (_name, options) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ application: 'passing', options, audience: 20 });
  });
  afterAll(() => stage.end());
  beforeEach(() => stage.records());

  /** Sends the messages in a session of its own; the session, and everybody else's, goes on. */
  async function survives(messages: readonly (string | Buffer)[], expected?: string): Promise<void> {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      for (const message of messages) peer.send(message);
      if (expected !== undefined)
        await stage.recorded((each) => String(each.message).includes(expected), `a report of ${expected}`);
      peer.send('4277["echo","still here"]');
      await peer.text(/^4377\["still here"/);
      await peer.end();
      await stage.recorded((each) => each.kind === 'close', 'the end');
    });
  }

  test('an attachment that is named often, or never, is malformed', async () => {
    const messages = [
      [named('pass', ...new Array(11).fill(0)), byte],
      [named('pass', ...new Array(700).fill(0)), Buffer.alloc(900_000)],
      [named('pass'), byte],
      [`461-7[${JSON.stringify(LOOKALIKE)},${JSON.stringify(LOOKALIKE)}]`, byte],
    ];
    await stage.survives(async () => {
      for (const each of messages) {
        const peer = await RawWebSocket.join(stage.port);
        for (const message of each) peer.send(message);
        await peer.closed;
        const end = await stage.recorded((record) => record.kind === 'close' && record.sid === peer.sid, 'the end');
        expect([end.reason, end.description]).toEqual(['parse error', 'illegal attachments']);
      }
    });
  });

  test('the same over polling', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      await post(stage.port, `${POLLING}&sid=${sid}`, `${named('pass', 0, 0)}\x1eb${byte.toString('base64')}`);
      const { reason } = await stage.recorded((each) => each.kind === 'close' && each.sid === sid, 'the end');
      expect(reason).toBe('parse error');
    });
  });

  test('an object that looks like a placeholder stays data', async () => {
    const kept = `42${JSON.stringify(['keep', LOOKALIKE])}`;
    const peer = await RawWebSocket.join(stage.port);
    peer.send(kept);
    peer.send('42["pass with what was kept",1]');
    await peer.text(/^42\["both",\{"_placeholder":true,"num":0\},1/);
    await peer.end();
    const refusal = '"_placeholder": true next to binary data (event "both")';
    await survives([kept, named('pass with what was kept', 0), byte], refusal);
    await survives([kept, named('later', 0), byte], refusal);
  });

  test('an answer that cannot be sent, from a timer', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.send(`42${JSON.stringify(['keep', LOOKALIKE])}`);
      peer.send(`451-7${JSON.stringify(['answer', LOOKALIKE])}`);
      peer.send(byte);
      expect(await peer.text(/^437/)).toBe('437[{"status":"error","message":"Internal server error"}]');
      const { event, message } = await stage.recorded((each) => each.kind === 'listener_error', 'a report');
      expect([event, message]).toEqual([
        'answer',
        'the acknowledgement of "answer" could not be sent: "_placeholder": true next to binary data (packet ACK)',
      ]);
      await peer.end();
    });
  });

  test.each(['null', '{}', '[]', 'true', '{"toString":"x"}'])('an event that is to be called %s', async (name) => {
    await survives([`42["choose",${name}]`], 'the name of an event is a string or a number');
  });

  test('more attachments than clients take', async () => {
    await survives(['451-["many",{"_placeholder":true,"num":0},11]', byte], 'too many attachments: 11, at most 10');
  });

  test('more arguments than our clients take', async () => {
    await survives(['42["many",0,10001]'], 'at most 10000 (event "many")');
  });

  test('an event that grows beyond the bound', async () => {
    await survives([`42["many","${'x'.repeat(900_000)}",3]`], 'too large: 2700');
    await survives(['451-["many",{"_placeholder":true,"num":0},3]', Buffer.alloc(900_000)], 'too large: 2700');
  });

  test('an acknowledgement with more arguments than a function takes', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.send('42["ask"]');
      const [, id] = /^42(\d+)/.exec(await peer.text(/^42\d+\["question"/))!;
      peer.send(`43${id}[${new Array(480_000).fill(1)}]`);
      expect(await peer.closed).toEqual({
        code: 1008,
        reason: 'parse error: too many arguments: 480000, at most 10000',
      });
      const { outcome } = await stage.recorded((each) => each.kind === 'answer', 'the outcome');
      expect(outcome).toBe('socket has been disconnected');
    });
  });

  test('an event with as many', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.send(`42["pass",${new Array(480_000).fill(1)}]`);
      expect((await peer.closed).code).toBe(1008);
    });
  });
});
