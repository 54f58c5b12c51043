// What is kept at a bound, measured and counted, in a process of its own. Prints one line of JSON.
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../../../dist/core/clock.js';
import { RetryMemories } from '../../../dist/core/extensions/retries/memories.js';
import { Server } from '../../../dist/core/index.js';
import { Prepared } from '../../../dist/core/protocol/prepared.js';

const MAX_BYTES = 10_000_000;

async function memory() {
  for (let i = 0; i < 4; i++) {
    await turn();
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Clients that come, have so many events answered, and go: until the bound is reached, and as many again. */
function retries(events, answer, addresses) {
  return async (count) => {
    const memories = new RetryMemories(
      { maxDisconnectionDuration: 1e9, maxBytes: MAX_BYTES, maxKeysPerAddress: 1e9, maxKeysPerConnection: 1 },
      systemClock,
    );
    let clients = 0;
    for (let full = false; clients < count; clients++) {
      const holder = { deliver() {}, conn: { close() {} } };
      const key = Buffer.from(`client ${clients}`.padStart(24)).toString('hex').slice(-40);
      const memory = memories.attach(key, holder, addresses ? `10.0.0.${clients}` : '10.0.0.1');
      for (let id = 0; id < events; id++) {
        memory.admit(id);
        memory.claim(id);
        memory.answer(id, Prepared.message([JSON.stringify([answer + id])]));
      }
      memories.detach(memory, holder);
      if (!full && memories.heldBytes > MAX_BYTES * 0.93) {
        full = true;
        count = Math.min(count, 2 * clients);
      }
    }
    return memories;
  };
}

function recovery(emit) {
  return async (count) => {
    const io = new Server({ connectionStateRecovery: { maxBytes: MAX_BYTES } });
    const { adapter } = io.sockets;
    for (let i = 0, full = false; i < count; i++) {
      emit(io, i);
      if (i % 500 === 0) await turn();
      if (!full && adapter.heldBytes > MAX_BYTES * 0.97) {
        full = true;
        count = Math.min(count, 2 * i);
      }
    }
    return adapter;
  };
}

const cases = {
  'retries, one small answer each, many addresses': retries(1, 'a', true),
  'retries, 128 small answers each': retries(128, 'a', false),
  'retries, answers of two-byte text': retries(10, 'ж'.repeat(500), false),
  'recovery, small events': recovery((io, i) => io.emit('event', i)),
  'recovery, events for rooms': recovery((io, i) => io.to(['a', `room ${i}`]).emit('event', i)),
  'recovery, text of 1000 characters': recovery((io) => io.emit('event', 'y'.repeat(1000))),
  'recovery, small pieces of large buffers': recovery((io) =>
    io.emit('event', new Uint8Array(new ArrayBuffer(65_536), 100, 100)),
  ),
  'recovery, binary of 10 KB': recovery((io) => io.emit('event', Buffer.alloc(10_000))),
};

const results = {};
for (const [name, run] of Object.entries(cases)) {
  await run(50);
  const before = await memory();
  const kept = await run(100_000);
  results[name] = { measured: (await memory()) - before, counted: kept.heldBytes, bound: MAX_BYTES };
}
process.stdout.write(JSON.stringify(results));
process.exit();
