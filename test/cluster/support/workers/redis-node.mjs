// A server of ours in a process of its own, over Redis, to be killed: `redis-node.mjs <Redis port> <options as JSON>`.
import { Redis } from 'ioredis';
import { createAdapter } from '../../../../dist/core/adapters/redis/index.js';
import { Server } from '../../../../dist/core/index.js';

const [port, options] = process.argv.slice(2);
const adapter = createAdapter(new Redis(Number(port)), new Redis(Number(port)), {
  mode: 'native',
  ...JSON.parse(options),
});
const io = new Server(0, { adapter });
await adapter.node.ready;
process.send({ port: io.httpServer.address().port, id: adapter.node.id });
// Until it dies, it does what it can: everybody hears from it all the time.
let number = 0;
const chatter = () => {
  io.emit('from the other', number++);
  setImmediate(chatter);
};
process.once('message', chatter);
