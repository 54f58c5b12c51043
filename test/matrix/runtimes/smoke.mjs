// What a program does with a server and a client, on whatever runtime runs this file: Node.js, Bun, Deno.
//
//   node smoke.mjs <folder of the package> [name of a check…]
//
// Prints a line for each check, then `N passed, N failed`; ends with code 1 when one failed. Needs nothing but the
// package: where the entries of the package are is read from its exports.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [root, ...wanted] = process.argv.slice(2);
const entries = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports;

/** An entry as this runtime finds it: by the condition `node`, which all of them set. */
function load(name) {
  let target = entries[name];
  while (typeof target === 'object') target = target.node ?? target.import ?? target.default;
  return import(pathToFileURL(join(root, target)).href);
}

const { Server } = await load('.');
const { io: connect } = await load('./client');

const cleanups = [];

async function serve(options = {}) {
  const http = createServer();
  const io = new Server(http, options);
  const connections = new Set();
  http.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  cleanups.push(() => io.close());
  return { io, http, url: `http://127.0.0.1:${http.address().port}`, connections };
}

function client(url, options = {}) {
  const socket = connect(url, { forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 20, ...options });
  cleanups.push(() => socket.disconnect());
  return socket;
}

/** The arguments of an event, of an emitter of either side. */
const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

/** A server, a client, and the server's socket for it. */
async function pair(transports, serverOptions = {}, clientOptions = {}) {
  const server = await serve(serverOptions);
  const arrival = next(server.io, 'connection');
  const own = client(server.url, { transports, ...clientOptions });
  own.on('connect_error', (error) => process.stderr.write(`connect_error: ${error.message}, ${error.description}\n`));
  const [[socket]] = await Promise.all([arrival, next(own, 'connect')]);
  return { ...server, client: own, socket };
}

const checks = {};
for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
  const name = transports.join(', then ');
  const check = (text, run) => {
    checks[`${name}: ${text}`] = run;
  };

  check('events with arguments of all kinds, both ways', async () => {
    const { client, socket, io } = await pair(transports);
    const args = ['ä€😀', 1.5, null, true, { a: [1, { b: 'c' }] }, []];
    const there = next(socket, 'there');
    client.emit('there', ...args);
    assert.deepEqual(await there, args);
    const back = next(client, 'back');
    assert.equal(socket.emit('back', ...args), true);
    assert.deepEqual(await back, args);
    const all = next(client, 'all');
    assert.equal(io.emit('all', 1), true);
    assert.deepEqual(await all, [1]);
  });

  check('binary, both ways', async () => {
    const { client, socket } = await pair(transports);
    const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 256);
    const there = next(socket, 'there');
    client.emit('there', bytes, { inside: [bytes.buffer] });
    const [first, { inside }] = await there;
    assert.deepEqual([new Uint8Array(first), new Uint8Array(inside[0])], [bytes, bytes]);
    const back = next(client, 'back');
    socket.emit('back', Buffer.from(bytes), 'text');
    const [received, text] = await back;
    assert.deepEqual([new Uint8Array(received), text], [bytes, 'text']);
  });

  check('acknowledgements, both ways', async () => {
    const { client, socket } = await pair(transports);
    socket.on('double', (value, answer) => answer(value * 2, new Uint8Array([value])));
    client.on('half', (value, answer) => answer(value / 2));
    const answer = await new Promise((resolve) => client.emit('double', 21, (...args) => resolve(args)));
    assert.deepEqual([answer[0], [...new Uint8Array(answer[1])]], [42, [21]]);
    assert.equal(await socket.emitWithAck('half', 42), 21);
    await assert.rejects(client.timeout(30).emitWithAck('nobody answers'), /timed out/);
    await assert.rejects(socket.timeout(30).emitWithAck('nobody answers'), /timed out/);
  });

  check('half a megabyte', async () => {
    const { client, socket } = await pair(transports);
    socket.on('echo', (value, answer) => answer(value));
    const text = 'x'.repeat(500_000);
    assert.equal(await client.emitWithAck('echo', text), text);
    const bytes = new Uint8Array(500_000).fill(7);
    assert.deepEqual(new Uint8Array(await client.emitWithAck('echo', bytes)), bytes);
  });

  check('rooms and namespaces', async () => {
    const { client: own, socket, io, url } = await pair(transports);
    const arrival = next(io.of('/other'), 'connection');
    const other = client(`${url}/other`, { transports });
    const [peer] = await arrival;
    await next(other, 'connect');
    socket.join('room');
    peer.join('room');
    const seen = [];
    own.on('x', (value) => seen.push(`own ${value}`));
    other.on('x', (value) => seen.push(`other ${value}`));
    const last = Promise.all([next(own, 'last'), next(other, 'last')]);
    io.to('room').emit('x', 1);
    io.of('/other').to('room').emit('x', 2);
    io.except('room').emit('x', 3);
    socket.broadcast.emit('x', 4);
    io.emit('last');
    io.of('/other').emit('last');
    await last;
    assert.deepEqual(seen.sort(), ['other 2', 'own 1']);
    assert.deepEqual(
      await io
        .to('room')
        .fetchSockets()
        .then((sockets) => sockets.map(({ id }) => id)),
      [own.id],
    );
  });

  check('a refusal with data', async () => {
    const server = await serve();
    server.io.use((socket, proceed) => {
      proceed(socket.handshake.auth.token === 1 ? undefined : Object.assign(new Error('no'), { data: { code: 7 } }));
    });
    const refused = client(server.url, { transports });
    const [error] = await next(refused, 'connect_error');
    assert.deepEqual([error.message, error.data, refused.active], ['no', { code: 7 }, false]);
    await next(client(server.url, { transports, auth: { token: 1 } }), 'connect');
  });

  check('disconnections from either side', async () => {
    const { client, socket, io } = await pair(transports);
    const there = next(socket, 'disconnect');
    client.disconnect();
    assert.equal((await there)[0], 'client namespace disconnect');
    const arrival = next(io, 'connection');
    client.connect();
    const [again] = await arrival;
    await next(client, 'connect');
    const here = next(client, 'disconnect');
    again.disconnect(true);
    assert.equal((await here)[0], 'io server disconnect');
    assert.equal(client.active, false);
  });

  check('heartbeats keep it, and a cut connection comes back', async () => {
    const { client, io, connections } = await pair(transports, { pingInterval: 40, pingTimeout: 2000 });
    io.on('connection', (socket) => socket.on('echo', (value, answer) => answer(value)));
    await next(client.io, 'ping');
    await next(client.io, 'ping');
    assert.equal(client.connected, true);
    const lost = next(client, 'disconnect');
    const back = next(io, 'connection');
    for (const socket of connections) socket.destroy();
    if (transports[0] === 'polling') {
      // Between two requests nothing is lost; a request that is cut is an error, as it is with Socket.IO.
      const kept = next(client.io, 'ping').then(() => ['kept']);
      const [reason] = await Promise.race([lost, kept]);
      assert.match(reason, /^(kept|transport error|transport close)$/);
      if (reason === 'kept') return;
    } else {
      const [reason, details] = await lost;
      assert.deepEqual([reason, details.context.code], ['transport close', 1006]);
    }
    await back;
    assert.equal(await client.emitWithAck('echo', 1), 1);
  });

  check('headers of the application', async () => {
    const { socket } = await pair(transports, {}, { extraHeaders: { 'X-Token': 'secret' }, query: { a: 'b c' } });
    assert.equal(socket.handshake.headers['x-token'], 'secret');
    assert.equal(socket.handshake.query.a, 'b c');
  });

  check('a refused handshake says why', async () => {
    const { url, http } = await serve({ allowRequest: (_request, callback) => callback('not today', false) });
    const refused = client(url, { transports });
    const [error] = await next(refused, 'connect_error');
    assert.match(String(error.description), /403.*not today/);
    http.removeAllListeners('request');
  });

  check('the server ends', async () => {
    const { client, io } = await pair(transports, {}, { reconnection: false });
    const lost = next(client, 'disconnect');
    await io.close();
    assert.equal((await lost)[0], 'transport close');
  });
}

checks['the upgrade'] = async () => {
  const { client, socket } = await pair(['polling', 'websocket']);
  const { engine } = client.io;
  if (engine.transport.name !== 'websocket') await next(engine, 'upgrade');
  assert.equal(engine.transport.name, 'websocket');
  if (socket.conn.transport.name !== 'websocket') await next(socket.conn, 'upgrade');
  socket.on('echo', (value, answer) => answer(value));
  assert.equal(await client.emitWithAck('echo', 'after'), 'after');
};

checks['WebSocket is what it begins with, and polling where that is not to be had'] = async () => {
  const first = await pair(undefined);
  assert.equal(first.client.io.engine.transport.name, 'websocket');
  const second = await pair(undefined, { transports: ['polling'] });
  assert.equal(second.client.io.engine.transport.name, 'polling');
};

checks['compressed WebSocket messages'] = async () => {
  const { client, socket } = await pair(
    ['websocket'],
    { perMessageDeflate: { threshold: 10 } },
    { perMessageDeflate: { threshold: 10 } },
  );
  socket.on('echo', (value, answer) => answer(value));
  const text = 'abc'.repeat(10_000);
  assert.equal(await client.emitWithAck('echo', text), text);
};

checks['what a listener throws or rejects is reported, and all goes on'] = async () => {
  const { client, socket, io } = await pair(['websocket']);
  const errors = [];
  io.on('listener_error', (error) => errors.push(error.message));
  socket.on('throws', () => {
    throw new Error('thrown');
  });
  socket.on('rejects', async () => {
    throw new Error('rejected');
  });
  socket.on('echo', (value, answer) => answer(value));
  client.emit('throws');
  client.emit('rejects');
  assert.equal(await client.emitWithAck('echo', 1), 1);
  while (errors.length < 2) await next(io, 'listener_error');
  assert.deepEqual(errors.sort(), ['rejected', 'thrown']);
};

checks['connection state recovery'] = async () => {
  const { client, socket, io } = await pair(['websocket'], { connectionStateRecovery: {} });
  const first = next(client, 'first');
  socket.emit('first');
  await first;
  const missed = next(client, 'missed');
  const gone = next(socket, 'disconnect');
  const { id } = client;
  client.io.engine.close();
  await gone;
  io.emit('missed', 1);
  assert.deepEqual((await missed)[0], 1);
  assert.deepEqual([client.recovered, client.id], [true, id]);
};

checks['sockets, namespaces and the server are event emitters'] = async () => {
  const { socket, io } = await pair(['websocket']);
  for (const emitter of [socket, io.sockets, io.engine, socket.conn]) assert.ok(emitter instanceof EventEmitter);
  const heard = [];
  io.of('/').on('local', (value) => heard.push(value));
  assert.equal(EventEmitter.prototype.emit.call(io.of('/'), 'local', 1), true);
  assert.deepEqual(heard, [1]);
};

checks['the client files are served'] = async () => {
  const { url } = await serve();
  const response = await fetch(`${url}/socket.io/socket.io.min.js`);
  assert.deepEqual([response.status, (await response.text()).includes('websocket')], [200, true]);
};

let failed = 0;
const names = Object.keys(checks).filter((name) => !wanted.length || wanted.some((each) => name.includes(each)));
for (const name of names) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('not done in 15 s')), 15_000);
  });
  try {
    await Promise.race([checks[name](), limit]);
    process.stdout.write(`ok      ${name}\n`);
  } catch (error) {
    failed++;
    process.stdout.write(`FAILED  ${name}\n        ${String(error?.stack ?? error).replaceAll('\n', '\n        ')}\n`);
  } finally {
    clearTimeout(timer);
    // Not waited for: what does not end has been reported by the check that is about ends.
    for (const cleanup of cleanups.splice(0).reverse()) Promise.resolve(cleanup()).catch(() => {});
  }
}
process.stdout.write(`${names.length - failed} passed, ${failed} failed\n`);
process.exit(failed || !names.length ? 1 : 0);
