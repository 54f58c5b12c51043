import { createServer, type RequestListener } from 'node:http';
import { io, type Socket, type TransportError } from '../../core/client/node.js';
import { Server } from '../../core/index.js';
import { cleanUp, defer, listen, proxyFor, tcp } from './support/servers.js';

const rejections: unknown[] = [];
const onRejection = (reason: unknown) => rejections.push(reason);
beforeAll(() => process.on('unhandledRejection', onRejection));
afterAll(() => process.off('unhandledRejection', onRejection));
afterEach(async () => {
  await cleanUp();
  expect(rejections).toEqual([]);
});

const http = (listener: RequestListener) => () => listen(createServer(listener));
const raw = (text: string) => () =>
  tcp((socket) => {
    socket.once('data', () => socket.end(text));
  });
const html = '<!DOCTYPE html><title>Sign in to the network</title>';

/** What answers, and what the error has to say about it. */
const cases: [string, () => Promise<number>, RegExp][] = [
  [
    'a captive portal',
    http((_, response) => response.setHeader('content-type', 'text/html').end(html)),
    /HTTP 200, text\/html, received "<!DOCTYPE/,
  ],
  [
    'an error page',
    http((_, response) => response.writeHead(502, { 'content-type': 'text/html' }).end(html)),
    /HTTP 502, text\/html/,
  ],
  ['an unknown path', http((_, response) => response.writeHead(404).end('not here')), /HTTP 404, .*not here/],
  [
    'a page of a megabyte',
    http((_, response) => response.end('<p>'.repeat(333_333))),
    /HTTP 200, .*received "<p><p>.{150,250}…"/,
  ],
  ['an empty answer', http((_, response) => response.end()), /HTTP 200, .*received ""/],
  [
    'a protocol of years ago',
    http((_, response) => response.end('96:0{"sid":"lv_VI97HAXpY6yYWAAAB","upgrades":["websocket"]}2:40')),
    /HTTP 200, .*received "96:0/,
  ],
  [
    'a wrong version',
    http((_, response) =>
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end('{"code":5,"message":"Unsupported protocol version"}'),
    ),
    /HTTP 400, application\/json, .*Unsupported protocol version/,
  ],
  ['a handshake without a session', http((_, response) => response.end('0{"upgrades":[]}')), /no handshake.*upgrades/],
  ['a handshake that is no JSON', http((_, response) => response.end('0{"sid":')), /no handshake/],
  ['JSON that is no packet', http((_, response) => response.end('{"status":"ok"}')), /HTTP 200, .*status/],
  [
    'a message before the handshake',
    http((_, response) => response.end('42["hello"]')),
    /HTTP 200, .*hello|no handshake/,
  ],
  ['a mail server', raw('220 mail.test ESMTP\r\n'), /./],
  ['binary noise', raw('\x00\xff\x80\x01'.repeat(100)), /./],
  ['a connection that is closed at once', () => tcp((socket) => socket.end()), /./],
  ['a connection that is reset at once', () => tcp((socket) => socket.resetAndDestroy()), /./],
  ['silence', () => tcp(() => {}), /not connected in 300 ms/],
  [
    'an endless answer',
    http((_, response) => {
      response.write('0');
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    }),
    /not connected in 300 ms/,
  ],
];

const next = (socket: Socket) =>
  new Promise<TransportError>((resolve) => socket.once('connect_error', resolve as never));

describe('what is there is no server', () => {
  test.each(cases)('%s', async (_, open, description) => {
    const proxy = await proxyFor(await open());
    // Only where nothing more comes does it have to lose patience; elsewhere the machine may be the slow one.
    const isSilent = description.source.startsWith('not connected');
    const socket = io(proxy.url, {
      forceNew: true,
      reconnectionDelay: 5,
      reconnectionDelayMax: 10,
      timeout: isSilent ? 300 : 60_000,
      fallbackTimeout: isSilent ? 100 : 60_000,
    });
    defer(() => socket.disconnect());
    let errors = 0;
    let attempts = 0;
    socket.on('connect_error', () => {
      errors++;
    });
    socket.io.on('reconnect_attempt', () => {
      attempts++;
    });
    const error = await next(socket);
    expect(error.message).toMatch(/^(fetch read error|polling error|websocket error|parse error|timeout)$/);
    expect(String(error.description)).toMatch(description);
    // It goes on, one error for each attempt.
    await next(socket);
    await next(socket);
    expect(errors).toBe(3);
    expect(attempts).toBe(2);
    expect(socket.active).toBe(true);
  });

  test('an error page to a WebSocket is described as well', async () => {
    const server = createServer();
    server.on('upgrade', (_request, socket) =>
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<p>no</p>   '),
    );
    const socket = io(`http://127.0.0.1:${await listen(server)}`, { forceNew: true, transports: ['websocket'] });
    defer(() => socket.disconnect());
    const error = await next(socket);
    expect(error.message).toBe('websocket error');
    expect(error.description).toBe('HTTP 403, text/html, received "<p>no</p>   "');
    expect(error.context.status).toBe(403);
  });

  test('then the server comes up, and it connects', async () => {
    let portal = true;
    const server = createServer((_request, response) => {
      if (portal) response.setHeader('content-type', 'text/html').end(html);
    });
    const port = await listen(server);
    const socket = io(`http://127.0.0.1:${port}`, { forceNew: true, reconnectionDelay: 5, reconnectionDelayMax: 10 });
    defer(() => socket.disconnect());
    await next(socket);
    await next(socket);
    portal = false;
    server.removeAllListeners('request');
    const real = new Server(server);
    defer(() => real.close());
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    expect(socket.io.engine.transport.name).toBe('websocket');
  });

  test('a network that lets no WebSocket through: polling, and the session stays', async () => {
    const server = createServer();
    const real = new Server(server);
    real.on('connection', (each) => each.on('echo', (value, answer) => answer(value)));
    defer(() => real.close());
    server.removeAllListeners('upgrade');
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const socket = io(`http://127.0.0.1:${await listen(server)}`, { forceNew: true });
    defer(() => socket.disconnect());
    for (let n = 0; n < 20; n++) expect(await socket.emitWithAck('echo', n)).toBe(n);
    expect(socket.io.engine.transport.name).toBe('polling');
  });

  test('a network that swallows WebSockets: polling after the fallback timeout', async () => {
    const server = createServer();
    const real = new Server(server);
    defer(() => real.close());
    server.removeAllListeners('upgrade');
    let handshakes = 0;
    server.on('upgrade', (request, socket) => {
      // The others are attempts to upgrade.
      if (!request.url!.includes('sid=')) handshakes++;
      defer(() => socket.destroy());
    });
    const options = { forceNew: true, fallbackTimeout: 50, reconnectionDelay: 5, reconnectionDelayMax: 5 };
    const socket = io(`http://127.0.0.1:${await listen(server)}`, options);
    defer(() => socket.disconnect());
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    expect(socket.io.engine.transport.name).toBe('polling');
    // The next time it does not wait for what did not work.
    const back = new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.io.engine.close();
    await back;
    expect(handshakes).toBe(1);
    expect(socket.io.engine.transport.name).toBe('polling');
  });
});
