// Pages in a real Chromium, through a real nginx and a real HAProxy with TLS.

import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import type { Socket as ClientSocket } from '../../core/client/index.js';
import { Server, type ServerOptions } from '../../core/index.js';
import { launchWithThirdPartyCookies } from '../support/chromium.js';
import { bounded, once } from '../support/compat/wait.js';
import { type ReverseProxy, startProxy } from '../support/servers/proxies.js';
import type { ProxyName } from '../support/servers/proxy-path.mjs';

const documented = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/proxies/${name}`, import.meta.url)), 'utf8');

/** The configuration of nginx's own page about WebSockets: Host becomes the upstream's name. */
const snippet = (upstream: string): string => `
upstream chat_servers { server 127.0.0.1:3000; }
server {
  listen 443 ssl;
  ssl_certificate /etc/ssl/chat.pem;
  ssl_certificate_key /etc/ssl/chat.key;
  location / {
    proxy_pass http://${upstream};
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
  }
}`;

const plainHaproxy = `
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend public
  bind :443 ssl crt /etc/ssl/chat.pem
  default_backend chat
backend chat
  server node1 127.0.0.1:3000`;

interface Setup {
  name: string;
  proxy: ProxyName;
  config: string;
  /** The server learns which host the page asked for. */
  keepsHost: boolean;
}

const setups: Setup[] = [
  { name: 'nginx as documented', proxy: 'nginx', config: documented('nginx.conf'), keepsHost: true },
  { name: "nginx's own snippet, to an address", proxy: 'nginx', config: snippet('127.0.0.1:3000'), keepsHost: false },
  { name: "nginx's own snippet, to an upstream", proxy: 'nginx', config: snippet('chat_servers'), keepsHost: false },
  { name: 'HAProxy as documented', proxy: 'haproxy', config: documented('haproxy.cfg'), keepsHost: true },
  { name: 'HAProxy without any header', proxy: 'haproxy', config: plainHaproxy, keepsHost: true },
];

let chromium: Awaited<ReturnType<typeof launchWithThirdPartyCookies>> | undefined;
let context: BrowserContext;

beforeAll(async () => {
  chromium = await launchWithThirdPartyCookies(
    '--host-resolver-rules=MAP *.example.org 127.0.0.1,MAP *.example.net 127.0.0.1',
  );
  context = chromium.context;
}, 180_000);

afterAll(() => chromium?.close());

interface PageGlobals {
  io: (uri?: string, options?: object) => ClientSocket;
}

describe.each(setups)('$name', ({ proxy: kind, config, keepsHost }) => {
  let http: HttpServer;
  let proxy: ReverseProxy;
  let io: Server;

  async function start(options: Partial<ServerOptions> = {}): Promise<void> {
    http = createServer((_request, response) => {
      response.setHeader('Set-Cookie', 'session=secret; SameSite=None; Secure');
      response.setHeader('Content-Type', 'text/html').end('<script src="/socket.io/socket.io.js"></script>');
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    io = new Server(http, options);
    io.on('connection', (socket) => {
      socket.on('echo', (value: unknown, answer: (value: unknown) => void) => answer(value));
    });
    proxy = await startProxy(kind, config, (http.address() as AddressInfo).port);
  }

  beforeEach(() => {
    jest.spyOn(console, 'warn').mockImplementation(() => {});
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    for (const page of context.pages().slice(1)) await page.close();
    await context.clearCookies();
    await io?.close();
    http?.closeAllConnections();
    await proxy?.stop();
  });

  const open = async (host: string): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(`https://${host}:${proxy.port}/`);
    return page;
  };

  /** Connects in the page, with an acknowledged event. @returns the transport in the end, and the answer. */
  const converse = (page: Page, options: object): Promise<[transport: string, answer: unknown]> =>
    bounded(
      page.evaluate(
        async (given) => {
          const socket = (globalThis as unknown as PageGlobals).io(undefined, {
            forceNew: true,
            reconnection: false,
            ...given,
          });
          await new Promise<void>((resolve, reject) => {
            socket.on('connect', () => resolve());
            socket.on('connect_error', reject);
          });
          const { engine } = socket.io;
          const wanted = given.transports.at(-1)!;
          if (engine.transport.name !== wanted) await new Promise((resolve) => engine.once('upgrade', resolve));
          const answer = await socket.emitWithAck('echo', 'x'.repeat(100_000));
          const { name } = engine.transport;
          socket.disconnect();
          return [name, answer.length] as [string, unknown];
        },
        options as { transports: string[] },
      ),
      'the conversation of the page',
    );

  test('a page of the same site with cookies connects over each transport', async () => {
    await start();
    const page = await open('chat.example.org');
    const warn = console.warn as jest.Mock;
    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']])
      expect(await converse(page, { transports })).toEqual([transports.at(-1), 100_000]);
    // Who runs it learns what to set, once.
    expect(warn.mock.calls.flat()).toEqual(
      keepsHost ? [] : [expect.stringMatching(/proxy replaced the host.*origins/)],
    );
  });

  /** A page of another site opens a WebSocket to us; the browser adds the visitor's cookies. */
  const attack = async (): Promise<string> => {
    await open('chat.example.org'); // The visitor has been with us, and has the cookie.
    const page = await open('evil.example.net');
    return bounded(
      page.evaluate(
        (url) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(url);
            socket.onmessage = () => resolve('opened');
            socket.onerror = () => resolve('refused');
          }),
        `wss://chat.example.org:${proxy.port}/socket.io/?EIO=4&transport=websocket`,
      ),
      'the page of another site',
    );
  };

  if (keepsHost) {
    test.each<[string, Partial<ServerOptions>]>([
      ['by default', {}],
      ["with cors: { origin: '*' }", { cors: { origin: '*' } }],
      ["with origins: 'same-origin'", { origins: 'same-origin' }],
    ])('a page of another site cannot use the cookies, %s', async (_name, options) => {
      await start(options);
      const refusals: unknown[] = [];
      io.engine.on('connection_error', ({ context }: { context: unknown }) => refusals.push(context));
      expect(await attack()).toBe('refused');
      expect(refusals).toEqual([expect.objectContaining({ name: 'ORIGIN_NOT_ALLOWED' })]);
    });
  } else {
    test('a page of another site cannot use the cookies once origins is set, and the site itself still connects', async () => {
      await start({ origins: [`https://chat.example.org`, /^https:\/\/chat\.example\.org:\d+$/] });
      expect(await attack()).toBe('refused');
      const page = await open('chat.example.org');
      expect(await converse(page, { transports: ['websocket'] })).toEqual(['websocket', 100_000]);
    });
  }
});
