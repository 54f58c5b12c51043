import { frame, open, openPolling, POLLING, post, RawWebSocket, requestText, upgradeText } from './support/raw.js';
import { Stage } from './support/stage.js';

describe('24. io.close()', () => {
  test('during handshakes, upgrades, polls and a flood: it resolves and leaves no handle', async () => {
    const stage = await Stage.start({ application: 'closing', audience: 5 });
    try {
      const sid = await openPolling(stage.port);
      const upgrading = await RawWebSocket.open(stage.port, { query: `EIO=4&transport=websocket&sid=${sid}` });
      upgrading.send('2probe');
      await upgrading.text(/3probe/);
      const waiting = await open(stage.port);
      waiting.write(requestText('GET', `${POLLING}&sid=${await openPolling(stage.port)}`));
      const half = await open(stage.port);
      half.write('GET /socket.io/?EIO=4');
      const trickling = await open(stage.port);
      trickling.write(
        `${requestText('POST', `${POLLING}&sid=${await openPolling(stage.port)}`, { 'content-length': '100' })}4`,
      );
      const deaf = await RawWebSocket.join(stage.port);
      deaf.socket.pause();
      const flooding = await RawWebSocket.join(stage.port);
      const flood = frame('42["echo",1]');
      const timer = setInterval(() => {
        for (let i = 0; i < 100; i++) flooding.socket.write(flood);
        void open(stage.port).then(
          (socket) => socket.write(upgradeText()),
          () => {},
        );
      }, 1);
      await post(stage.port, `${POLLING}&sid=${sid}`, '42["echo",1]');
      const closed = stage.run<string[]>('close');
      half.destroy();
      trickling.destroy();
      const resources = await closed;
      clearInterval(timer);
      expect(resources.filter((name) => /TCP|HTTP/.test(name))).toEqual([]);
      stage.assertAlive();
    } finally {
      await stage.end();
    }
  });
});
