import { fileURLToPath } from 'node:url';
import { io, type Socket } from 'socket.io-client';
import { once, promptly } from '../../support/compat/wait.js';
import { type NextProcess, NextProject } from '../../support/next-project.js';
import { integrationContract, type Running } from './contract.js';
import { FOREIGN_AFTER } from './fixture.js';

const source = fileURLToPath(new URL('../../support/next-project', import.meta.url));
let project: NextProject;

beforeAll(async () => {
  project = await NextProject.copyOf(source);
  await project.build();
}, 600_000);

afterAll(() => project.remove());

function running(process: NextProcess, foreignPaths?: string[]): Running {
  return {
    url: process.url,
    output: process.output,
    ...(foreignPaths && { foreignPaths }),
    stop: async () => {
      await process.end();
    },
  };
}

const custom = (options: object = {}) => project.run('server.mjs', [JSON.stringify({ dev: false, ...options })]);

// On Next's own server, Next ends upgrades that a page matches: there is one at the other path.
const unmatched = [FOREIGN_AFTER];

integrationContract('Next.js with a custom server', async () => running(await custom()));
integrationContract('Next.js without a custom server', async () => running(await project.next('start'), unmatched));
integrationContract('Next.js, standalone', async () => running(await project.standalone(), unmatched));

describe('Next.js', () => {
  let server: NextProcess | undefined;
  let socket: Socket | undefined;

  afterEach(async () => {
    socket?.disconnect();
    await server?.end('SIGKILL');
  });

  async function connected(transport: string, path = '/socket.io'): Promise<Socket> {
    socket = io(server!.url, { path, transports: [transport], forceNew: true, reconnection: false });
    await once(socket, 'connect', `a connection over ${transport} to ${path}`);
    return socket;
  }

  async function get(path: string, init?: RequestInit): Promise<string> {
    return (await fetch(server!.url + path, init)).text();
  }

  const post = (text: string) => get('/news', { method: 'POST', body: text });

  it.each([
    ['a custom server', () => custom()],
    ['next start', () => project.next('start')],
    ['the standalone server', () => project.standalone()],
  ])(
    'emits from a route handler with %s',
    async (_name, start) => {
      server = await start();
      const client = await connected('websocket');
      const news = once(client, 'news');
      expect(await post('extra, extra')).toBe(`emitted by ${server.child.pid}`);
      expect(await news).toEqual(['extra, extra']);
    },
    180_000,
  );

  it.each(['polling', 'websocket'])(
    'serves a path that a catch-all route matches, over %s',
    async (transport) => {
      server = await custom({ io: { path: '/api/ws' } });
      const client = await connected(transport, '/api/ws');
      expect(await client.timeout(60_000).emitWithAck('echo', 'over Next')).toBe('over Next');
      expect(await get('/api/other')).toBe('caught other');
      expect(await get('/api/wsx')).toBe('caught wsx');
    },
    180_000,
  );

  it('says in a route handler what is missing when nothing is attached', async () => {
    server = await project.next('start', [], { MODE: 'custom' });
    expect(await post('lost')).toContain('Call `await attach()` of carillon/next in register() of instrumentation.ts');
  });

  it('says what is wrong with attach() beside a custom server', async () => {
    server = await custom({ both: true });
    await server.printed(/With a custom server, leave attach\(\) out of instrumentation\.ts/);
  });

  it('closes the HTTP server it made', async () => {
    server = await custom();
    server.child.kill('SIGUSR2');
    await server.printed(/closed: not listening/);
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });

  it('leaves an HTTP server open that it was given', async () => {
    server = await custom({ given: true });
    const client = await connected('websocket');
    const gone = once(client, 'disconnect');
    server.child.kill('SIGUSR2');
    await server.printed(/closed: still listening/);
    await gone;
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends by %s with clients connected',
    async (signal) => {
      server = await custom();
      const client = await connected('websocket');
      const gone = once(client, 'disconnect');
      expect(await promptly(server.end(signal), 'the end')).toBe(0);
      expect(await gone).toEqual(['transport close', expect.anything()]);
    },
    180_000,
  );
});
