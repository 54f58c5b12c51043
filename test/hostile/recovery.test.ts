import { RawWebSocket } from './support/raw.js';
import { Stage } from './support/stage.js';

/** Recovery never gives a client for ever what it is lost with each time. */
describe('2. a client that is lost after each replay', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ application: 'replaying', audience: 10 });
  });
  afterAll(() => stage.end());
  beforeEach(() => stage.records());

  const sessionOf = (text: string): { sid: string; pid: string } => JSON.parse(text.slice(2));

  /** Comes back, and is gone as soon as it is told that it is in. Returns what it got. */
  async function comeBack(auth: object): Promise<{ session: { sid: string; pid: string }; events: string[] }> {
    const peer = await RawWebSocket.open(stage.port);
    await peer.text(/^0/);
    peer.send(`40${JSON.stringify(auth)}`);
    const session = sessionOf(await peer.text(/^40/));
    const events = peer.texts.filter((each) => each.startsWith('42'));
    await peer.end();
    await stage.recorded((each) => each.kind === 'disconnect' && each.id === session.sid, 'the loss');
    return { session, events };
  }

  /** A session that has seen one event, and its offset. */
  async function begin(): Promise<{ session: { sid: string; pid: string }; offset: string }> {
    const { session } = await comeBack({});
    await stage.run('emit', 'hello');
    const { events } = await comeBack({ pid: session.pid });
    return { session, offset: JSON.parse(events[0]!.slice(2)).at(-1) };
  }

  test('begins anew after the third time, and the application hears of it', async () => {
    const { session, offset } = await begin();
    await stage.run('emit', 'poison', 1);
    for (let i = 0; i < 3; i++) {
      const again = await comeBack({ pid: session.pid, offset });
      expect(again.session).toEqual(session);
      expect(again.events).toEqual([expect.stringContaining('"poison"')]);
    }
    const anew = await comeBack({ pid: session.pid, offset });
    expect(anew.events).toEqual([]);
    expect(anew.session.pid).not.toBe(session.pid);
    const report = await stage.recorded((each) => each.kind === 'listener_error', 'the report');
    expect([report.event, report.message]).toEqual([
      'connectionStateRecovery',
      'the same events were replayed 3 times to a client that was lost each time: it begins anew',
    ]);
  });

  test('one that comes further each time is recovered as often as it needs', async () => {
    const { session } = await comeBack({});
    for (let i = 0; i < 8; i++) await stage.run('emit', `e${i}`, i);
    let offset: string | undefined;
    for (let i = 0; i < 8; i++) {
      const { session: again, events } = await comeBack({ pid: session.pid, offset });
      expect(again).toEqual(session);
      expect(events).toHaveLength(8 - i);
      offset = JSON.parse(events[0]!.slice(2)).at(-1);
    }
  });

  test('without anything that was missed, so is everybody', async () => {
    const { session, offset } = await begin();
    for (let i = 0; i < 8; i++) expect((await comeBack({ pid: session.pid, offset })).session).toEqual(session);
  });
});
