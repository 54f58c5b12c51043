import { RawWebSocket } from './support/raw.js';
import { Stage } from './support/stage.js';

describe('acknowledgements', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ application: 'asking' });
  });
  afterAll(() => stage.end());
  beforeEach(() => stage.records());

  const idOf = (packet: string) => /^42(\d+)/.exec(packet)![1];
  const answers = async (count: number) => {
    const found: unknown[] = [];
    while (found.length < count) {
      const { error, answer } = await stage.recorded((each) => each.kind === 'answer', 'an answer');
      found.push(error ?? answer);
    }
    return found;
  };

  test('17. answered twice, and answers nobody waits for', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.send('430["nobody asked"]');
      peer.send('439007199254740991[]');
      peer.send('43[]');
      peer.send('42["ask me"]');
      const id = idOf(await peer.text(/^42\d+\["question"]/));
      // The second question has the next id; records are taken one at a time, so answer one after the other.
      for (let i = 0; i < 3; i++) peer.send(`43${id}["first ${i}"]`);
      expect(await answers(1)).toEqual(['first 0']);
      const next = Number(id) + 1;
      for (let i = 0; i < 3; i++) peer.send(`43${next}["second ${i}"]`);
      expect(await answers(1)).toEqual(['second 0']);
      await peer.end();
      await stage.recorded((each) => each.sid === peer.sid);
      expect((await stage.records()).filter(({ kind }) => kind === 'answer')).toEqual([]);
    });
  });

  test('17. answered too late, and never', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      peer.send('42["ask me"]');
      const id = idOf(await peer.text(/^42\d+\["question"]/));
      expect(await answers(1)).toEqual(['operation has timed out']);
      peer.send(`43${id}["too late"]`);
      await peer.end();
      expect(await answers(1)).toEqual(['socket has been disconnected']);
    });
  });

  test('17. thousands of questions at once', async () => {
    await stage.survives(async () => {
      const peer = await RawWebSocket.join(stage.port);
      // In portions: what the application does for each of them is its own time.
      for (let i = 0; i < 20; i++) {
        for (let j = 0; j < 100; j++) peer.send('42["ask me"]');
        peer.send(`42${i}["echo",1]`);
        await peer.text(new RegExp(`^43${i}\\[`));
      }
      await peer.text(/^42\d+\["question"]/);
      await peer.end();
      await stage.recorded((each) => each.kind === 'close');
    });
  });
});

describe('recovery', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ application: 'recovering' });
  });
  afterAll(() => stage.end());
  beforeEach(() => stage.records());

  const join = async (auth: object) => {
    const peer = await RawWebSocket.join(stage.port, `40${JSON.stringify(auth)}`);
    const answer = JSON.parse((await peer.text(/^4[04]\{/)).slice(2));
    return { peer, ...answer } as { peer: RawWebSocket; sid: string; pid: string; message?: string };
  };
  /** Loses the connection, and waits until the server knows. */
  const lose = async (peer: RawWebSocket) => {
    await peer.end();
    await stage.recorded((each) => each.kind === 'disconnect', 'the loss');
  };

  test('18. guessed sessions and offsets from the future', async () => {
    await stage.survives(async () => {
      for (const auth of [
        { pid: 'guess', offset: '0' },
        { pid: '__proto__', offset: '__proto__' },
        { pid: 'x'.repeat(100_000), offset: 'x'.repeat(100_000) },
        { pid: {}, offset: [] },
      ]) {
        const { peer, sid } = await join(auth);
        expect(sid).toHaveLength(20);
        expect((await stage.recorded((each) => each.kind === 'connected')).recovered).toBe(false);
        await lose(peer);
      }
      for (const offset of ['zzzzzzzzzz', '-1', '', '1e9', '\u0000']) {
        const { peer, pid } = await join({});
        await lose(peer);
        const back = await join({ pid, offset });
        expect((await stage.recorded((each) => each.kind === 'connected')).recovered).toBe(false);
        await lose(back.peer);
      }
    });
  });

  test('18. a session that is replayed, and one that is shared', async () => {
    await stage.survives(async () => {
      const first = await join({});
      await stage.recorded((each) => each.kind === 'connected');
      await lose(first.peer);
      const back = await join({ pid: first.pid });
      expect(back.sid).toBe(first.sid);
      expect((await stage.recorded((each) => each.kind === 'connected')).recovered).toBe(true);

      // Somebody else with the same secret, while it is in use: the older connection ends, one socket remains.
      const thief = await join({ pid: first.pid });
      await back.peer.closed;
      await stage.recorded((each) => each.kind === 'connected');
      await lose(thief.peer);
    });
  });

  test('18. what is kept stays within its bytes', async () => {
    await stage.survives(async () => {
      const { peer, pid } = await join({});
      peer.send('420["fill",120]');
      await peer.text(/^430/);
      await lose(peer);
      const back = await join({ pid });
      expect((await stage.recorded((each) => each.kind === 'connected')).recovered).toBe(false);
      await lose(back.peer);
    });
  });

  test('18. a banned user comes back through recovery', async () => {
    const { peer, pid } = await join({});
    peer.send('420["login","mallory"]');
    await peer.text(/^430/);
    peer.send('421["ban","mallory"]');
    await peer.text(/^431/);
    await lose(peer);
    const back = await join({ pid });
    expect(back.message).toBe('banned');
    await back.peer.end();
  });
});
