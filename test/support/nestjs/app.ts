import 'reflect-metadata';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Test } from '@nestjs/testing';
import { io as connectClient, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { CarillonAdapter, type CarillonOptions } from '../../../integrations/nestjs/index.js';
import { bounded, once } from '../compat/wait.js';

export const platforms = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };
export type Platform = keyof typeof platforms;

export interface AppSettings extends ModuleMetadata {
  platform?: Platform;
  options?: CarillonOptions;
  /** The platform gateways are written for, instead of ours. */
  official?: boolean;
  /** Before the application listens. */
  prepare?: (app: INestApplication) => void;
  host?: string;
}

export interface RunningApp {
  app: INestApplication;
  url: string;
  server: HttpServer;
  /** What was logged as a warning or an error. */
  logs: string[];
  connect(namespace?: string, options?: Partial<ManagerOptions & SocketOptions>): Promise<Socket>;
  /** Does not wait until it is connected. */
  client(namespace?: string, options?: Partial<ManagerOptions & SocketOptions>): Socket;
  close(): Promise<void>;
}

/** Keeps what Nest would print. */
class Recorder implements LoggerService {
  readonly lines: string[] = [];
  log(): void {}
  debug(): void {}
  verbose(): void {}
  warn(message: unknown): void {
    this.lines.push(String(message));
  }
  error(message: unknown): void {
    this.lines.push(String(message));
  }
}

/** An application made of these providers, not listening. */
export async function createApp(settings: AppSettings): Promise<{ app: INestApplication; logs: string[] }> {
  const { platform = 'Express', options, official, prepare, host: _, ...metadata } = settings;
  const module = await Test.createTestingModule(metadata).compile();
  const recorder = new Recorder();
  const app = module.createNestApplication(platforms[platform](), { logger: recorder });
  app.useWebSocketAdapter(official ? new IoAdapter(app) : new CarillonAdapter(app, options));
  prepare?.(app);
  return { app, logs: recorder.lines };
}

export async function startApp(settings: AppSettings): Promise<RunningApp> {
  const { app, logs } = await createApp(settings);
  await app.listen(0, settings.host ?? '127.0.0.1');
  const server: HttpServer = app.getHttpServer();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: Socket[] = [];
  const client: RunningApp['client'] = (namespace = '/', given = {}) => {
    const socket = connectClient(url + namespace, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      ...given,
    });
    clients.push(socket);
    return socket;
  };
  return {
    app,
    url,
    server,
    logs,
    client,
    async connect(namespace, given) {
      const socket = client(namespace, given);
      await bounded(
        new Promise<void>((resolve, reject) => {
          socket.once('connect', resolve);
          socket.once('connect_error', reject);
        }),
        'a client to connect',
      );
      return socket;
    },
    async close() {
      for (const socket of clients) {
        const { engine } = socket.io;
        const closed = engine && engine.readyState !== 'closed' ? once(engine, 'close') : undefined;
        socket.disconnect();
        await closed;
      }
      await app.close();
    },
  };
}

/** Starts applications and closes them after each test. */
export function usingApps(): (settings: AppSettings) => Promise<RunningApp> {
  const running: RunningApp[] = [];
  afterEach(async () => {
    for (const each of running.splice(0)) await each.close();
  });
  return async (settings) => {
    const started = await startApp(settings);
    running.push(started);
    return started;
  };
}

/** All arguments of the acknowledgement. */
export function ask(socket: Socket, event: string, ...args: unknown[]): Promise<unknown[]> {
  return bounded(
    new Promise<unknown[]>((resolve) => socket.emit(event, ...args, (...answer: unknown[]) => resolve(answer))),
    `the acknowledgement of "${event}"`,
  );
}
