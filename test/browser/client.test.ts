// The client's own bundle in a real browser, against both servers: ours serves the bundle itself.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Server as OfficialServer, type Socket } from 'socket.io';
import * as msgpackParser from 'socket.io-msgpack-parser';
import type { Manager as ClientManager, Socket as ClientSocket } from '../../core/client/index.js';
import { Server as CarillonServer } from '../../core/index.js';
import { launchChromium } from '../support/chromium.js';
import { bounded, once } from '../support/compat/wait.js';

/** What the page has. */
interface PageGlobals {
  io: (uri?: string, options?: object) => ClientSocket;
  socket: ClientSocket;
  log: unknown[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
let browser: Browser;
let bundle: string;
let msgpackBundle: string;

beforeAll(async () => {
  execFileSync(process.execPath, [`${root}core/client/bundle.mjs`]);
  bundle = readFileSync(`${root}dist/browser/socket.io.min.js`, 'utf8');
  msgpackBundle = readFileSync(`${root}dist/browser/socket.io.msgpack.min.js`, 'utf8');
  browser = await launchChromium();
});

afterAll(() => browser?.close());

describe.each([
  ['official', OfficialServer, '/bundle.js'],
  ['carillon', CarillonServer as unknown as typeof OfficialServer, '/socket.io/socket.io.min.js'],
] as const)('in Chromium, with the %s server', (name, Server, script) => {
  let http: HttpServer;
  let io: OfficialServer;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  let base: string;

  async function start(options: object = {}): Promise<void> {
    http = createServer((request, response) => {
      if (request.url === '/msgpack.js') response.setHeader('content-type', 'text/javascript').end(msgpackBundle);
      else if (request.url === '/bundle.js') response.setHeader('content-type', 'text/javascript').end(bundle);
      else response.setHeader('content-type', 'text/html').end(`<script src="${script}"></script>`);
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    io = new Server(http, { serveClient: script !== '/bundle.js', ...options });
    io.on('connection', (socket) => socket.on('echo', (...args) => args.pop()(...args)));
    complaints = [];
    context = await browser.newContext();
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${base}/`);
  }

  afterEach(async () => {
    await context.close();
    await io.close();
    http.closeAllConnections();
    expect(complaints).toEqual([]);
  });

  /** Connects the page's `socket`; its life is written into `log`. */
  const connect = (options: object = {}) =>
    page.evaluate((given) => {
      const globals = globalThis as unknown as PageGlobals;
      globals.log = [];
      const socket = globals.io(undefined, { forceNew: true, ...given });
      globals.socket = socket;
      socket.on('connect', () => globals.log.push('connect'));
      socket.on('disconnect', (reason) => globals.log.push(`disconnect: ${reason}`));
      return new Promise<string>((resolve) => {
        socket.once('connect', () => resolve(socket.io.engine.transport.name));
      });
    }, options);

  const connection = () => bounded(new Promise<Socket>((resolve) => io.once('connection', resolve)), 'a connection');
  const log = (count: number) =>
    page
      .waitForFunction((length) => {
        const globals = globalThis as unknown as PageGlobals;
        return globals.log.length >= length ? globals.log : undefined;
      }, count)
      .then((handle) => handle.jsonValue());

  test('the global has what programs look for', async () => {
    await start();
    const found = await page.evaluate(() => {
      const io = (globalThis as unknown as { io: any }).io;
      const socket = io('http://127.0.0.1:1', { autoConnect: false });
      return [typeof io, io.protocol, io.io === io, socket instanceof io.Socket, socket.io instanceof io.Manager];
    });
    expect(found).toEqual(['function', 5, true, true, true]);
  });

  test('the bundle with MessagePack talks to a server with that parser', async () => {
    await start({ parser: msgpackParser });
    await page.addScriptTag({ url: '/msgpack.js' });
    expect(await connect()).toBe('websocket');
    const answer = await page.evaluate(async () => {
      const { socket } = globalThis as unknown as PageGlobals;
      const [text, bytes] = await new Promise<[string, ArrayBuffer]>((resolve) => {
        socket.emit('echo', 'é', Uint8Array.from([0, 255]).buffer, (...args: [string, ArrayBuffer]) => resolve(args));
      });
      return [text, ...new Uint8Array(bytes)];
    });
    expect(answer).toEqual(['é', 0, 255]);
  });

  test.each([
    ['websocket', {}, 'websocket'],
    ['polling', { transports: ['polling'] }, 'polling'],
    ['polling, then WebSocket', { transports: ['polling', 'websocket'] }, 'polling'],
  ])('talks over %s', async (_, options, first) => {
    await start();
    expect(await connect(options)).toBe(first);
    const answers = await page.evaluate(async () => {
      const { socket } = globalThis as unknown as PageGlobals;
      const bytes = Uint8Array.from([1, 2, 3]);
      const echo = (value: unknown) => socket.timeout(60_000).emitWithAck('echo', value);
      const binary: any = await echo(bytes);
      const nested: any = await echo({ list: [bytes.buffer, 'text'] });
      return [
        await echo('é ☃ 𝄞'),
        await echo({ a: [1, null, true] }),
        Object.prototype.toString.call(binary),
        [...new Uint8Array(binary)],
        [...new Uint8Array(nested.list[0])],
        nested.list[1],
      ];
    });
    expect(answers).toEqual(['é ☃ 𝄞', { a: [1, null, true] }, '[object ArrayBuffer]', [1, 2, 3], [1, 2, 3], 'text']);
    if (!('transports' in options) || options.transports.length < 2) return;
    await page.waitForFunction(
      () => (globalThis as unknown as PageGlobals).socket.io.engine.transport.name === 'websocket',
    );
    expect(await page.evaluate(() => (globalThis as unknown as PageGlobals).socket.emitWithAck('echo', 'after'))).toBe(
      'after',
    );
  });

  test.each([['websocket'], ['polling']])('sends a Blob and a File, in order, over %s', async (transport) => {
    await start();
    const connected = connection();
    await connect({ transports: [transport] });
    const socket = await connected;
    const received: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      socket.on('part', (...args) => {
        received.push(
          args.map((each) => (Buffer.isBuffer(each) ? `bytes ${each.length} ${each.subarray(0, 5)}` : each)),
        );
        if (received.length === 5) resolve();
      });
    });
    await page.setContent('<input type="file">');
    await page.setInputFiles('input', { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('from a file') });
    await page.evaluate(() => {
      const { socket } = globalThis as unknown as PageGlobals;
      const file = document.querySelector('input')!.files![0]!;
      socket.emit('part', 'first');
      socket.emit('part', new Blob(['a blob']), { inside: new Blob(['x'.repeat(300_000)]) }.inside);
      socket.emit('part', 'between');
      socket.emit('part', file, file.name);
      socket.emit('part', 'last');
    });
    await bounded(done, 'five parts');
    expect(received).toEqual([
      ['first'],
      ['bytes 6 a blo', 'bytes 300000 xxxxx'],
      ['between'],
      ['bytes 11 from ', 'note.txt'],
      ['last'],
    ]);
  });

  test('a thousand events keep their order, while the transport changes', async () => {
    await start();
    const received: number[] = [];
    const done = new Promise<void>((resolve) => {
      io.on('connection', (socket) =>
        socket.on('n', (n) => {
          received.push(n);
          if (received.length === 1000) resolve();
        }),
      );
    });
    await connect({ transports: ['polling', 'websocket'] });
    await page.evaluate(async () => {
      const { socket } = globalThis as unknown as PageGlobals;
      for (let n = 0; n < 1000; n++) {
        socket.emit('n', n);
        if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
    });
    await bounded(done, 'a thousand events');
    expect(received).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  });

  test('namespaces, refusals and credentials', async () => {
    await start();
    io.of('/admin').use((socket, next) => next(socket.handshake.auth.token === 'right' ? undefined : new Error('no')));
    await connect();
    const outcome = await page.evaluate(async () => {
      const { socket } = globalThis as unknown as PageGlobals;
      const admin = (socket.io as unknown as ClientManager).socket('/admin', {
        auth: async () => ({ token: 'wrong' }),
      });
      const refusal = await new Promise<Error>((resolve) => admin.once('connect_error', resolve));
      admin.auth = { token: 'right' };
      admin.connect();
      await new Promise<void>((resolve) => admin.once('connect', resolve));
      return [refusal.message, socket.connected, admin.connected, admin.io.engine === socket.io.engine];
    });
    expect(outcome).toEqual(['no', true, true, true]);
  });

  test('what is there is no server: one error that says what was received', async () => {
    await start();
    const error = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const io = (globalThis as unknown as PageGlobals).io;
          const socket = io(undefined, { forceNew: true, path: '/elsewhere', reconnection: false });
          socket.on('connect_error', (each: any) => resolve([each.message, each.description, each.cause?.message]));
        }),
    );
    expect(error).toEqual([
      'parse error',
      expect.stringMatching(/^HTTP 200, text\/html, received "<script/),
      'websocket error',
    ]);
  });

  test('the network goes and comes back', async () => {
    await start();
    // So long that only the network's return explains an attempt.
    await connect({ reconnectionDelay: 60_000, reconnectionDelayMax: 60_000, randomizationFactor: 0 });
    await context.setOffline(true);
    expect(await log(2)).toEqual(['connect', 'disconnect: transport close']);
    await page.evaluate(() => (globalThis as unknown as PageGlobals).socket.emit('kept', 1));
    const kept = new Promise((resolve) => io.once('connection', (socket) => socket.once('kept', resolve)));
    await context.setOffline(false);
    expect(await log(3)).toEqual(['connect', 'disconnect: transport close', 'connect']);
    expect(await bounded(kept, 'what was emitted offline')).toBe(1);
  });

  test('a page in the background that was put to sleep comes back as soon as it is looked at', async () => {
    await start({ pingInterval: 200, pingTimeout: 200 });
    const connected = connection();
    await connect({ reconnectionDelay: 60_000, reconnectionDelayMax: 60_000, randomizationFactor: 0 });
    const socket = await connected;
    const gone = once(socket, 'disconnect', 'the server to give up');
    const session = await context.newCDPSession(page);
    // Chromium without a window keeps its pages visible and awake: the debugger puts this one to sleep, as the system
    // does with a page in the background, and the event that ends it is sent by hand.
    const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
    await session.send('Debugger.enable');
    await session.send('Debugger.pause');
    await paused;
    await gone;
    const again = connection();
    await session.send('Debugger.disable');
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await again;
    const lines = (await log(3)) as string[];
    expect(lines[0]).toBe('connect');
    expect(lines[1]).toMatch(/^disconnect: (ping timeout|transport close|transport error)$/);
    expect(lines[2]).toBe('connect');
  });

  test('a page that goes takes its connection along', async () => {
    await start();
    for (const transports of [['websocket'], ['polling']]) {
      const connected = connection();
      await connect({ transports, closeOnBeforeunload: true });
      const gone = once(await connected, 'disconnect', 'the page to be gone');
      await page.goto('about:blank');
      expect((await gone)[0]).toMatch(/^transport (close|error)$/);
      await page.goto(`${base}/`);
    }
  });

  test('with retries nothing is lost when the server drops the connection', async () => {
    await start();
    const received: number[] = [];
    io.on('connection', (socket) =>
      socket.on('n', (n, answer) => {
        received.push(n);
        // Every tenth answer is lost, and the connection with it.
        if (received.length % 10 === 0) socket.conn.close();
        answer(n);
      }),
    );
    await connect({ retries: 10, reconnectionDelay: 5, reconnectionDelayMax: 10 });
    const answers = await page.evaluate(() => {
      const { socket } = globalThis as unknown as PageGlobals;
      return Promise.all(Array.from({ length: 50 }, (_, n) => socket.emitWithAck('n', n)));
    });
    expect(answers).toEqual(Array.from({ length: 50 }, (_, n) => n));
    // Ours runs each event once, whatever the client had to send again.
    expect(name === 'carillon' ? received : [...new Set(received)]).toEqual(answers);
  });

  test('another origin, with cookies', async () => {
    await start({ cors: { origin: true, credentials: true } });
    const other = base.replace('127.0.0.1', 'localhost');
    await context.addCookies([{ name: 'who', value: 'me', url: base }]);
    await page.goto(`${base}/`);
    const cookies: unknown[] = [];
    io.on('connection', (socket) => cookies.push(socket.handshake.headers.cookie));
    const connectTo = (transports: string[]) =>
      page.evaluate(
        ([url, names]) =>
          new Promise<string>((resolve) => {
            const socket = (globalThis as unknown as PageGlobals).io(url as string, {
              forceNew: true,
              transports: names,
              withCredentials: true,
            });
            socket.on('connect', () => resolve(socket.disconnect().connected ? 'still' : 'done'));
            socket.on('connect_error', (error) => resolve(error.message));
          }),
        [other, transports] as const,
      );
    expect(await connectTo(['polling'])).toBe('done');
    expect(await connectTo(['websocket'])).toBe('done');
    expect(cookies).toHaveLength(2);
  });

  test('two hundred connections leave nothing in the page', async () => {
    await start();
    const counts = await page.evaluate(async () => {
      const { io } = globalThis as unknown as PageGlobals;
      let timers = 0;
      const { setTimeout: set, clearTimeout: clear } = globalThis;
      const open = new Set<unknown>();
      Object.assign(globalThis, {
        setTimeout: (callback: () => void, delay?: number) => {
          timers++;
          const id = set(() => {
            open.delete(id);
            callback();
          }, delay);
          open.add(id);
          return id;
        },
        clearTimeout: (id: number) => {
          open.delete(id);
          clear(id);
        },
      });
      for (let round = 0; round < 200; round++) {
        const socket = io(undefined, { forceNew: true, transports: round % 10 ? ['websocket'] : ['polling'] });
        await new Promise<void>((resolve) => socket.once('connect', resolve));
        socket.disconnect();
      }
      // The last polling session says goodbye.
      while (open.size) await new Promise((resolve) => requestAnimationFrame(resolve));
      return [timers > 200, open.size];
    });
    expect(counts).toEqual([true, 0]);
    await bounded(
      (async () => {
        while (io.engine.clientsCount) await new Promise((resolve) => setImmediate(resolve));
      })(),
      'the server to be alone',
      8000,
    );
  });
});
