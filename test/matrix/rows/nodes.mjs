// The same program on each supported version of Node.js.
import { nodeBinary } from '../place.mjs';

const program = `
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Server } from 'carillon';
import { io as connect } from 'carillon/client';
const required = createRequire(import.meta.url)('carillon');
const http = createServer();
const io = new Server(http);
if (!(io instanceof required.Server)) throw new Error('import and require give different classes');
io.on('connection', (socket) => socket.on('hello', (name, bytes, ack) => ack('hello ' + name, bytes)));
http.listen(0);
await once(http, 'listening');
for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
  const socket = connect('http://localhost:' + http.address().port, { transports, forceNew: true });
  const [answer, bytes] = await new Promise((resolve) => socket.emit('hello', 'world', Buffer.from([1, 2]), (...all) => resolve(all)));
  if (answer !== 'hello world' || Buffer.from(bytes).length !== 2) throw new Error('answered ' + answer + ' over ' + transports);
  socket.close();
}
await io.close();
console.log('fine');
`;

const row = (version) => ({
  name: `Node.js ${version}`,
  area: 'runtimes',
  async run(place) {
    const node = await nodeBinary(version);
    await place.install('carillon');
    await serves(place, node.binary);
    return { versions: { node: node.version } };
  },
});

async function serves(place, node) {
  place.write('main.mjs', program);
  const output = await place.run('node main.mjs', { node });
  if (output !== 'fine\n') throw new Error(output);
}

export default [
  {
    name: 'the Node.js that runs the tests',
    area: 'runtimes',
    share: true,
    async run(place) {
      await place.link('carillon');
      await serves(place);
    },
  },
  ...['20.19', '22', '24', '26'].map(row),
];
