// What gateways written for @nestjs/platform-socket.io rely on, beyond the messages of nestjs-oracle.test.ts. Where both
// can run it, both do.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type OnModuleDestroy,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import {
  type OnGatewayConnection,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from '@nestjs/websockets';
import type { Server, Socket } from '../../core/index.js';
import { JoinRoom, UseConnectionGuards } from '../../integrations/nestjs/index.js';
import { bounded, once } from '../support/compat/wait.js';
import { ask, createApp, startApp, usingApps } from '../support/nestjs/app.js';
import { passesAcknowledgement } from '../support/nestjs/version.js';

const start = usingApps();

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Ack = (...answer: unknown[]) => void;
const later = (ack: Ack, ...answer: unknown[]): void => void setImmediate(() => ack(...answer));

const TakenAck = createParamDecorator((_data: unknown, context: ExecutionContext) => context.getArgByIndex(2));

@Injectable()
class AnsweringInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    later(context.getArgByIndex(2), 'from the interceptor');
    return next.handle();
  }
}

@Catch()
class AnsweringFilter implements ExceptionFilter {
  catch(error: Error, host: ArgumentsHost): void {
    later(host.getArgByIndex(2), `filtered ${error.message}`);
  }
}

const deep = (): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < 100_000; level++) value = [value];
  return value;
};

@WebSocketGateway()
class Gateway {
  @SubscribeMessage('positional') positional(_client: Socket, data: unknown, ack: Ack) {
    later(ack, 'later', data);
  }
  @SubscribeMessage('with a default') withDefault(_client: Socket, data: unknown, ack: Ack = () => {}) {
    later(ack, 'later', data);
  }
  @SubscribeMessage('all') all(...args: any[]) {
    later(args[2], 'later', args[1]);
  }
  @JoinRoom('room')
  @SubscribeMessage('positional in a room')
  inRoom(client: Socket, _data: unknown, ack: Ack) {
    later(ack, client.rooms.has('room'));
  }
  @SubscribeMessage('decorated') decorated(@TakenAck() ack: Ack) {
    later(ack, 'by decorator');
  }
  @UseInterceptors(AnsweringInterceptor)
  @SubscribeMessage('intercepted')
  intercepted() {}
  @UseFilters(AnsweringFilter)
  @SubscribeMessage('filtered')
  filtered() {
    throw new WsException('no');
  }
  @SubscribeMessage('returns') returns(_client: Socket, _data: unknown, _ack: Ack) {
    return 'returned';
  }
  @SubscribeMessage('fails') fails(_client: Socket, _data: unknown, _ack: Ack) {
    throw new WsException('failed');
  }
  @SubscribeMessage('event alone') eventAlone() {
    return { event: 'pong' };
  }
  @SubscribeMessage('an entry') entry() {
    return { event: 'meeting', at: 5 };
  }
  @SubscribeMessage('nothing') nothing() {}
}

describe('acknowledgements that application code takes', () => {
  it.each([
    ['positional', [1], ['later', 1]],
    ['with a default', [1], ['later', 1]],
    ['all', [1], ['later', 1]],
    ['decorated', [], ['by decorator']],
    ['intercepted', [], ['from the interceptor']],
    ['filtered', [], ['filtered no']],
    ['returns', [], ['returned']],
  ])('%s', async (event, args, expected) => {
    // Before 11.1 Nest passes `(client, data)`; ours passes the acknowledgement to who declares it.
    if (event === 'all' && !passesAcknowledgement) return;
    for (const official of passesAcknowledgement ? [true, false] : [false]) {
      const { connect } = await start({ official, providers: [Gateway] });
      expect(await ask(await connect(), event, ...args)).toEqual(expected);
    }
  });

  it('is the same where room decorators wrap the handler', async () => {
    const { connect } = await start({ providers: [Gateway] });
    expect(await ask(await connect(), 'positional in a room')).toEqual([true]);
  });

  it('an exception is the answer, whoever took the acknowledgement', async () => {
    const { connect } = await start({ providers: [Gateway] });
    const answer = await ask(await connect(), 'fails', 'x');
    expect(answer).toEqual([{ status: 'error', message: 'failed', cause: { pattern: 'fails', data: 'x' } }]);
  });

  it('is empty when nobody takes it', async () => {
    const { connect } = await start({ providers: [Gateway] });
    expect(await ask(await connect(), 'nothing')).toEqual([]);
  });
});

it('an object with `event` alone is emitted; one with other fields is an answer', async () => {
  const pongs: unknown[] = [];
  for (const official of [true, false]) {
    const { connect } = await start({ official, providers: [Gateway] });
    const socket = await connect();
    const pong = once(socket, 'pong');
    socket.emit('event alone');
    pongs.push(await pong);
  }
  expect(pongs[1]).toEqual(pongs[0]);
  const { connect } = await start({ providers: [Gateway] });
  expect(await ask(await connect(), 'an entry')).toEqual([{ event: 'meeting', at: 5 }]);
});

describe('answers that cannot be encoded', () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const answers: Record<string, () => unknown> = { bigint: () => 10n, cycle: () => cycle, deep };

  @WebSocketGateway()
  class Unencodable {
    @SubscribeMessage('answer') answer(_client: Socket, name: string) {
      return answers[name]!();
    }
    @SubscribeMessage('later') async later(_client: Socket, name: string) {
      return answers[name]!();
    }
    @SubscribeMessage('event') event(_client: Socket, name: string) {
      return { event: 'answer', data: answers[name]!() };
    }
    @SubscribeMessage('stream') async *stream(_client: Socket, name: string) {
      yield { event: 'first', data: 1 };
      yield answers[name]!();
    }
    @SubscribeMessage('throw') throw(_client: Socket, name: string) {
      throw new WsException({ reason: answers[name]!() });
    }
    @SubscribeMessage('fine') fine() {
      return 'fine';
    }
  }

  it.each(Object.keys(answers))('%s: the client is told, it is logged, and life goes on', async (name) => {
    const { connect, logs } = await start({ providers: [Unencodable] });
    const socket = await connect();
    for (const event of ['answer', 'later', 'event', 'stream', 'throw']) {
      expect(await ask(socket, event, name)).toEqual([
        expect.objectContaining({ status: 'error', message: 'Internal server error' }),
      ]);
    }
    expect(logs.length).toBeGreaterThanOrEqual(5);
    expect(await ask(socket, 'fine')).toEqual(['fine']);
  });
});

describe('handleConnection', () => {
  const gates: (() => void)[] = [];

  @WebSocketGateway()
  class Lasting implements OnGatewayConnection {
    async handleConnection(client: Socket) {
      await once(client as never, 'disconnect');
    }
    @SubscribeMessage('ping') ping(_client: Socket, data: unknown) {
      return data;
    }
  }

  @WebSocketGateway()
  class Waiting implements OnGatewayConnection {
    async handleConnection(client: Socket) {
      await new Promise<void>((resolve) => gates.push(resolve));
      client.data.through = true;
    }
    @SubscribeMessage('go on') goOn() {
      for (const open of gates.splice(0)) open();
      return 'gone on';
    }
  }

  it('that lasts as long as the client does not keep its messages', async () => {
    const { connect, logs } = await start({ providers: [Lasting], options: { handleConnectionTimeout: 20 } });
    const socket = await connect();
    const answers = await Promise.all([1, 2, 3].map((index) => ask(socket, 'ping', index)));
    expect(answers).toEqual([[1], [2], [3]]);
    expect(logs).toEqual([expect.stringContaining('handleConnection() of Lasting')]);
    await ask(await connect(), 'ping', 4);
    expect(logs).toHaveLength(1);
  });

  it('that waits for a message gets it, without a setting', async () => {
    const { connect } = await start({ providers: [Waiting] });
    expect(await ask(await connect(), 'go on')).toEqual(['gone on']);
  });

  it('what waits is bounded in bytes', async () => {
    const options = { handleConnectionTimeout: 60_000, maxPendingBytes: 100_000 };
    const { connect } = await start({ providers: [Lasting], options });
    const honest = await connect();
    for (let index = 0; index < 100; index++) honest.emit('ping', index);
    honest.emit('ping', 'x'.repeat(30_000));
    const greedy = await connect();
    for (let index = 0; index < 3; index++) greedy.emit('ping', Buffer.alloc(40_000));
    await once(greedy, 'disconnect');
    expect(honest.connected).toBe(true);
  });

  it('and a bound that is none is refused', async () => {
    await expect(createApp({ providers: [Lasting], options: { maxPendingBytes: -1 } })).rejects.toThrow(
      'maxPendingBytes',
    );
    const soon = createApp({ providers: [Lasting], options: { handleConnectionTimeout: 'soon' as never } });
    await expect(soon).rejects.toThrow('handleConnectionTimeout');
  });
});

describe('global filters', () => {
  @Catch(WsException)
  class GlobalFilter implements ExceptionFilter {
    catch(error: WsException, host: ArgumentsHost): void {
      host.switchToWs().getClient<Socket>().emit('exception', { global: error.message });
    }
  }

  @WebSocketGateway()
  class Failing {
    @SubscribeMessage('fail') fail() {
      throw new WsException('no');
    }
    @SubscribeMessage('nothing') nothing() {}
  }

  it('answer whichever comes first, they or the adapter', async () => {
    const { connect } = await start({
      providers: [Failing],
      prepare: (app) => app.useGlobalFilters(new GlobalFilter()),
    });
    const socket = await connect();
    expect(await ask(socket, 'fail')).toEqual([{ global: 'no' }]);
    expect(await ask(socket, 'nothing')).toEqual([]);
  });
});

describe('gateways whose options mean the same start', () => {
  const open = () => [
    { cors: true },
    { cors: {} },
    { cors: { origin: '*' } },
    { cors: { origin: ['*'], credentials: false } },
    { cors: { methods: ['PUT', 'GET', 'HEAD', 'PATCH', 'POST', 'DELETE'] } },
  ];
  const inOrder = () => [{ transports: ['polling', 'websocket'] }, { transports: ['websocket', 'polling'] }];
  const functions = () => [
    { cors: { origin: (_origin: unknown, callback: Function) => callback(null, true) } },
    { cors: { origin: (_origin: unknown, callback: Function) => callback(null, true) } },
  ];
  const others = () => [
    { cors: { allowedHeaders: 'x-a, x-b', origin: 'https://a.example' } },
    { cors: { allowedHeaders: ['x-b', 'x-a'], origin: ['https://a.example'], maxAge: undefined } },
  ];

  const gatewaysWith = (options: object[]) =>
    options.map((each, index) => {
      @WebSocketGateway({ namespace: `n${index}`, ...each })
      class One {
        @SubscribeMessage('who') who() {
          return index;
        }
      }
      return One;
    });

  it.each([
    ['open to all', open],
    ['transports in another order', inOrder],
    ['the same function twice', functions],
    ['lists and texts', others],
  ])('%s', async (_name, make) => {
    const providers = gatewaysWith(make());
    const { connect } = await start({ providers });
    for (const index of providers.keys()) expect(await ask(await connect(`/n${index}`), 'who')).toEqual([index]);
  });

  it.each([
    [[{ cors: true }, { cors: { origin: 'https://a.example' } }]],
    [[{ cors: true }, { cors: { credentials: true } }]],
    [[{ transports: ['polling'] }, { transports: ['websocket'] }]],
    [[{ cors: { origin: () => true } }, { cors: { origin: () => false } }]],
  ])('and those that do not are an error: %j', async (options) => {
    await expect(createApp({ providers: gatewaysWith(options) })).rejects.toThrow('share one server');
  });
});

describe('the end', () => {
  for (const hook of ['onModuleDestroy', 'beforeApplicationShutdown'] as const) {
    it(`a goodbye emitted in ${hook} arrives`, async () => {
      @WebSocketGateway()
      class Polite {
        @WebSocketServer() server!: Server;
        handleDisconnect() {}
        onModuleDestroy() {
          if (hook === 'onModuleDestroy') this.server.emit('goodbye', hook);
        }
        async beforeApplicationShutdown() {
          await nextTurn();
          if (hook === 'beforeApplicationShutdown') this.server.emit('goodbye', hook);
        }
      }
      for (const official of [true, false]) {
        // The official one loses it over polling.
        for (const transports of official ? [['websocket']] : [['websocket'], ['polling']]) {
          const { app, connect } = await startApp({ official, providers: [Polite] });
          const socket = await connect('/', { transports });
          const goodbye = once(socket, 'goodbye', `the goodbye (official: ${official}, ${transports})`);
          const disconnected = once(socket, 'disconnect');
          await bounded(app.close(), 'the application to close');
          expect(await goodbye).toEqual([hook]);
          await disconnected;
        }
      }
    });
  }

  it('gateways hear of it once, while their providers are there', async () => {
    const trace: string[] = [];
    @WebSocketGateway()
    class Tracing implements OnModuleDestroy {
      async handleDisconnect(_client: Socket) {
        await nextTurn();
        trace.push('left');
      }
      onModuleDestroy() {
        trace.push('destroyed');
      }
    }
    const { app, connect } = await startApp({ providers: [Tracing] });
    const socket = await connect();
    const disconnected = once(socket, 'disconnect');
    await app.close();
    await disconnected;
    expect(trace).toEqual(['left', 'destroyed']);
  });

  it('listeners are gone from a socket one tick after it disconnected', async () => {
    let held: Socket | undefined;
    @WebSocketGateway()
    class Holding implements OnGatewayConnection {
      handleConnection(client: Socket) {
        held = client;
      }
      handleDisconnect() {}
      @SubscribeMessage('one') one() {}
      @SubscribeMessage('two') two() {}
    }
    for (const official of [true, false]) {
      const { connect } = await start({ official, providers: [Holding] });
      const socket = await connect();
      await bounded(
        (async () => {
          while (held === undefined || held.listenerCount('two') === 0) await nextTurn();
        })(),
        'the listeners',
      );
      const gone = new Promise<void>((resolve) => held!.on('disconnect', () => setImmediate(resolve)));
      socket.disconnect();
      await gone;
      expect([held!.listenerCount('one'), held!.listenerCount('two')]).toEqual([0, 0]);
      held = undefined;
    }
  });
});

describe('the start', () => {
  it('a port in use rejects app.listen()', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, resolve));
    const { port } = blocker.address() as AddressInfo;
    @WebSocketGateway(port)
    class Late {}
    try {
      const { app } = await createApp({ providers: [Late] });
      await expect(app.listen(0, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
      await app.close();
    } finally {
      blocker.close();
    }
  });

  it.each(['rejects', 'throws'])('an afterInit that %s rejects app.listen()', async (way) => {
    @WebSocketGateway({ namespace: 'x' })
    class Broken implements OnGatewayInit {
      afterInit(): unknown {
        if (way === 'throws') throw new Error('not ready');
        return Promise.reject(new Error('not ready'));
      }
    }
    const { app } = await createApp({ providers: [Broken] });
    await expect(app.listen(0, '127.0.0.1')).rejects.toThrow('not ready');
    await app.close();
  });

  it('waits for an afterInit that takes its time', async () => {
    let isReady = false;
    @WebSocketGateway()
    class Slow implements OnGatewayInit {
      async afterInit() {
        for (let turn = 0; turn < 5; turn++) await nextTurn();
        isReady = true;
      }
    }
    await start({ providers: [Slow] });
    expect(isReady).toBe(true);
  });
});

describe('connection guards and recovered sessions', () => {
  let asked = 0;
  @UseConnectionGuards({
    canActivate: (context: ExecutionContext) => {
      asked++;
      return context.switchToWs().getClient<Socket>().handshake.auth.token === 'good';
    },
  })
  @WebSocketGateway()
  class Guarded {
    @WebSocketServer() server!: Server;
    @SubscribeMessage('recovered') recovered(client: Socket) {
      return client.recovered;
    }
  }

  /** A client that loses its connection and comes back with another token. */
  async function comeBack(skipMiddlewares: boolean | undefined, token: string) {
    asked = 0;
    const connectionStateRecovery = skipMiddlewares === undefined ? {} : { skipMiddlewares };
    const { app, connect } = await start({ providers: [Guarded], options: { connectionStateRecovery } });
    const auth = { token: 'good' };
    const socket = await connect('/', { auth, reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1 });
    // Recovery begins with the first event that has an offset.
    const first = once(socket, 'first');
    app.get(Guarded).server.emit('first');
    await first;
    auth.token = token;
    const outcome = new Promise<string>((resolve) => {
      socket.once('connect', () => resolve('connected'));
      socket.once('connect_error', (error) => resolve(error.message));
    });
    socket.io.engine.close();
    const result = await bounded(outcome, 'the client to come back, or not');
    const recovered = result === 'connected' ? await ask(socket, 'recovered') : undefined;
    socket.disconnect();
    return { result, recovered, asked };
  }

  it('are asked again: a revoked token does not come back in', async () => {
    expect(await comeBack(undefined, 'revoked')).toMatchObject({ result: 'Forbidden resource', asked: 2 });
    expect(await comeBack(undefined, 'good')).toEqual({ result: 'connected', recovered: [true], asked: 2 });
  });

  it('are not when the application says so', async () => {
    expect(await comeBack(true, 'revoked')).toEqual({ result: 'connected', recovered: [true], asked: 1 });
  });
});
