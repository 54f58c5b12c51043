import { EventEmitter } from 'node:events';
import { createConnection } from 'node:net';
import { Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { Observable } from 'rxjs';
import { io as connectClient } from 'socket.io-client';
import { MemoryAdapter, type Namespace, type Server, type Socket } from '../../core/index.js';
import {
  CarillonAdapter,
  CarillonUsageError,
  type GatewayOptions,
  JoinRoom,
  UseConnectionGuards,
} from '../../integrations/nestjs/index.js';
import { http } from '../support/compat/http.js';
import { engineUrl } from '../support/compat/peers.js';
import { bounded, once } from '../support/compat/wait.js';
import { ask, createApp, type Platform, platforms, startApp, usingApps } from '../support/nestjs/app.js';
import { destroysInReverse } from '../support/nestjs/version.js';

const start = usingApps();
/** Node's own: a test sees a copy, which hears no warnings. */
const realProcess: NodeJS.Process = (EventEmitter.constructor as FunctionConstructor)('return process')();

/** The order is Nest's. */
const destroyed = ['gateway destroyed', 'database closed'];
if (!destroysInReverse) destroyed.reverse();

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

let trace: string[] = [];
beforeEach(() => {
  trace = [];
});

@Injectable()
class Database implements OnModuleDestroy {
  isOpen = true;
  async onModuleDestroy() {
    trace.push('database closed');
    this.isOpen = false;
  }
}

@Module({ providers: [Database], exports: [Database] })
class DatabaseModule {}

let release: () => void = () => {};

@WebSocketGateway()
class Busy implements OnModuleDestroy {
  constructor(private readonly database: Database) {}
  @SubscribeMessage('work') async work() {
    trace.push('work begins');
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return this.database.isOpen;
  }
  @SubscribeMessage('watch') watch(): Observable<unknown> {
    return new Observable((subscriber) => subscriber.next({ event: 'tick', data: 1 }));
  }
  async handleDisconnect() {
    await nextTurn();
    trace.push(`left, database ${this.database.isOpen ? 'open' : 'closed'}`);
  }
  onModuleDestroy() {
    trace.push('gateway destroyed');
  }
}

@WebSocketGateway()
class Plain {
  @WebSocketServer() server!: Server;
  @SubscribeMessage('ping') ping(@MessageBody() body: unknown) {
    return body;
  }
}

@WebSocketGateway({ namespace: 'named', cors: { origin: 'https://a.example' } })
class Named {
  @WebSocketServer() namespace!: Namespace;
  @SubscribeMessage('ping') ping() {
    return this.namespace.name;
  }
}

@WebSocketGateway({ namespace: /^\/room-\d+$/ })
class Pattern {
  handleConnection(client: Socket) {
    client.data.hello = client.nsp.name;
  }
  @SubscribeMessage('hello') hello(client: Socket) {
    return client.data.hello;
  }
}

@WebSocketGateway({ namespace: /^\/room-\d+$/ })
class SamePattern {
  @SubscribeMessage('second') second() {
    return 'also here';
  }
}

@WebSocketGateway({ path: '/elsewhere' })
class Elsewhere {
  @SubscribeMessage('ping') ping() {
    return 'elsewhere';
  }
}

describe.each(Object.keys(platforms) as Platform[])('the life of a Nest application on %s', (platform) => {
  it('serves namespaces, patterns and paths on one port, next to the routes', async () => {
    const { connect, url } = await start({ platform, providers: [Plain, Named, Pattern, SamePattern, Elsewhere] });
    expect(await ask(await connect('/'), 'ping', 1)).toEqual([1]);
    expect(await ask(await connect('/named'), 'ping')).toEqual(['/named']);
    const room = await connect('/room-12');
    expect(await ask(room, 'hello')).toEqual(['/room-12']);
    expect(await ask(room, 'second')).toEqual(['also here']);
    expect(await ask(await connect('/', { path: '/elsewhere' }), 'ping')).toEqual(['elsewhere']);
    expect((await http(`${url}/nothing`)).status).toBe(404);
    await expect(connect('/unknown')).rejects.toThrow('Invalid namespace');
  });

  it('gives every server what any of its gateways asks for', async () => {
    const { url } = await start({ platform, providers: [Plain, Named] });
    const answer = await http(engineUrl(url, 'polling'), { headers: { origin: 'https://a.example' } });
    expect(answer.headers['access-control-allow-origin']).toBe('https://a.example');
  });

  it('takes `cors: true` for everybody', async () => {
    @WebSocketGateway({ cors: true })
    class Open {}
    const { url } = await start({ platform, providers: [Open] });
    const answer = await http(engineUrl(url, 'polling'), { headers: { origin: 'https://a.example' } });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });

  it('lets handlers finish, tells gateways who left, and then destroys providers', async () => {
    const { app, connect } = await startApp({ platform, imports: [DatabaseModule], providers: [Busy] });
    const socket = await connect();
    const watcher = await connect();
    watcher.emit('watch');
    await once(watcher, 'tick');
    const answer = ask(socket, 'work');
    await bounded(
      (async () => {
        while (trace.length === 0) await nextTurn();
      })(),
      'the handler to begin',
    );
    const disconnects = [socket, watcher].map((each) => once(each, 'disconnect'));
    const closed = app.close();
    await nextTurn();
    release();
    expect(await answer).toEqual([true]);
    await Promise.all([closed, ...disconnects]);
    expect(trace).toEqual(['work begins', 'left, database open', 'left, database open', ...destroyed]);
  });

  it('does not wait longer for handlers than it was told to', async () => {
    const { app, connect } = await startApp({
      platform,
      imports: [DatabaseModule],
      providers: [Busy],
      options: { drainTimeout: 20 },
    });
    const socket = await connect();
    socket.emit('work');
    await bounded(
      (async () => {
        while (trace.length === 0) await nextTurn();
      })(),
      'the handler to begin',
    );
    await bounded(app.close(), 'the end');
    expect(trace.at(-1)).toBe(destroyed.at(-1));
    release();
    const { engine } = socket.io;
    if (engine.readyState !== 'closed') await once(engine, 'close');
  });

  it('leaves the HTTP server to the application', async () => {
    const { app, logs } = await createApp({ platform, providers: [Plain] });
    await app.listen(0, '127.0.0.1');
    const server = app.getHttpServer();
    const before = server.listening;
    const adapter = new CarillonAdapter(app);
    await adapter.close(app.get(Plain).server);
    expect([before, server.listening]).toEqual([true, true]);
    await app.close();
    expect(server.listening).toBe(false);
    expect(logs).toEqual([]);
  });

  it('drops a client of which Nest says that it came too early, so that it comes again', async () => {
    const { app, client } = await start({ platform, providers: [Plain] });
    const { server } = app.get(Plain);
    const adapter: CarillonAdapter = app.get(ApplicationConfig).getIoAdapter() as never;
    // What versions of Nest do that know of it: closeClient instead of bindMessageHandlers.
    server.prependOnceListener('connection', (socket: Socket) => adapter.closeClient(socket));
    const early = client('/', { reconnection: true, reconnectionDelay: 5 });
    expect(await once(early, 'disconnect')).toEqual(['transport close', expect.anything()]);
    await once(early, 'connect');
    expect(await ask(early, 'ping', 'now')).toEqual(['now']);
  });

  it('hosts 50 gateways without a warning', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    realProcess.on('warning', onWarning);
    const gateways = Array.from({ length: 50 }, (_, index) => {
      @WebSocketGateway()
      class Many {
        handleConnection() {}
        handleDisconnect() {}
        @SubscribeMessage('same') same() {}
        @SubscribeMessage(`event ${index}`) own() {
          return index;
        }
      }
      return Many;
    });
    const { connect } = await start({ platform, providers: gateways });
    const socket = await connect();
    expect(await ask(socket, 'same')).toEqual([]);
    expect(await ask(socket, 'event 49')).toEqual([49]);
    // Warnings are told in a turn of their own.
    await nextTurn();
    realProcess.off('warning', onWarning);
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
  });
});

it('disconnects a client that sends more than may wait for its handleConnection', async () => {
  @WebSocketGateway()
  class Slow {
    handleConnection() {
      return new Promise<void>(() => {});
    }
    @SubscribeMessage('x') x() {}
  }
  const options = { handleConnectionTimeout: 60_000 };
  const { connect, logs } = await start({ providers: [Slow], options });
  const socket = await connect();
  const gone = once(socket, 'disconnect');
  for (let i = 0; i <= 16_384; i++) socket.emit('x');
  expect((await gone)[0]).toMatch(/^(io server disconnect|transport close)$/);
  expect(logs).toEqual([]);
});

it('serves both addresses of localhost on Fastify, over both transports', async () => {
  const { server } = await start({ platform: 'Fastify', providers: [Plain], host: 'localhost' });
  const { port } = server.address() as { port: number };
  const hosts = ['127.0.0.1', '[::1]'];
  const reachable = await Promise.all(hosts.map((host) => answers(host.replace(/[[\]]/g, ''), port)));
  for (const host of hosts.filter((_, index) => reachable[index])) {
    for (const transport of ['polling', 'websocket']) {
      const socket = connectClient(`http://${host}:${port}`, { transports: [transport], forceNew: true });
      expect(await ask(socket, 'ping', host)).toEqual([host]);
      const gone = once(socket.io.engine, 'close');
      socket.disconnect();
      await gone;
    }
  }
  expect(reachable).toContain(true);
});

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

it('serves gateways with a port of their own, and closes it', async () => {
  const { server: probe, close } = await startApp({ providers: [Plain] });
  const { port } = probe.address() as { port: number };
  await close();
  @WebSocketGateway(port)
  class OwnPort {
    @SubscribeMessage('ping') ping() {
      return 'own port';
    }
  }
  const { app } = await startApp({ providers: [OwnPort, Plain] });
  const options = { transports: ['websocket'], forceNew: true, reconnection: false };
  const socket = connectClient(`http://127.0.0.1:${port}`, options);
  expect(await ask(socket, 'ping')).toEqual(['own port']);
  const gone = once(socket.io.engine, 'close');
  await app.close();
  await gone;
  expect(await answers('127.0.0.1', port)).toBe(false);
});

it('lets a class of its own make servers, as the old adapter does', async () => {
  class Counting extends MemoryAdapter {
    static made = 0;
    constructor(namespace: ConstructorParameters<typeof MemoryAdapter>[0]) {
      super(namespace);
      Counting.made++;
    }
  }
  class OwnAdapter extends CarillonAdapter {
    override createIOServer(port: number, options?: GatewayOptions) {
      const server = super.createIOServer(port, { ...options, path: '/own' });
      server.adapter(Counting);
      return server;
    }
  }
  const { connect } = await start({
    providers: [Plain, Named],
    prepare: (app) => app.useWebSocketAdapter(new OwnAdapter(app)),
  });
  expect(await ask(await connect('/named', { path: '/own' }), 'ping')).toEqual(['/named']);
  expect(Counting.made).toBe(2);
});

describe('mistakes are named, with what to do about them', () => {
  @WebSocketGateway({ namespace: 'a', pingInterval: 1000 })
  class First {}
  @WebSocketGateway({ namespace: 'b', pingInterval: 2000 })
  class Second {}
  @JoinRoom('room')
  class NoGateway {}
  @UseConnectionGuards({ canActivate: () => true })
  class GuardedNoGateway {}
  @WebSocketGateway()
  class NoHandler {
    @JoinRoom('room') method() {}
  }

  it.each([
    [[First, Second], 'First and Second share one server', 'new CarillonAdapter(app, { pingInterval: ... })'],
    [[NoGateway], '@JoinRoom() has no effect on NoGateway', 'Add @WebSocketGateway()'],
    [[GuardedNoGateway], '@UseConnectionGuards() has no effect on GuardedNoGateway', 'Add @WebSocketGateway()'],
    [[NoHandler], '@JoinRoom() has no effect on NoHandler.method()', "Add @SubscribeMessage('event')"],
  ])('%p', async (providers, mistake, fix) => {
    const error = await createApp({ providers }).catch((caught) => caught);
    expect(error).toBeInstanceOf(CarillonUsageError);
    expect(error.message).toContain(mistake);
    expect(error.message).toContain(fix);
  });

  it('names of options that are none', async () => {
    const misspelt = createApp({ providers: [Plain], options: { pingIntervall: 1000 } as never });
    await expect(misspelt).rejects.toThrow('did you mean "pingInterval"?');
    // What the old platform ignores is no reason not to start.
    @WebSocketGateway({ pingTimout: 1000 } as never)
    class Misspelt {}
    const { logs } = await start({ providers: [Misspelt] });
    expect(logs).toEqual([expect.stringMatching(/Misspelt: .*did you mean "pingTimeout"\?/)]);
  });

  it('one path is one server, however it is written', async () => {
    @WebSocketGateway({ path: '/ws/', namespace: 'one' })
    class One {
      @SubscribeMessage('who') who() {
        return 'one';
      }
    }
    @WebSocketGateway({ namespace: 'two' })
    class Two {
      @SubscribeMessage('who') who() {
        return 'two';
      }
    }
    const { connect } = await start({ providers: [One, Two], options: { path: '/ws' } });
    for (const name of ['one', 'two']) {
      expect(await ask(await connect(`/${name}`, { path: '/ws' }), 'who')).toEqual([name]);
    }
  });

  it('gateways that agree, and adapters whose options they override, are fine', async () => {
    @WebSocketGateway({ namespace: 'c', pingInterval: 1000 })
    class Third {}
    const { connect } = await start({ providers: [First, Third], options: { pingInterval: 5000 } });
    const socket = await connect('/c');
    expect((socket.io.engine as unknown as { _pingInterval: number })._pingInterval).toBe(1000);
  });

  it('wrong options, wrong arguments', async () => {
    const { app } = await createApp({ providers: [Plain] });
    expect(() => new CarillonAdapter(app.getHttpServer())).toThrow('new CarillonAdapter(app)');
    expect(() => new CarillonAdapter(undefined as never)).toThrow(CarillonUsageError);
    expect(() => new CarillonAdapter(app, { drainTimeout: -1 })).toThrow('drainTimeout');
    await app.close();
    const wrong = await createApp({ providers: [Plain], options: { pingInterval: 'soon' as never } });
    await expect(wrong.app.init()).rejects.toThrow('invalid option "pingInterval"');
    await wrong.app.close();
  });
});
