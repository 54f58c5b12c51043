// What a test of a page does with the client, under Jest and Vitest, in jsdom and in happy-dom.
const url = process.env.CARILLON_URL;
const kind = process.env.CARILLON_DOM;
const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const plain = (data) => Array.from(new Uint8Array(data));
let sockets = [];

function client(path, options) {
  const socket = connect(url + path, { forceNew: true, ...options });
  sockets.push(socket);
  return socket;
}

async function connected(options) {
  const socket = client('/', { auth: { token: 'secret' }, ...options });
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', (error) => reject(new Error(`${error.message}: ${error.description}`)));
  });
  return socket;
}

afterEach(() => {
  for (const socket of sockets) socket.disconnect();
  sockets = [];
});

test('the environment is what it is meant to be', () => {
  expect(typeof window).toBe('object');
  expect(navigator.userAgent.toLowerCase().replace('-', '')).toContain(kind);
  const { io } = client('/', { autoConnect: false });
  io.open();
  expect(io.engine.binaryType).toBe(process.env.CARILLON_BINARY);
  io.engine.close();
});

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket'], ['websocket', 'polling']]) {
  describe(transports.join(', then '), () => {
    test('connects, and hears events with binary', async () => {
      const socket = client('/', { transports, auth: { token: 'secret' } });
      const [auth, { inside }] = await next(socket, 'welcome');
      expect(auth).toEqual({ token: 'secret' });
      expect(plain(inside)).toEqual([98, 121, 116, 101, 115]);
    });

    test('acknowledgements and binary, both ways', async () => {
      const socket = await connected({ transports });
      // An upgrade may have been faster.
      expect(transports).toContain(socket.io.engine.transport.name);
      expect(await socket.emitWithAck('echo', { text: 'ä€😀', list: [1, null] })).toEqual({
        text: 'ä€😀',
        list: [1, null],
      });
      expect(plain(await socket.emitWithAck('echo', Uint8Array.of(1, 2, 255)))).toEqual([1, 2, 255]);
      expect(plain(await socket.emitWithAck('echo', Uint8Array.of(4, 5, 6).buffer))).toEqual([4, 5, 6]);
      const { deep } = await socket.emitWithAck('echo', { deep: [new DataView(Uint8Array.of(7, 8).buffer)] });
      expect(plain(deep[0])).toEqual([7, 8]);
      expect(plain(await socket.emitWithAck('echo', new Blob(['abc'])))).toEqual([97, 98, 99]);
    });

    test('200 KB', async () => {
      const socket = await connected({ transports });
      const text = 'x'.repeat(200_000);
      expect((await socket.emitWithAck('echo', text)) === text).toBe(true);
    });

    test('a refusal, and the ends from either side', async () => {
      const [error] = await next(client('/refused', { transports }), 'connect_error');
      expect([error.message, error.data]).toEqual(['no', { code: 7 }]);
      const socket = await connected({ transports });
      const gone = next(socket, 'disconnect');
      socket.emit('leave');
      expect((await gone)[0]).toBe('io server disconnect');
      socket.connect();
      await next(socket, 'connect');
      const left = next(socket, 'disconnect');
      socket.disconnect();
      expect((await left)[0]).toBe('io client disconnect');
    });
  });
}

test('the upgrade', async () => {
  const socket = await connected({ transports: ['polling', 'websocket'] });
  if (socket.io.engine.transport.name !== 'websocket') await next(socket.io.engine, 'upgrade');
  expect(socket.io.engine.transport.name).toBe('websocket');
  expect(await socket.emitWithAck('echo', 'after')).toBe('after');
});

test.each(['websocket', 'polling'])('nobody is there: %s', async (transport) => {
  const socket = connect('http://127.0.0.1:9', { forceNew: true, transports: [transport], reconnection: false });
  sockets.push(socket);
  const [error] = await next(socket, 'connect_error');
  expect(error.type).toBe('TransportError');
});

test('headers and a time limit, polling', async () => {
  const socket = await connected({ transports: ['polling'], extraHeaders: { 'X-Mine': '1' }, requestTimeout: 60_000 });
  expect(await socket.emitWithAck('echo', 1)).toBe(1);
});
