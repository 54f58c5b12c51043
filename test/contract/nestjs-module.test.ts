import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { io as connectClient } from 'socket.io-client';
import { CarillonAdapter, CarillonModule, CarillonService, startTestServer } from '../../integrations/nestjs/index.js';
import { http } from '../support/compat/http.js';
import { once } from '../support/compat/wait.js';
import { type Platform, platforms, usingApps } from '../support/nestjs/app.js';

@WebSocketGateway()
class Gateway {
  @SubscribeMessage('ping') ping() {
    return 'pong';
  }
}

@Injectable()
class Orders {
  constructor(private readonly carillon: CarillonService) {}
  paid(id: number) {
    this.carillon.emit('paid', id);
    this.carillon.of('/admin').emit('paid', id);
    return this.carillon.server.engine.clientsCount;
  }
}

@Controller()
class OrdersController {
  constructor(private readonly orders: Orders) {}
  @Get('pay') pay() {
    return { clients: this.orders.paid(7) };
  }
}

@Module({ providers: [Orders], controllers: [OrdersController] })
class OrdersModule {}

@Injectable()
class Config {
  readonly path = '/from-config';
}

@Module({ providers: [Config], exports: [Config] })
class ConfigModule {}

@Injectable()
class OptionsFactory {
  async createCarillonOptions() {
    return { path: '/from-class' };
  }
}

const start = usingApps();

describe.each(Object.keys(platforms) as Platform[])('CarillonModule on %s', (platform) => {
  it('provides a service that emits from anywhere, in modules that know nothing of gateways', async () => {
    const { connect, url } = await start({
      platform,
      imports: [CarillonModule.forRoot(), OrdersModule],
      providers: [Gateway],
    });
    const socket = await connect();
    const paid = once(socket, 'paid');
    expect(JSON.parse((await http(`${url}/pay`)).text)).toEqual({ clients: 1 });
    expect(await paid).toEqual([7]);
  });

  it('makes a server for the service when there is no gateway at all', async () => {
    const { connect, app } = await start({ platform, imports: [CarillonModule.forRoot()] });
    app.get(CarillonService).server.on('connection', (socket) => socket.join('all'));
    const socket = await connect();
    const news = once(socket, 'news');
    app.get(CarillonService).to('all').emit('news', 1);
    expect(await news).toEqual([1]);
    expect(await app.get(CarillonService).fetchSockets()).toHaveLength(1);
    const rest = once(socket, 'rest');
    app.get(CarillonService).except('nobody').emit('rest', 2);
    expect(await rest).toEqual([2]);
    expect(app.get(CarillonService).in('all')).toBeDefined();
  });
});

it.each([
  ['/from-root', CarillonModule.forRoot({ path: '/from-root' })],
  [
    '/from-config',
    CarillonModule.forRootAsync({
      imports: [ConfigModule],
      inject: [Config],
      useFactory: async (config: Config) => ({ path: config.path }),
    }),
  ],
  ['/from-class', CarillonModule.forRootAsync({ useClass: OptionsFactory })],
])('gives the adapter the options of the module: %s', async (path, module) => {
  const { connect } = await start({ imports: [module], providers: [Gateway] });
  const socket = await connect('/', { path });
  expect(await socket.timeout(60_000).emitWithAck('ping')).toBe('pong');
});

it('useExisting takes a provider that is there', async () => {
  @Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
  class FactoryModule {}
  const { connect } = await start({
    imports: [CarillonModule.forRootAsync({ imports: [FactoryModule], useExisting: OptionsFactory })],
    providers: [Gateway],
  });
  expect((await connect('/', { path: '/from-class' })).connected).toBe(true);
});

it('options of the adapter go on top of those of the module', async () => {
  const { connect } = await start({
    imports: [CarillonModule.forRoot({ path: '/below' })],
    providers: [Gateway],
    options: { path: '/above' },
  });
  expect((await connect('/', { path: '/above' })).connected).toBe(true);
});

it('is not needed: an application of NestFactory starts without it', async () => {
  @Module({ providers: [Gateway] })
  class Plain {}
  const app = await NestFactory.create(Plain, { logger: false });
  const server = await startTestServer(app, connectClient);
  const socket = await server.connect();
  expect(await socket.emitWithAck('ping')).toBe('pong');
  const gone = once(socket.io.engine, 'close');
  await server.close();
  await gone;
});

it('may be replaced by a stand-in in a test', async () => {
  const paid: unknown[] = [];
  const standIn = {
    emit: (...args: unknown[]) => paid.push(args),
    of: () => standIn,
    server: { engine: { clientsCount: 0 } },
  };
  const module = await Test.createTestingModule({ imports: [CarillonModule.forRoot(), OrdersModule] })
    .overrideProvider(CarillonService)
    .useValue(standIn)
    .compile();
  const app = module.createNestApplication({ logger: false });
  new CarillonAdapter(app);
  await app.init();
  expect(app.get(Orders, { strict: false }).paid(3)).toBe(0);
  expect(paid).toEqual([
    ['paid', 3],
    ['paid', 3],
  ]);
  await app.close();
});

describe('mistakes', () => {
  it('a service without an adapter says what is missing', async () => {
    const module = await Test.createTestingModule({ imports: [CarillonModule.forRoot()] }).compile();
    expect(() => module.get(CarillonService).emit('x')).toThrow('app.useWebSocketAdapter(new CarillonAdapter(app))');
    await module.close();
  });

  it('an application without HTTP server, too', async () => {
    @Module({ imports: [CarillonModule.forRoot()] })
    class Context {}
    const app = await NestFactory.createApplicationContext(Context, { logger: false });
    new CarillonAdapter(app);
    expect(() => app.get(CarillonService).server).toThrow('no HTTP server');
    await app.close();
  });

  it('the module twice with different options; with the same ones every service works', async () => {
    const twice = (first: object, second: object) =>
      Test.createTestingModule({
        imports: [CarillonModule.forRoot(first), OrdersModule, CarillonModule.forRoot(second), CarillonModule],
      }).compile();
    const conflicting = (await twice({ pingInterval: 1 }, { pingInterval: 2 })).createNestApplication();
    expect(() => new CarillonAdapter(conflicting)).toThrow('CarillonModule was imported twice, with different options');
    await conflicting.close();
    const module = await twice({ pingInterval: 1000 }, { pingInterval: 1000, isGlobal: false });
    const app = module.createNestApplication();
    app.useWebSocketAdapter(new CarillonAdapter(app));
    await app.init();
    const services = [...app.get(ModulesContainer).values()].flatMap(
      ({ providers }) => providers.get(CarillonService) ?? [],
    );
    expect(services.length).toBeGreaterThan(1);
    for (const { instance } of services) expect((instance as CarillonService).emit('x')).toBe(true);
    await app.close();
  });

  it('forRootAsync wants exactly one way', () => {
    expect(() => CarillonModule.forRootAsync({})).toThrow('got 0 of them');
    expect(() => CarillonModule.forRootAsync({ useFactory: () => ({}), useClass: OptionsFactory })).toThrow(
      'got 2 of them',
    );
  });

  it('a module that is not global is not seen elsewhere', async () => {
    const building = Test.createTestingModule({
      imports: [CarillonModule.forRoot({ isGlobal: false }), OrdersModule],
    }).compile();
    await expect(building).rejects.toThrow('CarillonService');
  });
});

describe('startTestServer', () => {
  const app = async () =>
    (
      await Test.createTestingModule({ imports: [CarillonModule.forRoot()], providers: [Gateway] }).compile()
    ).createNestApplication();

  it('starts, connects, waits for events and closes', async () => {
    const nest = await app();
    const server = await startTestServer(nest, connectClient);
    const socket = await server.connect();
    expect(await socket.emitWithAck('ping')).toBe('pong');
    const news = server.next(socket, 'news');
    nest.get(CarillonService).emit('news', 1, 2);
    expect(await news).toEqual([1, 2]);
    await expect(server.next(socket, 'nothing', 10)).rejects.toThrow('no event "nothing" within 10 ms');
    await expect(server.connect('/unknown')).rejects.toThrow('Invalid namespace');
    const gone = once(socket.io.engine, 'close');
    await server.close();
    await gone;
    await expect(http(server.url)).rejects.toThrow();
  });

  it('knows the path it was given', async () => {
    const server = await startTestServer(await app(), connectClient, { path: '/custom' });
    const socket = await server.connect('/', { transports: ['polling'] });
    expect(await socket.emitWithAck('ping')).toBe('pong');
    const gone = once(socket.io.engine, 'close');
    await server.close();
    await gone;
  });
});
