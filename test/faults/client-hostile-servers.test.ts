import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { type WebSocket, WebSocketServer } from 'ws';
import { cleanUp, defer, listen } from './support/servers.js';

afterEach(cleanUp);

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What the server sends to a client that has joined. */
const floods: [string, (socket: WebSocket) => void][] = [
  ['an event with 480,000 arguments', (socket) => socket.send(`42["x"${',1'.repeat(480_000)}]`)],
  ['an acknowledgement with 480,000 arguments', (socket) => socket.send(`430[1${',1'.repeat(480_000)}]`)],
  ['an event 100,000 levels deep', (socket) => socket.send(`42["x",${'['.repeat(100_000)}${']'.repeat(100_000)}]`)],
  ['an event of another namespace', (socket) => socket.send('42/nobody,["x"]')],
  ['an acknowledgement nobody waits for', (socket) => socket.send('43999[1]')],
  ['a reserved name', (socket) => socket.send('42["disconnect"]')],
  [
    'an attachment that does not exist',
    (socket) => {
      socket.send('451-["x",{"_placeholder":true,"num":5}]');
      socket.send(Buffer.from('x'));
    },
  ],
  ['an attachment nobody asked for', (socket) => socket.send(Buffer.from('x'))],
  ['a name of Object.prototype', (socket) => socket.send('42["__proto__",{"__proto__":{"polluted":1}}]')],
  ['no JSON', (socket) => socket.send('42["x",')],
  ['no packet', (socket) => socket.send('zzz')],
  ['a second handshake', (socket) => socket.send('0{"sid":"b"}')],
];

/** A program that listens, waits for answers, and says what it has seen once the server lets it. */
const program = (entry: string, url: string) => `
const { io } = await import(${JSON.stringify(`${root}dist/core/client/${entry}`)});
const socket = io(${JSON.stringify(url)}, { transports: ['websocket'], reconnectionDelay: 1, reconnectionDelayMax: 1 });
let connections = 0;
socket.on('x', () => {}).once('x', () => {});
socket.onAny(() => {});
socket.on('connect', () => {
  connections++;
  socket.emit('question', () => {});
});
socket.on('done', () => {
  console.log(JSON.stringify({ connections, polluted: {}.polluted ?? null }));
  process.exit();
});`;

// The entry of browsers needs the global WebSocket, which Node 20 has behind a flag.
describe.each([['node.js'], ['index.js']])('a server that sends nonsense to core/client/%s', (entry) => {
  test('the process lives, whatever it sends, and connects again', async () => {
    const http = createServer();
    const sockets = new WebSocketServer({ server: http });
    let next = 0;
    sockets.on('connection', (socket) => {
      socket.on('error', () => {});
      const handshake = { sid: 'a', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1e6 };
      socket.send(`0${JSON.stringify(handshake)}`);
      socket.on('message', (data) => {
        const text = String(data);
        if (text.startsWith('40')) socket.send('40{"sid":"b"}');
        if (!text.startsWith('42')) return;
        // What closes the connection brings the client back for the next; after what does not, it is closed here.
        const flood = floods[next++];
        if (!flood) return socket.send('42["done"]');
        flood[1](socket);
        socket.close();
      });
    });
    const url = `http://127.0.0.1:${await listen(http)}`;
    defer(() => sockets.close());
    const child = spawn(
      process.execPath,
      ['--experimental-websocket', '--input-type=module', '--eval', program(entry, url)],
      { env: { ...process.env, NODE_OPTIONS: '' } },
    );
    defer(() => child.kill('SIGKILL'));
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, err: /Error/.test(err) ? err : '', next, died: floods[next - 1]?.[0] }).toEqual({
      code: 0,
      err: '',
      next: floods.length + 1,
      died: undefined,
    });
    expect(JSON.parse(out)).toEqual({ connections: floods.length + 1, polluted: null });
  });
});
