/** One node of a cluster, told by its parent what to do: `node.mjs <variant> <Redis port>`. */
import { createServer } from 'node:http';
import { variants } from './variants.mjs';

const [name, redisPort] = process.argv.slice(2);
const variant = variants[name];
const BURST = 50;
/** 120 bytes on the wire. */
const text = 'x'.repeat(120 - '42["event",12345,""]'.length);

const httpServer = createServer();
const io = await variant.serve(httpServer, await variant.connect(Number(redisPort)));
// The first client of a node is in a room of its own: nobody on another node is.
io.on('connection', (socket) => {
  socket.join(`of ${process.pid}`);
});

/** So many emits, in bursts of one turn each; `pause` milliseconds apart, or turn after turn. */
function emit({ count, pause }, target) {
  return new Promise((resolve) => {
    let sent = 0;
    const burst = () => {
      for (let i = 0; i < BURST; i++) target.emit('event', 10_000 + sent++, text);
      if (sent >= count) resolve();
      else if (pause > 0) setTimeout(burst, pause);
      else setImmediate(burst);
    };
    burst();
  });
}

const actions = {
  cpu: () => process.cpuUsage(),
  emit: (settings) => emit(settings, io),
  emitToOwnRoom: (settings) => emit(settings, io.to(`of ${process.pid}`)),
};

process.on('message', async ({ id, action, ...args }) => {
  process.send({ id, result: await actions[action](args) });
});
httpServer.listen(0, '127.0.0.1', () => process.send({ port: httpServer.address().port }));
process.on('disconnect', () => process.exit());
