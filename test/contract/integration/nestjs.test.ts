import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Server } from '../../../core/index.js';
import { CarillonAdapter } from '../../../integrations/nestjs/index.js';
import { type Platform, platforms } from '../../support/nestjs/app.js';
import { integrationContract } from './contract.js';
import { type Fixture, HELLO, HELLO_PATH } from './fixture.js';

@Controller()
class HelloController {
  @Get(HELLO_PATH) hello() {
    return HELLO;
  }
}

async function start(platform: Platform, fixture: Fixture) {
  @WebSocketGateway()
  class Gateway implements OnGatewayInit {
    afterInit(io: Server): void {
      fixture.install(io);
    }
  }
  const module = await Test.createTestingModule({ controllers: [HelloController], providers: [Gateway] }).compile();
  const app: INestApplication = module.createNestApplication(platforms[platform](), { logger: false });
  const server = app.getHttpServer();
  fixture.beforeAttach(server);
  const adapter = new CarillonAdapter(app, fixture.options);
  // biome-ignore lint/correctness/useHookAtTopLevel: a method of Nest, not a hook of React
  app.useWebSocketAdapter(adapter);
  await app.init();
  fixture.afterAttach(server);
  await app.listen(0, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    stop: () => app.close(),
    detach: () => adapter.dispose(),
  };
}

for (const platform of Object.keys(platforms) as Platform[]) {
  integrationContract(`Nest on ${platform}`, (fixture) => start(platform, fixture));
}
