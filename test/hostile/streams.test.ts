import { frame, get, gone, open, openPolling, POLLING, requestText, upgradeText, WEBSOCKET } from './support/raw.js';
import { Stage } from './support/stage.js';

/** One stream, one protocol: what is sent on a connection in one go never gets an HTTP answer among WebSocket frames. */
describe('9. requests pipelined on one connection', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ audience: 10 });
  });
  afterAll(() => stage.end());
  beforeEach(() => stage.records());

  /** All that comes back for requests sent in one piece. */
  async function answers(...requests: (string | Buffer)[]): Promise<string> {
    const socket = await open(stage.port);
    socket.write(Buffer.concat(requests.map((each) => Buffer.from(each))));
    return gone(socket);
  }

  test('a poll that waits, and an upgrade of the same session', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      const poll = requestText('GET', `${POLLING}&sid=${sid}`);
      const text = await answers(poll, upgradeText(`${WEBSOCKET}&sid=${sid}`), frame('2probe'), frame('5'));
      expect(text).not.toMatch(/101 Switching|Sec-WebSocket/i);
      const refused = await stage.recorded((each) => each.kind === 'connection_error', 'the refusal');
      expect(refused.context).toEqual({ name: 'PIPELINED_UPGRADE' });
    });
  });

  test('a poll that waits, and a new session over WebSocket', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      const text = await answers(requestText('GET', `${POLLING}&sid=${sid}`), upgradeText(), frame('40'));
      expect(text).not.toMatch(/101 Switching/);
    });
  });

  test('a poll that waits, and an upgrade that is refused', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      const text = await answers(requestText('GET', `${POLLING}&sid=${sid}`), upgradeText('EIO=3&transport=websocket'));
      expect(text).not.toMatch(/Unsupported protocol version/);
    });
  });

  test('an upgrade behind answers that are complete is an ordinary one', async () => {
    const socket = await open(stage.port);
    socket.write(requestText('GET', POLLING));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write(upgradeText());
    const text = await new Promise<string>((resolve) =>
      socket.once('data', (chunk) => resolve(chunk.toString('latin1'))),
    );
    expect(text).toMatch(/^HTTP\/1.1 101 /);
    socket.destroy();
    expect((await get(stage.port, POLLING)).status).toBe(200);
  });
});
