import { openPolling, POLLING, post, RawWebSocket } from './support/raw.js';
import { Stage } from './support/stage.js';

/** What the server knows about the end of a connection; see core/engine/close-summary.ts. */
describe('the end of a connection is explained', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ audience: 0, options: { pingInterval: 1000 } });
  });
  afterAll(() => stage.end());

  const endingOf = async (sid: string) => (await stage.recorded((each) => each.sid === sid, 'the end')).ending;

  test('by the client, with its code, the packets and the last round trip', async () => {
    const peer = await RawWebSocket.join(stage.port);
    await peer.text(/^2$/);
    peer.send('3');
    peer.send('420["echo",1]');
    await peer.text(/^430/);
    peer.send(Buffer.from([0x0f, 0xa1]), { opcode: 8 });
    await peer.closed;
    const ending = await endingOf(peer.sid);
    expect(ending).toMatchObject({ by: 'client', reason: 'transport close', code: 4001, transport: 'websocket' });
    const { packetsReceived, packetsSent, bytesReceived, bytesSent, roundTrip } = ending as Record<string, number>;
    expect(packetsReceived).toBe(3);
    expect(packetsSent).toBeGreaterThanOrEqual(4);
    expect(bytesReceived).toBeGreaterThan(100);
    expect(bytesSent).toBeGreaterThan(100);
    expect(roundTrip).toBeGreaterThanOrEqual(0);
  });

  test('by the network, without a goodbye', async () => {
    const dropped = await RawWebSocket.join(stage.port);
    await dropped.end();
    expect(await endingOf(dropped.sid)).toMatchObject({ by: 'network', code: 1006 });
  });

  test('by the network, without a pong', async () => {
    const impatient = await Stage.start({ audience: 0, options: { pingInterval: 50, pingTimeout: 50 } });
    try {
      // It never says a word, so it cannot be too late with one.
      const silent = await RawWebSocket.open(impatient.port);
      await silent.closed;
      const { ending } = await impatient.recorded((each) => each.sid === silent.sid, 'the end');
      expect(ending).toMatchObject({ by: 'network', reason: 'ping timeout' });
      expect(ending).not.toHaveProperty('roundTrip');
    } finally {
      await impatient.end();
    }
  });

  test('by the server', async () => {
    const peer = await RawWebSocket.join(stage.port);
    peer.send('4garbage');
    await peer.closed;
    expect(await endingOf(peer.sid)).toMatchObject({
      by: 'server',
      reason: 'parse error',
      description: 'unknown packet type',
    });
  });

  test('over polling', async () => {
    const sid = await openPolling(stage.port);
    await post(stage.port, `${POLLING}&sid=${sid}`, '1');
    const ending = await endingOf(sid);
    expect(ending).toMatchObject({ by: 'client', reason: 'transport close', transport: 'polling', bytesReceived: 3 });
  });
});

test('DEBUG=carillon:* tells the story of a connection', async () => {
  const stage = await Stage.start({ application: 'clumsy', audience: 0, debug: 'carillon:*' });
  try {
    const sid = await openPolling(stage.port);
    const peer = await RawWebSocket.open(stage.port, { query: `EIO=4&transport=websocket&sid=${sid}` });
    peer.send('2probe');
    await peer.text(/^3probe$/);
    peer.send('5');
    peer.send('40/no\nwhere,');
    await peer.text(/^44/);
    peer.send('42{}');
    await peer.closed;
    await stage.recorded((each) => each.sid === sid, 'the end');
    const story = stage
      .takeLog()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) =>
        line
          .replaceAll(sid, 'SID')
          .replace(/\b[\w-]{20}\b/g, 'ID')
          .replace(/\d+ (bytes|in|packets)/g, 'n $1'),
      );
    expect(story).toEqual([
      'carillon:engine SID opened over polling',
      'carillon:client SID joins "/" as ID',
      'carillon:connection SID begins to move to websocket',
      'carillon:connection SID moved to websocket',
      'carillon:client SID may not join "/no\\nwhere": Invalid namespace',
      'carillon:client SID sent an invalid packet: invalid payload',
      expect.stringMatching(
        /^carillon:engine SID ended by the server, over websocket: parse error \(invalid payload\); n packets/,
      ),
      'carillon:socket ID leaves "/": parse error',
    ]);
  } finally {
    await stage.end();
  }
});
