/**
 * Rooms at scale, in memory: the adapters alone, with sockets that only count. 100,000 rooms of one member, and one room
 * of 100,000; a tenth of each before it, to show whether the cost of one stays what it was.
 */
import assert from 'node:assert/strict';
import { percentile } from '../report/statistics.mjs';

const SIZES = [10_000, 100_000];
const ROUNDS = 5;

const text = (size) => size.toLocaleString('en');

export const standalone = true;
export const implementations = ['carillon', 'socket.io'];
export const rows = SIZES.flatMap((size) => [
  { id: `scale-rooms-${size}`, title: `${text(size)} rooms of one: join, emit to it, leave`, unit: 'ns/room' },
  { id: `scale-members-${size}`, title: `one room of ${text(size)}: emit to all`, unit: 'ns/member' },
]);

let delivered = 0;

/** Both adapters hand a socket an encoded packet in their own way. */
class CountingSocket {
  constructor(id) {
    this.id = id;
    this.client = this;
  }
  deliver() {
    delivered++;
  }
  writeToEngine() {
    delivered++;
  }
  notifyOutgoingListeners() {}
}

async function createAdapter(implementation, sockets) {
  const encoder = { encode: (packet) => [`2${JSON.stringify(packet.data)}`] };
  const namespace = { name: '/', sockets, server: { encoder, _opts: {}, opts: {} }, _ids: 0 };
  if (implementation === 'carillon') {
    const { MemoryAdapter } = await import('../../dist/core/index.js');
    return new MemoryAdapter(namespace);
  }
  const { Adapter } = await import('socket.io-adapter');
  return new Adapter(namespace);
}

/** Nanoseconds of this process's CPU time per unit: the best of some rounds, the first of which only warm up. */
function cost(units, round) {
  const costs = [];
  for (let index = 0; index < ROUNDS; index++) {
    const before = process.cpuUsage();
    round();
    const { user, system } = process.cpuUsage(before);
    costs.push(((user + system) * 1000) / units);
  }
  return percentile(Float64Array.from(costs).sort(), 50);
}

export async function drive(bench) {
  const to = (room) => ({ rooms: new Set([room]), except: new Set(), flags: {} });
  const packet = () => ({ type: 2, nsp: '/', data: ['news', 1] });
  for (const size of SIZES) {
    if (!bench.wants(`scale-rooms-${size}`) && !bench.wants(`scale-members-${size}`)) continue;
    const sockets = new Map(Array.from({ length: size }, (_, index) => [`m${index}`, new CountingSocket(`m${index}`)]));
    const ids = [...sockets.keys()];
    const adapter = await createAdapter(bench.implementation, sockets);
    for (const id of ids) adapter.addAll(id, new Set([id, 'all']));
    const rooms = cost(size, () => {
      delivered = 0;
      for (const id of ids) adapter.addAll(id, new Set([`room ${id}`]));
      for (const id of ids) adapter.broadcast(packet(), to(`room ${id}`));
      for (const id of ids) adapter.del(id, `room ${id}`);
      assert.equal(delivered, size);
    });
    bench.publish(`scale-rooms-${size}`, { cost: rooms });
    const members = cost(size * 10, () => {
      delivered = 0;
      for (let emit = 0; emit < 10; emit++) adapter.broadcast(packet(), to('all'));
      assert.equal(delivered, size * 10);
    });
    bench.publish(`scale-members-${size}`, { cost: members });
  }
}
