import { exchange, get, open, POLLING, RawWebSocket, requestText, upgradeText, WEBSOCKET } from './support/raw.js';
import { Stage } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start({ application: 'clumsy' });
});
afterAll(() => stage.end());
beforeEach(() => stage.records());

describe('middlewares', () => {
  test('7. of the engine: throw, reject, twice, never', async () => {
    await stage.survives(async () => {
      for (const failure of ['throw', 'reject']) {
        expect((await get(stage.port, `${POLLING}&engine=${failure}`)).status).toBe(400);
        expect((await exchange(stage.port, upgradeText(`${WEBSOCKET}&engine=${failure}`))).status).toBe(400);
        const { context } = await stage.recorded((each) => each.kind === 'connection_error');
        expect(context).toMatchObject({ name: 'MIDDLEWARE_FAILURE' });
      }
      expect((await get(stage.port, `${POLLING}&engine=twice`)).status).toBe(200);
      const twice = await RawWebSocket.open(stage.port, { query: `${WEBSOCKET}&engine=twice` });
      await twice.end();
      for (const text of [requestText('GET', `${POLLING}&engine=never`), upgradeText(`${WEBSOCKET}&engine=never`)]) {
        const socket = await open(stage.port);
        socket.write(text);
        await stage.state();
        socket.destroy();
      }
    });
  });

  test('7. of a namespace: throw, reject, twice, never', async () => {
    await stage.survives(async () => {
      for (const middleware of ['throw', 'reject']) {
        const peer = await RawWebSocket.join(stage.port, `40{"middleware":"${middleware}"}`);
        await peer.text(/^44\{"message":"namespace middleware/);
        await peer.end();
      }
      const twice = await RawWebSocket.join(stage.port, '40{"middleware":"twice"}');
      twice.send('420["echo",1]');
      await twice.text(/^430\[1]/);
      await twice.end();
      const never = await RawWebSocket.open(stage.port);
      never.send('40{"middleware":"never"}');
      await never.text(/^0/);
      await never.end();
    });
  });

  test('7. of a socket: throw, reject, twice, never', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      for (const event of ['middleware throws', 'middleware rejects', 'middleware never', 'middleware twice']) {
        peer.send(`42["${event}"]`);
      }
      peer.send('420["echo",1]');
      await peer.text(/^430\[1]/);
      await peer.end();
    });
  });

  test('23. a middleware that disconnects or closes', async () => {
    await stage.survives(async () => {
      for (const middleware of ['disconnect', 'close']) {
        const peer = await RawWebSocket.open(stage.port);
        peer.send(`40{"middleware":"${middleware}"}`);
        await peer.text(/^0/);
        if (middleware === 'close') await peer.closed;
        await peer.end();
        await stage.recorded((each) => each.sid === peer.sid, 'the end');
      }
    });
  });
});

describe('listeners', () => {
  test('21. a listener that throws or rejects: reported, and the client is told', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      let id = 0;
      for (const [event, message] of [
        ['throw', 'listener threw'],
        ['throw nothing', 'undefined'],
        ['reject', 'listener rejected'],
      ]) {
        peer.send(`42${++id}["${event}"]`);
        expect(await peer.text(new RegExp(`^43${id}\\[`))).toMatch(/\{"status":"error"/);
        const record = await stage.recorded((each) => each.kind === 'listener_error', 'the error');
        expect([record.event, record.message]).toEqual([event, message]);
      }
      await peer.end();
    });
  });

  test('21. a listener of the end that throws', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port, '40{"atTheEnd":true}');
      await peer.end();
      const { event, message } = await stage.recorded((each) => each.kind === 'listener_error', 'the error');
      expect([event, message]).toEqual(['disconnecting', 'disconnecting threw']);
      expect((await stage.state()).sockets).toBe(50);
    });
  });

  test('15. sending what cannot be encoded', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      for (const event of ['["send deep",100000]', '["send cycle"]']) {
        peer.send(`42${event}`);
        await stage.recorded((each) => each.kind === 'listener_error', 'the error');
      }
      peer.send('420["echo",1]');
      await peer.text(/^430\[1]/);
      await peer.end();
    });
  });

  test('23. emit inside emit, and everything after the end', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.send('421["emit inside",500]');
      await peer.text(/^431\["bottom"]$/);
      peer.send('422["answer twice"]');
      await peer.text(/^432\[1]$/);
      peer.send('423["leave and speak"]');
      expect((await stage.recorded((each) => each.kind === 'after the end')).rooms).toBe(0);
      await peer.closed;
      expect(peer.texts.filter((text) => text.startsWith('432'))).toEqual(['432[1]']);
      expect(peer.texts).not.toContain('4raw after the end');
    });
  });
});
