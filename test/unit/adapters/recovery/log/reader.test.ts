import { LogReader } from '../../../../../core/adapters/recovery/log/reader.js';
import type { Snapshot } from '../../../../../core/adapters/recovery/records/snapshot.js';
import type { RecoveryStore } from '../../../../../core/adapters/recovery/store.js';

const snapshot: Snapshot = { senders: new Map(), finished: new Set(), doubtful: new Set() };

test('what was read before an outage is not taken for what was missed in it', async () => {
  let fail = (): void => reader.fail();
  const reader = new LogReader({ read: async () => snapshot } as Partial<RecoveryStore> as RecoveryStore, async () => {
    // Redis has answered; the barrier waits through the outage, and passes after it.
    fail();
    fail = () => {};
  });
  await expect(reader.read(new Map())).rejects.toThrow('the connection failed in the meantime');
  await expect(reader.read(new Map())).resolves.toBe(snapshot);
});
