import type { FastifyInstance, RouteShorthandOptions } from 'fastify';
import { OptionError, type ServerOptions } from '../../core/index.js';
import { checkNames, SERVER_OPTIONS } from '../option-names.js';

/** Hooks and settings of our routes alone; see Fastify's route options. They run after those of the app. */
export type CarillonRouteOptions = Pick<
  RouteShorthandOptions,
  | 'onRequest'
  | 'preParsing'
  | 'preValidation'
  | 'preHandler'
  | 'onSend'
  | 'onResponse'
  | 'onError'
  | 'onTimeout'
  | 'onRequestAbort'
  | 'errorHandler'
  | 'config'
  | 'constraints'
  | 'logLevel'
  | 'logSerializers'
>;

/** Every option of the server, and those of the plugin. */
export interface CarillonPluginOptions extends ServerOptions {
  /** Put in front of `path`, as everywhere in Fastify. @default none */
  prefix?: string;
  /** The server's name on the app. @default "io" */
  decorator?: string;
  /**
   * Called when the app begins to close, while all clients are connected: for a last word to them. It may return a
   * promise, or take a callback, as the option of `fastify-socket.io` does. @default none
   */
  preClose?: PreClose;
  /** Hooks and settings of our routes alone, such as `{ onRequest: app.authenticate }`. @default none */
  route?: CarillonRouteOptions;
}

export type PreClose = ((done: (error?: Error) => void) => void) | (() => Promise<unknown>);

export interface ResolvedPluginOptions {
  server: ServerOptions;
  /** Complete, with all prefixes, and without a slash at the end. */
  path: string;
  /** As the route is declared: the app adds its own prefix. */
  url: string;
  decorator: string;
  route: CarillonRouteOptions;
  preClose: PreClose | undefined;
}

/** A second registration that cannot work beside the first one. The message says what to do instead. */
export class RegistrationError extends Error {
  override readonly name = 'RegistrationError';
  readonly code = 'CARILLON_ALREADY_REGISTERED';
}

const ROUTE_OPTIONS: Record<keyof CarillonRouteOptions, true> = {
  onRequest: true,
  preParsing: true,
  preValidation: true,
  preHandler: true,
  onSend: true,
  onResponse: true,
  onError: true,
  onTimeout: true,
  onRequestAbort: true,
  errorHandler: true,
  config: true,
  constraints: true,
  logLevel: true,
  logSerializers: true,
};
/** Fastify's own, which every plugin may be given. */
const REGISTER_OPTIONS = { prefix: true, logLevel: true, logSerializers: true } as const;
const PLUGIN_OPTIONS = { ...REGISTER_OPTIONS, decorator: true, route: true, preClose: true } as const;

/**
 * Splits the options into those of the server, the routes and the plugin.
 *
 * @throws OptionError for an unknown name, a path that is a pattern, or a value that cannot work.
 */
export function resolvePluginOptions(app: FastifyInstance, given: CarillonPluginOptions): ResolvedPluginOptions {
  checkNames(given, { ...SERVER_OPTIONS, ...PLUGIN_OPTIONS }, '');
  const { prefix, decorator = 'io', route = {}, preClose, ...rest } = given;
  if (preClose !== undefined && typeof preClose !== 'function') {
    throw new OptionError('preClose', preClose, 'a function');
  }
  if (typeof route !== 'object' || route === null) {
    throw new OptionError('route', route, 'an object such as { onRequest: app.authenticate }');
  }
  checkNames(route, ROUTE_OPTIONS, 'route.');
  if (typeof decorator !== 'string' || decorator === '') throw new OptionError('decorator', decorator, 'a name');
  const { logLevel, logSerializers, ...server } = rest as ServerOptions & CarillonRouteOptions;
  const forRoute = { ...(logLevel && { logLevel }), ...(logSerializers && { logSerializers }), ...route };
  const url = segment('prefix', prefix) + (segment('path', server.path) || (server.path ? '' : '/socket.io'));
  return { server, path: segment('prefix', app.prefix) + url, url, decorator, route: forRoute, preClose };
}

/** A part of the path: with a slash in front, without one at the end. */
function segment(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new OptionError(name, value, 'a path such as "/socket.io"');
  if (/[:*]/.test(value)) {
    throw new OptionError(name, value, 'a path without parameters: clients connect to one fixed address');
  }
  const trimmed = value.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `/${trimmed}`;
}

const claimed = new WeakMap<object, Set<string>>();

/**
 * Makes sure that nobody else has our path or our name.
 *
 * @throws RegistrationError when one of them is taken.
 */
export function claimPath(app: FastifyInstance, { path, decorator }: ResolvedPluginOptions): void {
  const paths = claimed.get(app.server) ?? new Set();
  claimed.set(app.server, paths);
  if (paths.has(path)) {
    throw new RegistrationError(
      `carillon is already registered on "${path}": register it once and share app.io, use app.io.of("/name") ` +
        'to keep things apart, or give the second one a path of its own: { path: "/other", decorator: "other" }',
    );
  }
  if (app.hasDecorator(decorator)) {
    throw new RegistrationError(
      `app.${decorator} exists already: give this carillon another name, such as { decorator: "${decorator}2" }`,
    );
  }
  paths.add(path);
}
