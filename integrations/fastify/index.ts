/**
 * carillon as a Fastify plugin: `await app.register(carillon)`, then `app.io`.
 */
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Server } from '../../core/index.js';
import { logTo } from './log.js';
import { type CarillonPluginOptions, claimPath, resolvePluginOptions } from './options.js';
import { mountRoutes } from './routes.js';
import type { CarillonServer } from './types.js';

async function register(app: FastifyInstance, given: CarillonPluginOptions): Promise<void> {
  const options = resolvePluginOptions(app, given);
  // Fastify knows the address behind a proxy, when it was told to trust one.
  const io = new Server({ clientAddress: (request) => request.fastify.ip, ...options.server });
  claimPath(app, options);
  app.decorate(options.decorator as 'io', io as unknown as CarillonServer);
  mountRoutes(app, io, options);
  logTo(app.log, io);
  // Before Fastify waits for its connections to end: ours would not, on their own.
  app.addHook('preClose', () => io.detach());
}

/** Serves carillon on the app. Everything is ready when `register` has resolved. */
export const carillon = fastifyPlugin(register, { name: 'carillon', fastify: '5.x' });

export type { CarillonPluginOptions, CarillonRouteOptions } from './options.js';
export { RegistrationError } from './options.js';
// A star, because only so can `declare module 'carillon/fastify'` add to what is behind it.
export type * from './types.js';
export { carillon as default };
