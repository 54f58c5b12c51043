// The development server, with each bundler; production is in integration/next.test.ts.
import { fileURLToPath } from 'node:url';
import { io, type Socket } from 'socket.io-client';
import { bounded, once } from '../support/compat/wait.js';
import { type NextProcess, NextProject } from '../support/next-project.js';

const source = fileURLToPath(new URL('../support/next-project', import.meta.url));

describe.each(['turbopack', 'webpack'] as const)('next dev with %s', (bundler) => {
  let project: NextProject;
  let server: NextProcess;
  let socket: Socket;

  beforeAll(async () => {
    project = await NextProject.copyOf(source);
    server = await project.dev(bundler);
  }, 600_000);

  afterAll(() => project?.remove());

  it.each(['polling', 'websocket'])(
    'serves carillon over %s, and a route handler emits',
    async (transport) => {
      socket = io(server.url, { transports: [transport], forceNew: true, reconnection: false });
      await once(socket, 'connect');
      const news = new Promise((resolve) => socket.once('news', resolve));
      // The route is compiled when it is asked for the first time.
      const answer = await fetch(`${server.url}/news`, { method: 'POST', body: transport });
      expect(await answer.text()).toMatch(/^emitted by \d+$/);
      expect(await bounded(news, 'the news')).toBe(transport);
      socket.disconnect();
    },
    180_000,
  );

  it('ends by SIGTERM with a client connected', async () => {
    socket = io(server.url, { transports: ['websocket'], forceNew: true, reconnection: false });
    await once(socket, 'connect');
    const gone = once(socket, 'disconnect');
    expect(await server.end()).toBe(0);
    await gone;
  });
});
