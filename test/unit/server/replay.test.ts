import type { LogEntry } from '../../../core/extension.js';
import { replay } from '../../../core/server/replay.js';
import { MemoryStores } from '../../../core/store/memory-store.js';
import { TestClock } from '../../support/test-clock.js';
import { FakeClientSocket } from './support/fakes.js';

/** A log of three entries, and a socket that says when it joins. */
async function create() {
  const log = new MemoryStores(new TestClock()).store('x').log('l', { maxEntries: 10, maxBytes: 10_000, maxAge: 1000 });
  for (const text of ['a', 'b', 'c']) await log.append(Buffer.from(text));
  const seen: string[] = [];
  class JoiningSocket extends FakeClientSocket {
    override join(): void {
      seen.push('joined');
    }
  }
  const deliver = ({ position, payload }: LogEntry) => seen.push(`${position} ${payload}`);
  return { log, seen, socket: new JoiningSocket('/'), deliver };
}

test('what was missed, and then the room', async () => {
  const { log, seen, socket, deliver } = await create();
  const page = await replay(socket, { log, room: 'r', since: 1, deliver });
  expect(seen).toEqual(['2 b', '3 c', 'joined']);
  expect(page).toMatchObject({ last: 3, isComplete: true });
});

test('what is appended while the log is read comes once, ahead of the room', async () => {
  const { log, seen, socket, deliver } = await create();
  const slow = {
    ...log,
    follow: log.follow.bind(log),
    append: log.append.bind(log),
    async read(since: number) {
      const page = await log.read(since);
      await log.append(Buffer.from('d'));
      return page;
    },
  };
  await replay(socket, { log: slow, room: 'r', since: 2, deliver });
  await log.append(Buffer.from('e'));
  expect(seen).toEqual(['3 c', '4 d', 'joined']);
});

test('a log that cannot be read: the call fails, and nothing is followed any more', async () => {
  const { log, seen, socket, deliver } = await create();
  let followers = 0;
  const broken = {
    append: log.append.bind(log),
    follow: () => {
      followers++;
      return () => {
        followers--;
      };
    },
    read: () => Promise.reject(new Error('down')),
  };
  await expect(replay(socket, { log: broken, room: 'r', since: 0, deliver })).rejects.toThrow('down');
  expect([seen, followers]).toEqual([[], 0]);
});
