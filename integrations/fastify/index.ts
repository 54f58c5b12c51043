/**
 * carillon as a Fastify plugin: `await app.register(carillon)`, then `app.io`.
 */
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { warnIfUntested } from '../../core/tested-versions.js';
import { internalsOf } from './internals.js';
import { logTo } from './log.js';
import { type CarillonPluginOptions, claimPath, resolvePluginOptions } from './options.js';
import { PluginServer } from './plugin-server.js';
import { runPreClose } from './pre-close.js';
import { mountRoutes } from './routes.js';
import type { CarillonServer } from './types.js';

/** Of the loader of plugins, which an app is. */
interface Closing {
  onClose(close: () => Promise<void>): unknown;
}

async function register(app: FastifyInstance, given: CarillonPluginOptions): Promise<void> {
  warnIfUntested('fastify', app.version);
  const options = resolvePluginOptions(app, given);
  // Fastify knows the address behind a proxy, when it was told to trust one.
  const io = new PluginServer({ clientAddress: (request) => request.fastify.ip, ...options.server });
  claimPath(app, options);
  app.decorate(options.decorator as 'io', io as unknown as CarillonServer);
  const routes = mountRoutes(app, io, options);
  logTo(app.log, io);
  // Before Fastify waits for its connections to end: ours would not, on their own.
  const close = async (): Promise<void> => {
    await runPreClose(options.preClose);
    routes.endPending();
    await io.detach();
    await io.closePorts();
  };
  if ('preClose' in internalsOf(app, 'hooks')) app.addHook('preClose', close);
  // The first versions of Fastify 4 do not have that hook. What is added last to `onClose` runs first, ahead of the
  // server's end, which they add when all plugins are loaded.
  else app.addHook('onReady', async () => void (app as unknown as Closing).onClose(close));
}

/** Serves carillon on the app. Everything is ready when `register` has resolved. */
export const carillon = fastifyPlugin(register, { name: 'carillon', fastify: '>=4.0.0' });

export type { CarillonPluginOptions, CarillonRouteOptions } from './options.js';
export { RegistrationError } from './options.js';
// A star, because only so can `declare module 'carillon/fastify'` add to what is behind it.
export type * from './types.js';
export { carillon as default };
