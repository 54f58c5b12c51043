// carillon under the names of socket.io and socket.io-client, below packages that ask for them.
import { packed } from '../../support/packed.mjs';

/** Installs packages that depend on socket.io or its client, and has them get ours. */
async function installOver(place, ...names) {
  const { tarball, clientTarball } = await packed();
  const overrides = { 'socket.io': `file:${tarball}`, 'socket.io-client': `file:${clientTarball}` };
  place.write('package.json', { private: true, dependencies: overrides, overrides });
  await place.install(...names);
  const where = await place.run('npm ls --all --parseable --long socket.io socket.io-client || true');
  const others = where.split('\n').filter((line) => /node_modules\/socket\.io(-client)?:/.test(line));
  const foreign = others.filter((line) => !/:carillon(-client)?@/.test(line));
  if (others.length === 0 || foreign.length > 0) throw new Error(`socket.io is not ours everywhere:\n${where}`);
}

const dependent = (name, packages, program) => ({
  name,
  area: 'alias',
  async run(place) {
    await installOver(place, ...packages);
    place.write('main.cjs', `${PRELUDE}\n${program}`);
    const output = await place.run('node main.cjs', { limit: 60_000 });
    if (!/^fine$/m.test(output)) throw new Error(output);
  },
});

/** Listening servers, waiting, and an end whatever the package leaves open. */
const PRELUDE = `
const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { io: connect } = require('socket.io-client');
process.on('unhandledRejection', (error) => { console.error(error); process.exit(1); });
const heard = (emitter, event) => new Promise((resolve) => emitter.once(event, (...all) => resolve(all)));
const fine = () => { console.log('fine'); process.exit(0); };
const listening = async (server) => { server.listen(0); await once(server, 'listening'); return 'http://localhost:' + server.address().port; };
`;

const NAMES = `
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { Namespace, Server, Socket } from 'socket.io';
import callable from 'socket.io';
import connect, { io, Manager } from 'socket.io-client';
const require = createRequire(import.meta.url);
const required = require('socket.io');
assert.equal(required.Server, Server);
assert.equal(required.Socket, Socket);
assert.equal(required.Namespace, Namespace);
assert.equal(required.default, callable);
const http = createServer();
const server = required(http);
assert.ok(server instanceof Server);
assert.equal(require('socket.io-client'), connect);
assert.equal(require('socket.io-client').io, io);
assert.equal(typeof Manager, 'function');
assert.match(require.resolve('socket.io-client/dist/socket.io.js'), /socket\\.io\\.js$/);
server.on('connection', (socket) => socket.emit('hello', 'world'));
http.listen(0, () => {
  const socket = require('socket.io-client')('http://localhost:' + http.address().port);
  socket.on('hello', (text) => {
    console.log(text);
    socket.close();
    server.close();
  });
});
`;

/** Prints the spans of one event and its answers. */
const TRACED = `
const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { SocketIoInstrumentation } = require('@opentelemetry/instrumentation-socket.io');
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
registerInstrumentations({ tracerProvider: provider, instrumentations: [new SocketIoInstrumentation()] });
const { Server } = require('socket.io');
const { io: connect } = require('socket.io-client');
const http = require('node:http').createServer();
const io = new Server(http);
io.on('connection', (socket) => {
  socket.on('hello', (answer) => {
    socket.emit('welcome', 1);
    io.to('room').emit('all');
    answer();
  });
});
http.listen(0, () => {
  connect('http://localhost:' + http.address().port).emit('hello', () => {
    const spans = exporter.getFinishedSpans().map(({ name, kind, attributes }) => [name, kind, attributes]);
    const text = (span) => JSON.stringify(span).replace(/[\\w-]{20}/, 'the id of the socket');
    console.log(JSON.stringify(spans.map(text).sort()));
    process.exit(0);
  });
});
`;

export default [
  {
    name: '`require`, `import`, and the names they give',
    area: 'alias',
    share: true,
    async run(place) {
      await place.link('carillon', 'socket.io=carillon', 'socket.io-client=carillon-client');
      place.write('main.mjs', NAMES);
      const output = await place.run('node main.mjs');
      if (output !== 'world\n') throw new Error(output);
    },
  },
  dependent(
    'karma',
    ['karma@6'],
    `
    const { Server, config } = require('karma');
    config.parseConfig(null, { port: 9876, browsers: [], logLevel: 'OFF', reporters: [] }, { promiseConfig: true, throwOnError: true }).then(async (parsed) => {
      const server = new Server(parsed, () => {});
      await Promise.all([heard(server, 'listening'), server.start()]);
      const url = 'http://localhost:' + server.get('config').port;
      assert.equal((await fetch(url + '/socket.io/socket.io.js')).status, 200);
      const socket = connect(url, { path: '/socket.io' });
      await heard(socket, 'connect');
      const registered = heard(server, 'browser_register');
      socket.emit('register', { id: '42', name: 'Chrome', isSocketReconnect: false });
      assert.equal((await registered)[0].id, '42');
      fine();
    });`,
  ),
  dependent(
    'browser-sync',
    ['browser-sync@3'],
    `
    const bs = require('browser-sync').create();
    bs.init({ server: __dirname, open: false, ui: false, logLevel: 'silent', online: false, notify: false, ghostMode: false }, async () => {
      const url = bs.getOption('urls').get('local');
      const socket = connect(url + '/browser-sync', { path: '/browser-sync/socket.io' });
      await heard(socket, 'connection');
      const reloaded = heard(socket, 'browser:reload');
      bs.reload();
      await reloaded;
      fine();
    });`,
  ),
  dependent(
    '@feathersjs/socketio and its client',
    ['@feathersjs/feathers@5', '@feathersjs/koa@5', '@feathersjs/socketio@5', '@feathersjs/socketio-client@5'],
    `
    const { feathers } = require('@feathersjs/feathers');
    const { koa } = require('@feathersjs/koa');
    const socketio = require('@feathersjs/socketio');
    const client = require('@feathersjs/socketio-client');
    (async () => {
      const app = koa(feathers());
      app.configure((socketio.default ?? socketio)());
      app.use('messages', { create: async (data) => ({ id: 1, ...data }), get: async (id) => ({ id }) });
      app.on('connection', (connection) => app.channel('all').join(connection));
      app.service('messages').publish(() => app.channel('all'));
      const server = await app.listen(0);
      if (!server.listening) await once(server, 'listening');
      const remote = feathers().configure((client.default ?? client)(connect('http://localhost:' + server.address().port)));
      const created = heard(remote.service('messages'), 'created');
      assert.deepEqual(await remote.service('messages').create({ text: 'hello' }), { id: 1, text: 'hello' });
      assert.deepEqual((await created)[0], { id: 1, text: 'hello' });
      fine();
    })();`,
  ),
  dependent(
    'moleculer-io',
    ['moleculer@0.14', 'moleculer-io@2'],
    `
    const { ServiceBroker } = require('moleculer');
    const broker = new ServiceBroker({ logger: false });
    broker.createService({ name: 'math', actions: { add: (context) => Number(context.params.a) + Number(context.params.b) } });
    const service = broker.createService({ name: 'io', mixins: [require('moleculer-io')], settings: { port: 0 } });
    broker.start().then(async () => {
      const server = service.server ?? service.io.httpServer;
      if (!server.listening) await once(server, 'listening');
      const socket = connect('http://localhost:' + server.address().port);
      const answer = await new Promise((resolve, reject) =>
        socket.emit('call', 'math.add', { a: 2, b: 3 }, (error, result) => (error ? reject(error) : resolve(result))));
      assert.equal(answer, 5);
      fine();
    });`,
  ),
  dependent(
    'y-socket.io, server and client',
    ['yjs@13', 'y-socket.io@1'],
    `
    const Y = require('yjs');
    const { YSocketIO } = require('y-socket.io/dist/server');
    const { SocketIOProvider } = require('y-socket.io');
    const { Server } = require('socket.io');
    (async () => {
      const server = http.createServer();
      const io = new Server(server);
      new YSocketIO(io).initialize();
      const url = await listening(server);
      const docs = [new Y.Doc(), new Y.Doc()];
      const providers = docs.map((doc) => new SocketIOProvider(url, 'room', doc, { disableBc: true }));
      await Promise.all(providers.map((provider) => heard(provider, 'sync')));
      const text = docs[1].getText('text');
      const changed = new Promise((resolve) => text.observe(resolve));
      docs[0].getText('text').insert(0, 'hello');
      await changed;
      assert.equal(text.toString(), 'hello');
      fine();
    })();`,
  ),
  dependent(
    '@socket.io/admin-ui',
    ['@socket.io/admin-ui'],
    `
    const { instrument } = require('@socket.io/admin-ui');
    (async () => {
      const server = http.createServer();
      const io = require('socket.io')(server);
      instrument(io, { auth: false, mode: 'development' });
      const url = await listening(server);
      const admin = connect(url + '/admin');
      const config = heard(admin, 'config');
      const all = heard(admin, 'all_sockets');
      assert.ok((await config)[0].supportedFeatures.includes('ALL_EVENTS'));
      await all;
      const connected = heard(admin, 'socket_connected');
      const socket = connect(url, { forceNew: true });
      await heard(socket, 'connect');
      assert.equal((await connected)[0].id, socket.id);
      fine();
    })();`,
  ),
  {
    name: 'OpenTelemetry records what it records on socket.io',
    area: 'alias',
    async run(place) {
      const telemetry = ['api', 'sdk-trace-node', 'sdk-trace-base', 'instrumentation', 'instrumentation-socket.io'];
      const names = telemetry.map((name) => `@opentelemetry/${name}`);
      place.write('main.cjs', TRACED);
      await place.install(...names, 'socket.io@4.8.4', 'socket.io-client@4.8.4');
      const wanted = await place.run('node main.cjs', { limit: 60_000 });
      await place.install('carillon', 'socket.io@carillon-socket.io');
      const spans = await place.run('node main.cjs', { limit: 60_000 });
      if (JSON.parse(wanted).length < 4 || spans !== wanted) throw new Error(`${wanted}${spans}`);
    },
  },
];
