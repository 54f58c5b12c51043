// `npm run example:nestjs`: a chat of gateways. `PLATFORM=fastify npm run example:nestjs` serves the same on Fastify.
import 'reflect-metadata';
import { type INestApplication, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CarillonAdapter } from 'carillon/nestjs';
import { ChatModule } from './chat.module.js';

const platform = process.env.PLATFORM === 'fastify' ? 'Fastify' : 'Express';
const logger = ['warn' as const, 'error' as const];
const app: INestApplication =
  platform === 'Fastify'
    ? await NestFactory.create(ChatModule, new FastifyAdapter(), { logger })
    : await NestFactory.create(ChatModule, { logger });

app.useWebSocketAdapter(new CarillonAdapter(app));
app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true });

await app.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1');
console.log(`The chat runs on ${platform}: ${await app.getUrl()}`);
