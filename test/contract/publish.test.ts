// The publish endpoint over real HTTP: what it emits, and every way to ask for something impossible.
import { type AddressInfo, createConnection } from 'node:net';
import { type Socket as ClientSocket, io as connect } from 'socket.io-client';
import { OptionError, Server, type ServerOptions } from '../../core/index.js';

const TOKEN = 'a-token-of-the-tests';
const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(options: ServerOptions = {}): Promise<{ io: Server; url: string; port: number }> {
  const io = new Server(0, { publishEndpoint: { token: TOKEN }, ...options });
  cleanUps.push(() => io.close());
  const { port } = (io.httpServer as unknown as { address(): AddressInfo }).address();
  return { io, port, url: `http://127.0.0.1:${port}` };
}

function post(
  url: string,
  body: unknown,
  init: { token?: string; path?: string; type?: string } = {},
): Promise<Response> {
  return fetch(`${url}${init.path ?? '/socket.io/publish'}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${init.token ?? TOKEN}`,
      'content-type': init.type ?? 'application/json; charset=utf-8',
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function join(url: string, room: string, namespace = '/'): Promise<{ socket: ClientSocket; heard: unknown[][] }> {
  const socket = connect(url + namespace, { forceNew: true, auth: { room } });
  cleanUps.push(() => socket.close());
  const heard: unknown[][] = [];
  socket.onAny((...event) => heard.push(event));
  await new Promise<void>((resolve) => socket.once('ready', () => resolve()));
  heard.length = 0;
  return { socket, heard };
}

function welcome(io: Server, namespace = '/'): void {
  io.of(namespace).on('connection', (socket) => {
    socket.join(socket.handshake.auth.room);
    socket.emit('ready');
  });
}

it('emits to everybody, to rooms, and not to those excepted, in order', async () => {
  const { io, url } = await start();
  welcome(io);
  const [red, blue] = [await join(url, 'red'), await join(url, 'blue')];
  const answer = await post(url, [
    { event: 'all', args: [1, 'two', { three: [null, true] }] },
    { event: 'red', rooms: ['red'] },
    { event: 'not red', except: ['red'], volatile: false, compress: false },
    { event: 'both', rooms: ['red', 'blue'], namespace: '/' },
    { event: 'end' },
  ]);
  expect([answer.status, await answer.json()]).toEqual([200, { published: 5 }]);
  for (const { socket, heard } of [red, blue]) {
    if (heard.at(-1)?.[0] !== 'end') await new Promise<void>((resolve) => socket.once('end', () => resolve()));
  }
  expect(red.heard).toEqual([['all', 1, 'two', { three: [null, true] }], ['red'], ['both'], ['end']]);
  expect(blue.heard).toEqual([['all', 1, 'two', { three: [null, true] }], ['not red'], ['both'], ['end']]);
});

it('reaches namespaces that are there, or that a pattern makes, and no other', async () => {
  const { io, url } = await start();
  welcome(io, '/orders');
  io.of(/^\/tenant-\d+$/);
  const { socket } = await join(url, 'x', '/orders');
  const news = new Promise((resolve) => socket.once('news', resolve));
  expect(await (await post(url, { namespace: 'orders', event: 'news', args: ['hello'] })).json()).toEqual({
    published: 1,
  });
  expect(await news).toBe('hello');
  expect((await post(url, { namespace: '/tenant-7', event: 'x' })).status).toBe(200);
  const unknown = await post(url, [{ event: 'x' }, { namespace: '/nobody', event: 'x' }]);
  expect([unknown.status, await unknown.json()]).toEqual([404, { error: 'there is no namespace "/nobody"' }]);
  expect(io._nsps.has('/nobody')).toBe(false);
});

it('takes any of several tokens, and no other', async () => {
  const { url } = await start({ publishEndpoint: { token: [TOKEN, 'another-token-of-the-tests'], name: 'emit' } });
  const path = '/socket.io/emit';
  expect((await post(url, { event: 'x' }, { path })).status).toBe(200);
  expect((await post(url, { event: 'x' }, { path, token: 'another-token-of-the-tests' })).status).toBe(200);
  for (const token of ['', 'x', `${TOKEN}x`, TOKEN.slice(1)]) {
    const refused = await post(url, { event: 'x' }, { path, token });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await refused.json()).error).toMatch(/Authorization: Bearer/);
  }
});

it.each<[string, unknown, RegExp]>([
  ['nothing', '', /not JSON/],
  ['half of something', '{"event":', /not JSON/],
  ['text', '"news"', /not an object/],
  ['an empty list', [], /1 to 1000/],
  ['a list of lists', [[]], /^\[0\] is not an object/],
  ['no event', {}, /"event" is the name/],
  ['an event that is a number', { event: 1 }, /"event" is the name/],
  ['a reserved event', { event: 'disconnect' }, /reserved: "disconnect"/],
  ['arguments that are none', { event: 'x', args: 'y' }, /"args" is an array/],
  ['a room that is none', { event: 'x', rooms: 'y' }, /"rooms" is an array of names/],
  ['an excepted room that is none', { event: 'x', except: [1] }, /"except" is an array of names/],
  ['a flag that is none', { event: 'x', volatile: 1 }, /"volatile" is true or false/],
  ['a member nobody knows', [{ event: 'x' }, { event: 'x', room: 'y' }], /^\[1\]"room" is not one of namespace, event/],
  ['a prototype', '{"__proto__":{"event":"x"}}', /"__proto__" is not one of/],
  ['a namespace that is none', { event: 'x', namespace: 7 }, /"namespace" is a name/],
  ['something bottomless', `{"event":"x","args":[${'['.repeat(600)}${']'.repeat(600)}]}`, /deeper than 512 levels/],
])('answers 400 to %s, and says why', async (_name, body, error) => {
  const { io, url } = await start();
  welcome(io);
  const { heard } = await join(url, 'red');
  const refused = await post(url, body);
  expect(refused.status).toBe(400);
  expect((await refused.json()).error).toMatch(error);
  expect(heard).toEqual([]);
});

it('answers 405, 413 and 415, also to bodies without a length', async () => {
  const { url, port } = await start({ publishEndpoint: { token: TOKEN, maxBytes: 100 } });
  const get = await fetch(`${url}/socket.io/publish`);
  expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  expect((await post(url, { event: 'x' }, { type: 'text/plain' })).status).toBe(415);
  expect((await post(url, { event: 'x'.repeat(100) })).status).toBe(413);
  const chunk = 'x'.repeat(60);
  const head = `POST /socket.io/publish HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const socket = createConnection(port, '127.0.0.1');
  socket.end(`${head}3c\r\n${chunk}\r\n3c\r\n${chunk}\r\n0\r\n\r\n`);
  let text = '';
  for await (const data of socket) text += data;
  expect(text).toMatch(/^HTTP\/1\.1 413 /);
});

it('is not there until it is asked for', async () => {
  const { url } = await start({ publishEndpoint: undefined });
  const answer = await post(url, { event: 'x' });
  expect([answer.status, await answer.json()]).toEqual([400, { code: 0, message: 'Transport unknown' }]);
});

it.each([
  ['publishEndpoint', true],
  ['publishEndpoint.token', {}],
  ['publishEndpoint.token', { token: 'too short' }],
  ['publishEndpoint.token', { token: [] }],
  ['publishEndpoint.name', { token: TOKEN, name: 'a/b' }],
  ['publishEndpoint.maxBytes', { token: TOKEN, maxBytes: 0 }],
])('%s cannot be %j', (option, publishEndpoint) => {
  const make = () => new Server({ publishEndpoint: publishEndpoint as never });
  expect(make).toThrow(OptionError);
  expect(make).toThrow(option);
  expect(make).not.toThrow(/too short/);
});

it('answers on its documented path alone', async () => {
  const { url } = await start();
  for (const path of ['/socket.io/x/publish', '/socket.io//publish', '/socket.io/publish/publish']) {
    const answer = await post(url, { event: 'x' }, { path });
    expect([path, answer.status]).toEqual([path, 400]);
  }
  expect((await post(url, { event: 'x' })).status).toBe(200);
});

it('a batch that is refused leaves no namespaces behind', async () => {
  const { io, url } = await start();
  io.of(/^\/tenant-\d+$/);
  const before = [...io._nsps.keys()];
  const answer = await post(url, [
    { namespace: '/tenant-1', event: 'x' },
    { namespace: '/tenant-2', event: '' },
  ]);
  expect(answer.status).toBe(400);
  const unknown = await post(url, [
    { namespace: '/tenant-1', event: 'x' },
    { namespace: '/nobody', event: 'x' },
  ]);
  expect(unknown.status).toBe(404);
  expect([...io._nsps.keys()]).toEqual(before);
});
