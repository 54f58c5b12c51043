import { openPolling, POLLING, post, RawWebSocket } from './support/raw.js';
import { Stage } from './support/stage.js';

/** What the server knows about the end of a connection; see core/engine/ending.ts. */
describe('the end of a connection is explained', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ audience: 0, options: { pingInterval: 50, pingTimeout: 200 } });
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
    expect(roundTrip).toBeLessThanOrEqual(200);
  });

  test('by the network, without a goodbye, or without a pong', async () => {
    const dropped = await RawWebSocket.join(stage.port);
    await dropped.end();
    expect(await endingOf(dropped.sid)).toMatchObject({ by: 'network', code: 1006 });

    const silent = await RawWebSocket.join(stage.port);
    await silent.closed;
    const ending = await endingOf(silent.sid);
    expect(ending).toMatchObject({ by: 'network', reason: 'ping timeout' });
    expect(ending).not.toHaveProperty('roundTrip');
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
