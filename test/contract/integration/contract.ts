import { EventEmitter } from 'node:events';
import { Agent, type Server as HttpServer, request } from 'node:http';
import { io as connectClient, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { WebSocket } from 'ws';
import { http } from '../../support/compat/http.js';
import { engineUrl, openPeer, WebSocketPeer } from '../../support/compat/peers.js';
import { bounded, once, promptly } from '../../support/compat/wait.js';
import { disconnect } from '../../support/official-client.js';
import { Fixture, FOREIGN_AFTER, FOREIGN_BEFORE, HELLO, HELLO_PATH, listenersOf } from './fixture.js';

/** An application that serves the fixture. */
export interface Running {
  /** `http://127.0.0.1:<port>`, where carillon answers below `/socket.io/`. */
  url: string;
  /** The HTTP server, when it runs in this process. */
  server?: HttpServer;
  /** Ends the application the way its framework does; resolves when the port is closed and nothing is left running. */
  stop(): Promise<void>;
  /** Ends carillon alone, where the framework has a way to; the HTTP server belongs to somebody else. */
  detach?(): Promise<void>;
  /** Standard output and error, when it runs in a process of its own. */
  output?(): string;
  /** Paths with handlers of others for upgrades. @default both of the fixture */
  foreignPaths?: string[];
}

/** Starts the fixture in a framework, on a free port of 127.0.0.1. */
export type Start = (fixture: Fixture) => Promise<Running>;

type ClientOptions = Partial<ManagerOptions & SocketOptions>;

const modes = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };

/**
 * Node's own `process`: a test sees a copy, which hears no warnings. Node's classes are made where the real one is.
 */
const realProcess: NodeJS.Process = (EventEmitter.constructor as FunctionConstructor)('return process')();

/** Everything an integration owes its users, whatever the framework. */
export function integrationContract(name: string, start: Start): void {
  describe(`${name}: the contract of integrations`, () => {
    const fixture = new Fixture();
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    let running: Running;
    let resources: string[] = [];
    let cleanups: (() => unknown)[] = [];

    beforeAll(() => {
      realProcess.on('warning', onWarning);
      resources = activeResources();
    });

    afterEach(async () => {
      for (const cleanup of cleanups.reverse()) await cleanup();
      cleanups = [];
    });

    afterAll(async () => {
      realProcess.off('warning', onWarning);
      // The official client's last requests are still under way when it says that it is disconnected.
      await settled(activeResources, (kinds) => surplus(kinds, resources).length === 0);
    });

    function client(transports: string[], options: ClientOptions = {}, base = running.url): Socket {
      const socket = connectClient(base, { transports, forceNew: true, reconnection: false, ...options });
      cleanups.push(() => disconnect(socket));
      return socket;
    }

    async function connected(transports: string[], options: ClientOptions = {}, base = running.url): Promise<Socket> {
      const socket = client(transports, options, base);
      await bounded(
        new Promise<void>((resolve, reject) => {
          socket.once('connect', resolve);
          socket.once('connect_error', reject);
        }),
        `a client to connect over ${transports}`,
      );
      return socket;
    }

    // First, while nothing of other tests is left in the process.
    describe('the end', () => {
      it('shuts down without waiting for clients that are connected, and leaves nothing behind', async () => {
        const before = activeResources();
        const own = await start(new Fixture());
        if (own.server !== undefined) own.server.keepAliveTimeout = 120_000;
        const agent = new Agent({ keepAlive: true });
        cleanups.push(() => agent.destroy());
        const sockets = await Promise.all(Object.values(modes).map((each) => connected(each, {}, own.url)));
        const reasons = sockets.map((socket) => once(socket, 'disconnect'));
        const [idle, silent] = await Promise.all([keptAlivePoll(own.url, agent), openPeer('websocket', own.url)]);
        // It reads nothing any more, so it never answers the closing handshake.
        (silent as WebSocketPeer).socket.pause();
        await promptly(own.stop(), 'the shutdown');

        for (const [reason] of await Promise.all(reasons)) {
          expect(['io server disconnect', 'transport close', 'transport error']).toContain(reason);
        }
        expect(await idle.answer).toBe(200);
        await expect(http(own.url + HELLO_PATH)).rejects.toThrow('ECONNREFUSED');
        agent.destroy();
        silent.drop();
        const after = await settled(activeResources, (kinds) => surplus(kinds, before).length === 0);
        expect(surplus(after, before)).toEqual([]);
      });

      it('never closes a server that is not its own, and leaves it as it was', async () => {
        const own = await start(new Fixture());
        cleanups.push(() => own.stop());
        // A framework that cannot end carillon alone has no way to close the server by it, either.
        if (own.detach === undefined || own.server === undefined) return expect(own.stop).toBeInstanceOf(Function);
        const ours = ['request', 'upgrade'] as const;
        const socket = await connected(['websocket'], {}, own.url);
        const disconnected = once(socket, 'disconnect');
        const during = listenersOf(own.server);
        await own.detach();
        await disconnected;
        expect(own.server.listening).toBe(true);
        expect((await http(own.url + HELLO_PATH)).text).toBe(HELLO);
        const after = listenersOf(own.server);
        for (const [event, listeners] of during) {
          const left = after.get(event) ?? [];
          // Nothing was added, and only what is ours is gone: at most one listener per event.
          expect(listeners).toEqual(expect.arrayContaining(left));
          expect(listeners.length - left.length).toBeLessThanOrEqual(ours.includes(event as 'request') ? 1 : 0);
        }
        const foreign = new WebSocket(own.url.replace('http', 'ws') + FOREIGN_BEFORE);
        await once(foreign, 'open');
        foreign.terminate();
      });
    });

    describe('in service', () => {
      beforeAll(async () => {
        running = await start(fixture);
      });

      afterAll(() => running?.stop());

      describe.each(Object.entries(modes))('%s', (mode, transports) => {
        it('connects, and moves to WebSocket when it may', async () => {
          const socket = await connected(transports);
          const { engine } = socket.io;
          if (mode === 'upgrade' && engine.transport.name !== 'websocket') await once(engine, 'upgrade');
          expect(engine.transport.name).toBe(mode === 'polling' ? 'polling' : 'websocket');
          expect(socket.id).toMatch(/^[\w-]{20}$/);
        });

        it('answers acknowledgements, in both directions', async () => {
          const socket = await connected(transports);
          socket.on('question', (value: number, answer: (value: number) => void) => answer(value * 2));
          expect(await socket.timeout(60_000).emitWithAck('echo', 'text')).toBe('text');
          expect(await socket.timeout(60_000).emitWithAck('echo', { nested: [1, null, 'ä€😀'] })).toEqual({
            nested: [1, null, 'ä€😀'],
          });
          expect(await socket.timeout(60_000).emitWithAck('ask')).toBe(42);
        });

        it('keeps all arguments and their order', async () => {
          const socket = await connected(transports);
          const answers = new Promise((resolve) => {
            socket.emit('echo', 'a', ['b'], 3, (...values: unknown[]) => resolve(values));
          });
          expect(await bounded(answers, 'the acknowledgement')).toEqual(['a', ['b'], 3]);
          const many = Array.from({ length: 50 }, (_, index) => socket.timeout(60_000).emitWithAck('echo', index));
          expect(await Promise.all(many)).toEqual(Array.from({ length: 50 }, (_, index) => index));
        });

        it('carries binary data both ways', async () => {
          const socket = await connected(transports);
          const bytes = Buffer.from([0, 1, 127, 128, 255]);
          const answer = await socket.timeout(60_000).emitWithAck('echo', { bytes, deep: [bytes] });
          expect(Buffer.from(answer.bytes)).toEqual(bytes);
          expect(Buffer.from(answer.deep[0])).toEqual(bytes);
        });

        it('carries a message of 300,000 characters', async () => {
          const socket = await connected(transports);
          const text = 'x'.repeat(300_000);
          expect(await socket.timeout(60_000).emitWithAck('echo', text)).toBe(text);
        });

        it('delivers to a room and to nobody else', async () => {
          const [speaker, member, former, stranger] = await Promise.all(
            Array.from({ length: 4 }, () => connected(transports)),
          );
          const heard: string[] = [];
          for (const [who, socket] of Object.entries({ speaker, member, former, stranger })) {
            socket!.on('said', (text: string) => heard.push(`${who}: ${text}`));
          }
          await Promise.all([member, former].map((socket) => socket!.timeout(60_000).emitWithAck('join', 'room')));
          await former!.timeout(60_000).emitWithAck('leave', 'room');
          const arrived = once(member!, 'said');
          await speaker!.timeout(60_000).emitWithAck('say', 'room', 'hi');
          await arrived;
          // Whatever was sent to the others is there before the answer to what they ask now.
          await Promise.all(
            [speaker, former, stranger].map((socket) => socket!.timeout(60_000).emitWithAck('echo', 'done')),
          );
          expect(heard).toEqual(['member: hi']);
        });

        it('refuses with connect_error and data when a middleware says no', async () => {
          const socket = client(transports, { auth: { token: 'wrong' } });
          const [error] = await once(socket, 'connect_error');
          expect(error.message).toBe('not authorized');
          expect(error.data).toEqual({ code: 'bad token' });
          expect(socket.connected).toBe(false);
        });

        it('answers the acknowledgement of a client whose event made a listener throw, and keeps the connection', async () => {
          const socket = await connected(transports);
          expect(await socket.timeout(60_000).emitWithAck('fail')).toMatchObject({ status: 'error' });
          socket.emit('fail');
          expect(await socket.timeout(60_000).emitWithAck('echo', 'still here')).toBe('still here');
        });
      });

      it('refuses a handshake over HTTP with 403', async () => {
        const answer = await http(engineUrl(running.url, 'polling'), { headers: { 'x-refused': 'yes' } });
        expect(answer.status).toBe(403);
        expect(JSON.parse(answer.text)).toEqual({ code: 4, message: 'Forbidden' });
      });

      it('refuses a handshake over WebSocket with a real 403', async () => {
        const peer = new WebSocketPeer(engineUrl(running.url.replace('http', 'ws'), 'websocket'), {
          'x-refused': 'yes',
        });
        expect(await peer.receive()).toMatch(/^end: refused 403 .*Forbidden$/);
      });

      it('answers a handshake of an unknown session with 400', async () => {
        const answer = await http(engineUrl(running.url, 'polling', { query: '&sid=nobody' }));
        expect([answer.status, JSON.parse(answer.text)]).toEqual([400, { code: 1, message: 'Session ID unknown' }]);
      });

      it('leaves the routes of the application alone', async () => {
        const answer = await http(running.url + HELLO_PATH);
        expect([answer.status, answer.text]).toEqual([200, HELLO]);
        expect((await http(`${running.url}/not-there`)).status).toBe(404);
      });

      it('leaves the upgrade handlers of others alone, and keeps its own path to itself', async () => {
        await connected(['websocket']);
        for (const path of running.foreignPaths ?? [FOREIGN_BEFORE, FOREIGN_AFTER]) {
          const peer = new WebSocket(running.url.replace('http', 'ws') + path);
          cleanups.push(() => peer.terminate());
          await once(peer, 'open', `the foreign handler of ${path}`);
          const echoed = once(peer, 'message');
          peer.send('hello, stranger');
          expect(String((await echoed)[0])).toBe('hello, stranger');
          const listed = once(peer, 'message');
          peer.send('seen');
          const seen: string[] = JSON.parse(String((await listed)[0]));
          expect(seen).toContain(path);
          expect(seen.filter((url) => url.startsWith('/socket.io'))).toEqual([]);
        }
      });

      it('serves many connections at once without a warning about listeners', async () => {
        const sockets = await Promise.all(
          Array.from({ length: 30 }, (_, index) => connected(index % 2 === 0 ? ['websocket'] : ['polling'])),
        );
        const answers = await Promise.all(
          sockets.map((socket, index) => socket.timeout(60_000).emitWithAck('echo', index)),
        );
        expect(answers).toEqual(sockets.map((_, index) => index));
        expect(warnings.filter((warning) => warning.name === 'MaxListenersExceededWarning')).toEqual([]);
        expect(running.output?.() ?? '').not.toContain('MaxListenersExceededWarning');
      });

      it('takes away none of the listeners the server had', () => {
        if (running.server === undefined) return expect(running.output).toBeDefined();
        expect(fixture.listenersBefore.get('upgrade')).toHaveLength(1);
        for (const [event, listeners] of fixture.listenersBefore) {
          expect(running.server.rawListeners(event as 'request')).toEqual(expect.arrayContaining(listeners));
        }
      });
    });
  });
}

/** A waiting GET over a connection that is kept alive, as browsers do it: the connection must not hold up the end. */
async function keptAlivePoll(base: string, agent: Agent): Promise<{ answer: Promise<number> }> {
  const get = (url: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      request(url, { agent }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      })
        .on('error', reject)
        .end();
    });
  const opened = await bounded(get(engineUrl(base, 'polling')), 'the handshake');
  const { sid } = JSON.parse(opened.text.slice(1));
  const answer = get(engineUrl(base, 'polling', { query: `&sid=${sid}` })).then(({ status }) => status);
  answer.catch(() => {});
  return { answer };
}

/** What keeps the process alive, by kind; names of kinds that come and go on their own are left out. */
function activeResources(): string[] {
  return realProcess
    .getActiveResourcesInfo()
    .filter((kind) => /Server|Socket|TLS|Timeout|Immediate|Process/.test(kind))
    .sort();
}

/** What is in `after` more often than in `before`. */
function surplus(after: string[], before: string[]): string[] {
  const rest = [...before];
  return after.filter((kind) => {
    const index = rest.indexOf(kind);
    if (index !== -1) rest.splice(index, 1);
    return index === -1;
  });
}

/** Looks again until the value is as it should be, or never will be. */
async function settled<T>(read: () => T, isFine: (value: T) => boolean): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    const value = read();
    if (isFine(value) || performance.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
