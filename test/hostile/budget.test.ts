import { frame, RawWebSocket } from './support/raw.js';
import { Stage } from './support/stage.js';

/** One bound for all that waits, acted on from the largest downwards. */
describe('4. what waits for all together', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ options: { maxTotalBufferedBytes: 20_000_000 }, audience: 10 });
  });
  afterAll(() => stage.end());
  beforeEach(() => stage.records());

  const ended = () => stage.recorded(({ kind, reason }) => kind === 'close' && reason === 'slow consumer', 'an end');

  test('of clients that do not read, the one that asked for most ends, and the other gets its answers', async () => {
    const text = 'x'.repeat(900_000);
    await stage.survives(async () => {
      const modest = await RawWebSocket.join(stage.port);
      const greedy = await RawWebSocket.join(stage.port);
      for (const peer of [modest, greedy]) peer.socket.pause();
      for (let i = 0; i < 8; i++) modest.send(`42${i}["echo","${text}"]`);
      for (let i = 0; i < 60; i++) greedy.send(`42${i}["echo","${text}"]`);
      const { sid, description } = await ended();
      expect(sid).toBe(greedy.sid);
      expect(description).toMatch(/^\d+ bytes were waiting here when it was more than 20000000 in all$/);
      greedy.socket.destroy();
      modest.socket.resume();
      for (let i = 0; i < 8; i++) await modest.text(new RegExp(`^43${i}\\[`));
      await modest.end();
    });
  });

  test('attachments that never become complete', async () => {
    const placeholders = Array.from({ length: 10 }, (_, num) => JSON.stringify({ _placeholder: true, num })).join();
    const attachment = frame(Buffer.alloc(900_000), { opcode: 2 });
    await stage.survives(async () => {
      const peers = await Promise.all([1, 2, 3].map(() => RawWebSocket.join(stage.port)));
      for (const peer of peers) {
        peer.send(`4510-["x",${placeholders}]`);
        for (let i = 0; i < 9; i++) peer.socket.write(attachment);
      }
      const { description } = await ended();
      expect(description).toMatch(/^\d{7} bytes were waiting here/);
      await Promise.race(peers.map(({ closed }) => closed));
      const { connections } = await stage.state();
      expect(connections).toBe(12);
      for (const { socket } of peers) socket.destroy();
      await stage.until((state) => state.connections === 10, 'alone with its audience');
    });
  });
});
