/**
 * carillon through its integrations, and what a Nest application had before: for the rows that show what a framework costs
 * per message. All of them serve on the HTTP server they are given, like those of `implementations.mjs`.
 */
import { existsSync, readFileSync } from 'node:fs';

const integration = (name) => new URL(`../../dist/integrations/${name}/index.js`, import.meta.url);
const missing = () =>
  existsSync(integration('nestjs')) ? undefined : 'dist/integrations is missing: run npm run build first';
const versionOf = (name) => () =>
  JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;

/** @type {Record<string, import('./implementations.mjs').Implementation>} */
export const frameworks = {
  fastify: {
    name: 'carillon in Fastify',
    version: versionOf('fastify'),
    missing,
    async attach(http, options, workload) {
      const { default: Fastify } = await import('fastify');
      const { default: carillon } = await import(integration('fastify').href);
      const app = Fastify({
        serverFactory: (handler) => {
          http.on('request', handler);
          return http;
        },
      });
      await app.register(carillon, options);
      workload.serveSocketIo(app.io);
      await app.ready();
    },
  },
  nest: {
    name: 'carillon in Nest',
    version: versionOf('@nestjs/core'),
    missing,
    async attach(http, options, workload) {
      const { Server } = await import('../../dist/core/index.js');
      const { CarillonAdapter } = await import(integration('nestjs').href);
      class Adapter extends CarillonAdapter {
        createIOServer() {
          return new Server(http, options);
        }
      }
      await serveGateway(workload.gateway, (app) => new Adapter(app));
    },
  },
  'nest-socket.io': {
    name: '@nestjs/platform-socket.io',
    version: versionOf('@nestjs/platform-socket.io'),
    missing: () => undefined,
    async attach(http, options, workload) {
      const { Server } = await import('socket.io');
      const { IoAdapter } = await import('@nestjs/platform-socket.io');
      class Adapter extends IoAdapter {
        createIOServer() {
          return new Server(http, options);
        }
      }
      await serveGateway(workload.gateway, (app) => new Adapter(app));
    },
  },
};

/** The workload's gateway, whose decorators are applied by hand: this is JavaScript. */
async function serveGateway(Gateway, adapterOf) {
  await import('reflect-metadata');
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } = await import('@nestjs/websockets');
  WebSocketGateway()(Gateway);
  WebSocketServer()(Gateway.prototype, 'io');
  for (const event of Gateway.events) {
    MessageBody()(Gateway.prototype, event, 0);
    SubscribeMessage(event)(Gateway.prototype, event, Object.getOwnPropertyDescriptor(Gateway.prototype, event));
  }
  class Application {}
  Module({ providers: [Gateway] })(Application);
  const app = await NestFactory.create(Application, { logger: ['error', 'warn'] });
  app.useWebSocketAdapter(adapterOf(app));
  await app.init();
}
