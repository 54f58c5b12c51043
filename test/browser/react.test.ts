// The hooks of carillon/react in a real browser: in StrictMode, with the development build of React, unless a test says
// that it is about the other one.
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { Server, type Socket } from '../../core/index.js';
import { launchChromium } from '../support/chromium.js';
import { once } from '../support/compat/wait.js';
import type { PageProps, ReactPage } from '../support/react-page.js';

let browser: Browser;
/** The page, by the build of React in it. */
let scripts: Record<'development' | 'production', string>;
let httpServer: HttpServer;
let io: Server;
let page: Page;
/** Every session there ever was. */
let sessions: number;
let complaints: string[];

/** The one that is installed, and the lowest that `peerDependencies` allow. */
const versions: [string, Record<string, string>][] = [
  ['the newest React', {}],
  ['React 18.0.0', { react: 'react-lowest', 'react-dom': 'react-dom-lowest' }],
];

describe.each(versions)('with %s', (_name, alias) => {
  beforeAll(async () => {
    const bundle = async (mode: 'development' | 'production'): Promise<string> => {
      const { outputFiles } = await build({
        entryPoints: [fileURLToPath(new URL('../support/react-page.ts', import.meta.url))],
        bundle: true,
        write: false,
        platform: 'browser',
        format: 'esm',
        alias,
        define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
      });
      return outputFiles[0]!.text;
    };
    const [development, production, launched] = await Promise.all([
      bundle('development'),
      bundle('production'),
      launchChromium(),
    ]);
    scripts = { development, production };
    browser = launched;
  });

  afterAll(() => browser?.close());

  beforeEach(async () => {
    httpServer = createServer((request, response) => {
      const mode = /^\/(development|production)\.js$/.exec(request.url ?? '')?.[1] as keyof typeof scripts | undefined;
      response.setHeader('content-type', mode ? 'text/javascript' : 'text/html');
      const wanted = request.url === '/production' ? 'production' : 'development';
      response.end(mode ? scripts[mode] : `<div id="root"></div><script type="module" src="/${wanted}.js"></script>`);
    }).listen(0, '127.0.0.1');
    io = new Server(httpServer);
    sessions = 0;
    io.engine.on('connection', () => sessions++);
    io.on('connection', (socket) => socket.on('ask', (answer) => answer('the answer')));
    io.of('/admin').use((_socket, next) => next(new Error('not for you')));
    complaints = [];
    page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await visit('development');
  });

  afterEach(async () => {
    await page.close();
    await io.close();
    expect(complaints.filter((text) => !text.includes('favicon'))).toEqual([]);
  });

  async function visit(mode: keyof typeof scripts): Promise<void> {
    const path = mode === 'development' ? '' : mode;
    await page.goto(`http://127.0.0.1:${(httpServer.address() as AddressInfo).port}/${path}`);
  }

  const inPage = <T>(use: (page: ReactPage) => T): Promise<T> => page.evaluate(`(${use})(window.page)`) as Promise<T>;

  async function render(props: PageProps = {}): Promise<void> {
    await page.evaluate((given) => (window as unknown as { page: ReactPage }).page.render(given), props);
  }

  async function rendered(props?: PageProps): Promise<Socket> {
    const connection = once(io, 'connection');
    await render(props);
    const [socket] = await connection;
    await page.getByText(`connected ${socket.id}`).waitFor();
    return socket;
  }

  /** What the page heard of an emit. The answer to a question afterwards shows that it had the time to. */
  async function heardOf(text: string): Promise<string[]> {
    io.emit('news', text);
    await page.click('#ask');
    await page.getByText('the answer').waitFor();
    return inPage(({ heard }) => heard);
  }

  it('opens one connection in StrictMode, ever', async () => {
    await rendered({ listeners: 3 });
    expect(sessions).toBe(1);
    expect(io.engine.clientsCount).toBe(1);
  });

  it('has one listener for each component, and each hears an event once', async () => {
    await rendered({ listeners: 2 });
    expect(await inPage((it) => it.listeners())).toBe(2);
    expect(await heardOf('one')).toEqual(['one', 'one']);
  });

  it('calls the latest listener without listening anew', async () => {
    await rendered({ prefix: 'old ' });
    await render({ prefix: 'new ' });
    expect(await heardOf('news')).toEqual(['new news']);
    expect(await inPage((it) => it.listeners())).toBe(1);
    expect(sessions).toBe(1);
  });

  it('stops listening with the component', async () => {
    await rendered({ listeners: 2 });
    await render({ listeners: 0 });
    expect(await heardOf('nothing')).toEqual([]);
    expect(await inPage((it) => it.listeners())).toBe(0);
  });

  it('leaves no connection after the provider is gone, and connects again with it', async () => {
    const socket = await rendered();
    const gone = once(socket, 'disconnect');
    await inPage((it) => it.unmount());
    expect((await gone)[0]).toBe('client namespace disconnect');
    await rendered();
    expect(io.engine.clientsCount).toBe(1);
    expect(sessions).toBe(2);
  });

  it('gives the same emit in every rendering', async () => {
    await rendered();
    const before = await inPage((it) => it.differentEmits());
    const renders = await inPage((it) => it.renders());
    await render({ prefix: 'again' });
    await page.click('#ask');
    await page.getByText('the answer').waitFor();
    expect(await inPage((it) => it.renders())).toBeGreaterThan(renders);
    expect(await inPage((it) => it.differentEmits())).toBe(before);
  });

  it('shows a loss of the connection, and the next one', async () => {
    const socket = await rendered();
    const next = once(io, 'connection', 'the client to come back');
    socket.conn.close();
    const [second] = await next;
    await page.getByText(`connected ${second.id}`).waitFor();
    expect(await heardOf('still there')).toEqual(['still there']);
  });

  it('shows that the server ended it, for good', async () => {
    const socket = await rendered();
    socket.disconnect();
    await page.getByText('disconnected', { exact: true }).waitFor();
  });

  it('has several providers in one tree, and shows a refusal', async () => {
    await rendered({ withAdmin: true });
    await page.getByText('disconnected not for you').waitFor();
    expect(await heardOf('main')).toEqual(['main']);
  });

  it('does not connect before a component that suspends is there, and then once', async () => {
    await render({ sleeper: 'first' });
    await page.getByText('asleep').waitFor();
    expect(sessions).toBe(0);
    const connection = once(io, 'connection');
    await inPage((it) => it.wake('first'));
    const [socket] = await connection;
    await page.getByText(`connected ${socket.id}`).waitFor();
    expect(await heardOf('awake')).toEqual(['awake']);
    expect(sessions).toBe(1);
  });

  it('keeps the connection and the listeners while a component suspends again', async () => {
    await rendered();
    await render({ sleeper: 'second' });
    await page.getByText('asleep').waitFor();
    io.emit('news', 'meanwhile');
    await page.waitForFunction(() => (window as unknown as { page: ReactPage }).page.heard.length > 0);
    await inPage((it) => it.wake('second'));
    await page.getByText('asleep').waitFor({ state: 'detached' });
    expect(await heardOf('afterwards')).toEqual(['meanwhile', 'afterwards']);
    expect(sessions).toBe(1);
  });

  it('moves to another server when the url changes', async () => {
    const otherHttp = createServer().listen(0, '127.0.0.1');
    await once(otherHttp, 'listening');
    const other = new Server(otherHttp, { cors: { origin: '*' } });
    try {
      const first = await rendered();
      const gone = once(first, 'disconnect');
      const arrival = once(other, 'connection');
      await render({ url: `http://127.0.0.1:${(otherHttp.address() as AddressInfo).port}` });
      const [second] = await arrival;
      await gone;
      await page.getByText(`connected ${second.id}`).waitFor();
      other.emit('news', 'from the other');
      await page.waitForFunction(() => (window as unknown as { page: ReactPage }).page.heard.length > 0);
      expect(await inPage(({ heard }) => heard)).toEqual(['from the other']);
    } finally {
      await other.close();
    }
  });

  describe.each([
    ['StrictMode of the development build', 'development', true, 2],
    ['the production build', 'production', false, 1],
  ] as const)('in %s', (_title, mode, isStrict, effects) => {
    beforeEach(() => visit(mode));

    it('sends what a layout effect emits, over one connection', async () => {
      const heard: unknown[] = [];
      const arrived = new Promise<void>((resolve) => {
        io.on('connection', (socket) => {
          socket.on('eager', (text) => heard.push(text));
          // Sent after what the effects sent.
          socket.on('ask', () => resolve());
        });
      });
      await rendered({ isStrict, isEager: true });
      await page.click('#ask');
      await arrived;
      // StrictMode runs each effect twice, and nothing of it is lost or sent to a connection that is thrown away.
      expect(heard).toEqual(Array(effects).fill('in a layout effect'));
      expect(sessions).toBe(1);
    });

    it('rests with `autoConnect: false`, says so, and keeps what was emitted until it is told to connect', async () => {
      const heard: unknown[] = [];
      io.on('connection', (socket) => socket.on('eager', (text) => heard.push(text)));
      await render({ isStrict, isEager: true, options: { autoConnect: false } });
      await page.getByText('disconnected', { exact: true }).waitFor();
      expect(sessions).toBe(0);
      const connection = once(io, 'connection');
      await inPage((it) => void it.connect());
      const [socket] = await connection;
      await page.getByText(`connected ${socket.id}`).waitFor();
      await page.click('#ask');
      await page.getByText('the answer').waitFor();
      expect(heard).toEqual(Array(effects).fill('in a layout effect'));
      expect(sessions).toBe(1);
    });
  });
});
