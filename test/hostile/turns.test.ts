import { randomBytes } from 'node:crypto';
import { io } from 'socket.io-client';
import { get, openPolling, POLLING, post, RawWebSocket } from './support/raw.js';
import { Stage } from './support/stage.js';

/** One turn of the event loop: nothing of it is lost because one message cannot be written, and it holds no more than it may. */
describe('one turn', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({
      application: 'turns',
      options: { maxBufferedBytes: 20_000_000, perMessageDeflate: { threshold: 0 } },
      audience: 10,
    });
  });
  afterAll(() => stage.end());
  beforeEach(() => stage.records());

  test('a message whose bytes are gone is reported, and all others are sent', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.send('420["room","a"]');
      peer.send('4277["echo",1]');
      await peer.text(/^4377/);
      await stage.run('detach', 'a');
      await peer.text(/^451-\["shrunk"/);
      await peer.text(/^42\["behind",2\]$/);
      await peer.text(/^42\["carillon:dropped",\{"count":1\}\]$/);
      expect(peer.texts.filter((each) => /before|bad|behind/.test(each))).toEqual(['42["before",1]', '42["behind",2]']);
      const { message, event } = await stage.recorded((each) => each.kind === 'listener_error', 'a report');
      expect([event, message]).toEqual(['send', expect.stringContaining('an event (/,bad) could not be written')]);
      await peer.end();
    });
  });

  test('the same over polling, and with compression', async () => {
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      await post(stage.port, `${POLLING}&sid=${sid}`, '42["room","b"]');
      const client = io(`http://127.0.0.1:${stage.port}`, { transports: ['websocket'], forceNew: true });
      const heard: string[] = [];
      client.onAny((event) => heard.push(event));
      await client.timeout(10_000).emitWithAck('echo', 1);
      client.emit('room', 'b');
      await client.timeout(10_000).emitWithAck('echo', 2);
      await stage.run('detach', 'b');
      await client.timeout(10_000).emitWithAck('echo', 3);
      expect(heard).toEqual(['before', 'behind', 'shrunk', 'carillon:dropped']);
      client.disconnect();
      let body = '';
      while (!body.includes('carillon:dropped')) body += (await get(stage.port, `${POLLING}&sid=${sid}`)).body;
      expect(body).toMatch(/before.*behind.*shrunk/s);
      expect(body).not.toMatch(/"bad"/);
      await post(stage.port, `${POLLING}&sid=${sid}`, '1');
    });
  });

  test('7. a large answer is compressed on another thread, and nothing overtakes it', async () => {
    // Of two letters in no order: what deflate takes longest for.
    const text = Array.from(randomBytes(900_000), (byte) => (byte & 1 ? 'a' : 'b')).join('');
    await stage.survives(async () => {
      const client = io(`http://127.0.0.1:${stage.port}`, {
        transports: ['websocket'],
        forceNew: true,
        perMessageDeflate: { threshold: 0 },
      } as object);
      const order: number[] = [];
      const ask = async (index: number, value: string): Promise<void> => {
        expect(await client.timeout(20_000).emitWithAck('echo', value)).toBe(value);
        order.push(index);
      };
      await Promise.all([0, 1, 2, 3, 4, 5].map((index) => ask(index, index % 2 === 0 ? text : 'short')));
      expect(order).toEqual([0, 1, 2, 3, 4, 5]);
      client.disconnect();
    });
  });

  test('200 MB to a reader that stands still are judged before they are there', async () => {
    const peer = await RawWebSocket.join(stage.port);
    peer.send('42["room","c"]');
    peer.send('4277["echo",1]');
    await peer.text(/^4377/);
    peer.socket.pause();
    const growth = await stage.run<number>('flood', 'c', 1_000_000, 200);
    expect(growth).toBeLessThan(40_000_000);
    const { reason } = await stage.recorded((each) => each.kind === 'close' && each.sid === peer.sid, 'the end');
    expect(reason).toBe('slow consumer');
    await peer.end();
    await stage.audience.check();
  });

  test('a loop that emits much keeps the order', async () => {
    const peer = await RawWebSocket.join(stage.port);
    peer.send('42["room","d"]');
    peer.send('4277["echo",1]');
    await peer.text(/^4377/);
    await stage.run('flood', 'd', 100_000, 100);
    await peer.text(/^42\["flood","99x/);
    const numbers = peer.texts.flatMap((each) => /^42\["flood","(\d+)/.exec(each)?.[1] ?? []).map(Number);
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, index) => index));
    await peer.end();
  });
});
