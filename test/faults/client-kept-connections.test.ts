import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { io as connect } from '../../core/client/node.js';
import { cleanUp, defer, listen, servers } from './support/servers.js';

afterEach(cleanUp);

describe.each(servers)('HTTP connections that are kept, to the %s server', (_name, Server) => {
  /** A server whose HTTP requests are seen before they are served, and a client over polling. */
  async function start(onRequest: (request: IncomingMessage, response: ServerResponse) => void) {
    const http = createServer();
    const io = new Server(http);
    http.prependListener('request', onRequest);
    const received: unknown[] = [];
    io.on('connection', (socket) =>
      socket.on('echo', (value, answer) => {
        received.push(value);
        answer(value);
      }),
    );
    defer(() => io.close());
    const port = await listen(http);
    const socket = connect(`http://127.0.0.1:${port}`, {
      transports: ['polling'],
      forceNew: true,
      reconnection: false,
    });
    defer(() => socket.disconnect());
    const failures: string[] = [];
    socket.on('connect_error', ({ message }) => failures.push(message));
    socket.on('disconnect', (reason) => failures.push(reason));
    return { socket, received, failures };
  }

  test('a server that closes them after each answer, without a word: nothing is lost, nothing comes twice', async () => {
    const { socket, received, failures } = await start((request, response) =>
      response.on('finish', () => request.socket.end()),
    );
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    for (const n of numbers) expect(await socket.timeout(10_000).emitWithAck('echo', n)).toBe(n);
    expect(received).toEqual(numbers);
    expect(failures).toEqual([]);
  });

  test('connections that are closed between two requests', async () => {
    const connections = new Set<IncomingMessage['socket']>();
    let isCutting = false;
    const { socket, received, failures } = await start((request, response) => {
      connections.add(request.socket);
      // The one over which a poll waits stays: its end would be the end of the session.
      if (request.method === 'POST') response.on('finish', () => isCutting && request.socket.destroy());
    });
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    expect(await socket.emitWithAck('echo', 'first')).toBe('first');
    isCutting = true;
    for (let n = 0; n < 10; n++) expect(await socket.timeout(10_000).emitWithAck('echo', n)).toBe(n);
    expect(received).toEqual(['first', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(failures).toEqual([]);
    expect(connections.size).toBeGreaterThan(2);
  });

  test('a request that the server has carried out is not sent again', async () => {
    let isCutting = false;
    let posts = 0;
    const { socket, received, failures } = await start((request, response) => {
      if (request.method !== 'POST') return;
      posts++;
      // It has arrived, and the connection goes instead of an answer.
      if (isCutting) response.writeHead = () => request.socket.destroy() as never;
    });
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    expect(await socket.emitWithAck('echo', 'first')).toBe('first');
    const before = posts;
    isCutting = true;
    const outcome = socket.emitWithAck('echo', 'once').catch((error) => error.message);
    await new Promise((resolve) => socket.once('disconnect', resolve));
    expect(await outcome).toMatch(/^once$|disconnected/);
    expect(received).toEqual(['first', 'once']);
    expect(posts).toBe(before + 1);
    expect(failures).toEqual(['transport error']);
  });
});
