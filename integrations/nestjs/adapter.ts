import 'reflect-metadata';
import type { Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type INestApplicationContext,
  type InjectionToken,
  Logger,
  type WebSocketAdapter,
  type WsMessageHandler,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { OptionError, Server } from '../../core/index.js';
import { warnIfUntested } from '../../core/tested-versions.js';
import { checkNames, SERVER_OPTIONS } from '../option-names.js';
import { observeContexts } from './acknowledgement.js';
import { Activity } from './activity.js';
import { ClientBinding } from './client-binding.js';
import { enhance } from './enhancers.js';
import { CarillonUsageError } from './errors.js';
import { ApplicationFilters } from './exception-filter.js';
import { FailureWatch } from './failure-watch.js';
import { observeHooks } from './gateway-hooks.js';
import { findGateways, type Gateway, hasOwnFilters, isGuarded, optionsByServer, serverKey } from './gateways.js';
import { followLifecycle } from './lifecycle.js';
import { NamespaceBinding } from './namespace-binding.js';
import { serveOnSecondaryAddresses } from './platform-fastify.js';
import { CarillonService } from './service.js';
import type { Serving } from './serving.js';
import { Startup } from './startup.js';
import { MODULE_OPTIONS } from './tokens.js';
import type { AnyNamespace, AnyServer, AnySocket, CarillonOptions, GatewayOptions } from './types.js';

const logger = new Logger('CarillonAdapter');

/**
 * Serves the gateways of a Nest application, on Express or Fastify, with carillon.
 *
 * @example
 * const app = await NestFactory.create(AppModule);
 * app.useWebSocketAdapter(new CarillonAdapter(app, { pingInterval: 20_000 }));
 * await app.listen(3000);
 */
export class CarillonAdapter implements WebSocketAdapter<AnyServer | AnyNamespace, AnySocket, GatewayOptions> {
  /** Nest sets it; connections of ours are always closed. */
  forceCloseConnections?: boolean;
  readonly #app: INestApplicationContext;
  readonly #options: CarillonOptions;
  readonly #drainTimeout: number;
  readonly #gateways: readonly Gateway[];
  readonly #gatewayOptions: ReadonlyMap<string, GatewayOptions>;
  readonly #activity = new Activity();
  readonly #serving: Serving;
  readonly #startup = new Startup();
  readonly #servers = new Map<string, AnyServer>();
  /** Namespaces of patterns. */
  readonly #patterns = new Map<string, AnyNamespace>();
  readonly #namespaces = new Map<AnyNamespace, NamespaceBinding>();
  readonly #restore: () => void;
  #goodbye: Promise<void> | undefined;
  #end: Promise<void> | undefined;

  /**
   * @param app the application; make the adapter before `app.init()` or `app.listen()`.
   * @param options see `ServerOptions` and {@link CarillonOptions}; on top of those given to `CarillonModule`.
   * @throws CarillonUsageError when gateways on one port contradict each other, or a decorator is where it has no effect.
   * @throws OptionError when an option cannot work.
   */
  constructor(app: INestApplicationContext, options: CarillonOptions = {}) {
    if (typeof app?.get !== 'function' || typeof app.select !== 'function') {
      throw new CarillonUsageError(
        'CarillonAdapter needs the application, not its HTTP server: app.useWebSocketAdapter(new CarillonAdapter(app)).',
      );
    }
    this.#app = app;
    warnIfUntested('@nestjs/core', versionOfNest());
    const modules = app.get(ModulesContainer);
    const given = { ...moduleOptions(modules), ...options };
    const own = { drainTimeout: true, handleConnectionTimeout: true, maxPendingBytes: true } as const;
    checkNames(given, { ...SERVER_OPTIONS, ...own });
    const {
      drainTimeout = 2000,
      handleConnectionTimeout = 1000,
      maxPendingBytes = 4_194_304,
      ...serverOptions
    } = given;
    checkNumber('drainTimeout', drainTimeout, 'a number of milliseconds, 0 for not at all');
    checkNumber('handleConnectionTimeout', handleConnectionTimeout, 'a number of milliseconds, 0 for not at all');
    checkNumber('maxPendingBytes', maxPendingBytes, 'a number of bytes');
    this.#options = serverOptions;
    this.#drainTimeout = drainTimeout;
    this.#gateways = findGateways(modules);
    this.#gatewayOptions = optionsByServer(this.#gateways, serverOptions.path);
    for (const gateway of this.#gateways) warnOfUnknownOptions(gateway);
    const config = app.get(ApplicationConfig);
    const hasFilters = this.#gateways.some(hasOwnFilters);
    const failures = new FailureWatch();
    this.#serving = {
      activity: this.#activity,
      clients: new Set(),
      // Asked for each message: `useGlobalFilters()` may come after the adapter.
      get failures() {
        return hasFilters || config.getGlobalFilters().length > 0 ? failures : undefined;
      },
      isSuccessMarked: hasFilters,
      handleConnectionTimeout,
      maxPendingBytes,
    };
    this.#restore = enhance(this.#gateways, new ApplicationFilters(config), hasFilters);
    void observeContexts();
    for (const gateway of this.#gateways) observeHooks(gateway);
    // In a test one may be a stand-in, which needs no server.
    const services = findAll(modules, CarillonService).filter((each) => each instanceof CarillonService);
    for (const service of services) service.connect(() => this.#serverFor(0, undefined));
    followLifecycle(app, {
      // There may be somebody who emits even if there is no gateway.
      open: () => {
        const isServing = app.get(HttpAdapterHost).httpAdapter?.getHttpServer() !== undefined;
        if (services.length > 0 && isServing) this.#serverFor(0, undefined);
      },
      ready: () => this.#ready(),
      close: () => this.#sayGoodbye(),
    });
  }

  // --- servers ---

  /** Called by Nest for each gateway: the server of its port, or one of the server's namespaces. */
  create(port: number, options: GatewayOptions = {}): AnyServer | AnyNamespace {
    const made = this.#create(port, options);
    this.#startup.adopt(made);
    return made;
  }

  #create(port: number, options: GatewayOptions): AnyServer | AnyNamespace {
    const server = options.server ?? this.#serverFor(port, options.path);
    if (options.namespace === undefined) return server;
    if (typeof options.namespace === 'string') return server.of(options.namespace);
    // Each `of(pattern)` makes a namespace of its own, of which only the first is ever used.
    const key = `${this.#keyOf(port, options.path)} ${options.namespace}`;
    let namespace = this.#patterns.get(key);
    if (namespace === undefined) {
      namespace = server.of(options.namespace);
      this.#patterns.set(key, namespace);
    }
    return namespace;
  }

  /** Gateways that name no path are on that of the application. */
  #keyOf(port: number, path = this.#options.path): string {
    return serverKey(port, path);
  }

  #serverFor(port: number, path: string | undefined): AnyServer {
    const key = this.#keyOf(port, path);
    let server = this.#servers.get(key);
    if (server === undefined) {
      const { namespace: _, server: __, ...options } = { ...this.#options, ...this.#gatewayOptions.get(key) };
      if (path !== undefined) options.path = path;
      const { connectionStateRecovery: recovery } = options;
      const isGuardedServer = this.#gateways.some((each) => isGuarded(each.type) && this.#isOn(key, each));
      if (isGuardedServer && typeof recovery === 'object' && recovery.skipMiddlewares === undefined) {
        // Who may connect is asked again of who comes back: a token may have been revoked in the meantime.
        options.connectionStateRecovery = { ...recovery, skipMiddlewares: false };
      }
      server = this.createIOServer(port, options as GatewayOptions);
      this.#servers.set(key, server);
      server.on('listener_error', (error, context) => logListenerError(server!, error, context.event));
      if (port !== 0 && server.httpServer) this.#startup.addServer(server.httpServer as HttpServer);
    }
    return server;
  }

  /**
   * Makes a server. Override it to change its options or to give it an adapter.
   *
   * @param port 0 for the application's own HTTP server.
   */
  createIOServer(port: number, options: GatewayOptions = {}): AnyServer {
    const { cors, namespace: _, server: __, ...rest } = options;
    // The old platform takes `cors: true` for everybody, and so do many gateways.
    const corsOptions = typeof cors === 'boolean' ? (cors ? { cors: { origin: '*' } } : {}) : { cors };
    const io: AnyServer = new Server({ ...rest, ...corsOptions });
    if (port !== 0) return io.attach(port);
    const { httpAdapter } = this.#app.get(HttpAdapterHost);
    const httpServer = httpAdapter?.getHttpServer();
    if (httpServer === undefined) {
      throw new CarillonUsageError(
        'This application has no HTTP server for its gateways. Make it with NestFactory.create(), or give the gateways ' +
          'a port of their own: @WebSocketGateway(3001).',
      );
    }
    io.attach(httpServer);
    if (httpAdapter.getType() === 'fastify') serveOnSecondaryAddresses(httpAdapter.getInstance(), io);
    return io;
  }

  // --- clients ---

  /** Called by Nest for each gateway, with what it does when a client connects. */
  bindClientConnect(server: AnyServer | AnyNamespace, callback: Function): void {
    const namespace = server instanceof Server ? server.sockets : server;
    let binding = this.#namespaces.get(namespace);
    if (binding === undefined) {
      const gateways = this.#gateways.filter((gateway) => this.#serves(namespace, gateway));
      binding = new NamespaceBinding(namespace, gateways, this.#serving);
      this.#namespaces.set(namespace, binding);
    }
    binding.add(callback as (socket: AnySocket) => unknown);
  }

  #isOn(key: string, { port, options }: Gateway): boolean {
    return this.#keyOf(port, options.path) === key;
  }

  /** Whether the gateway is one of those on this namespace. */
  #serves(namespace: AnyNamespace, { port, options }: Gateway): boolean {
    const key = this.#keyOf(port, options.path);
    if (namespace.server !== this.#servers.get(key)) return false;
    const wanted = options.namespace ?? '/';
    if (typeof wanted !== 'string') return namespace === this.#patterns.get(`${key} ${wanted}`);
    return (wanted.startsWith('/') ? wanted : `/${wanted}`) === namespace.name;
  }

  /** Called by Nest for each gateway and client. */
  bindMessageHandlers(
    client: AnySocket,
    handlers: WsMessageHandler[],
    transform: (result: unknown) => Observable<unknown>,
  ): void {
    ClientBinding.of(client)?.bind(handlers, transform);
  }

  /** Called by Nest for each gateway and client. */
  bindClientDisconnect(client: AnySocket, callback: Function): void {
    ClientBinding.of(client)?.addDisconnectCallback(callback as (...args: unknown[]) => unknown);
  }

  /** A client that came before the application was ready; it may come again. */
  closeClient(client: AnySocket): void {
    client.conn.close();
  }

  // --- the end ---

  /** Called by Nest for each gateway's server or namespace, after all `beforeApplicationShutdown`. */
  async close(_server: AnyServer | AnyNamespace): Promise<void> {
    await this.#close();
  }

  /** Called by Nest at the very end. */
  async dispose(): Promise<void> {
    await this.#close();
    this.#restore();
  }

  /** @throws what keeps the application from starting (rejection): a port in use, an `afterInit` that failed. */
  async #ready(): Promise<void> {
    try {
      await this.#startup.done();
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  /**
   * The first half of the end, once, while every provider is as handlers know it: no new messages; the handlers at work
   * finish; the gateways hear that everybody leaves. Clients stay connected, so that hooks of the application can still
   * send them something.
   */
  #sayGoodbye(): Promise<void> {
    this.#goodbye ??= (async () => {
      await this.#activity.close(this.#drainTimeout);
      for (const client of [...this.#serving.clients]) client.leave('server shutting down');
      await this.#activity.hooksDone();
    })();
    return this.#goodbye;
  }

  /** Ends everything, once. The application's HTTP server is left to the application. */
  #close(): Promise<void> {
    this.#end ??= (async () => {
      await this.#sayGoodbye();
      // What the last hook sent is written at the end of the turn.
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.all(
        [...this.#servers].map(([key, server]) => (key.startsWith('0 ') ? server.detach() : server.close())),
      );
      await this.#activity.hooksDone();
    })();
    return this.#end;
  }
}

/** In the log of the application, unless the application listens itself. */
function logListenerError(server: AnyServer, error: unknown, event: unknown): void {
  if (server.sockets.listenerCount('listener_error') > 1) return;
  logger.error(error instanceof Error ? error : `a listener of "${String(event)}" failed: ${error}`);
}

/** Of the copy that the application has; Nest does not tell it itself. */
function versionOfNest(): string | undefined {
  try {
    const require = createRequire(join(process.cwd(), 'package.json'));
    return (require('@nestjs/core/package.json') as { version?: string }).version;
  } catch {
    return undefined;
  }
}

function checkNumber(name: string, value: number, expected: string): void {
  if (!Number.isFinite(value) || value < 0) throw new OptionError(name, value, expected);
}

/**
 * What is provided under a token, in whatever modules. Not by `app.get()`: an application of `NestFactory` ends the
 * process when that fails.
 */
function findAll<T>(modules: ModulesContainer, token: InjectionToken<T>): T[] {
  const wrappers = [...modules.values()].flatMap(({ providers }) => providers.get(token) ?? []);
  return wrappers.map(({ instance }) => instance as T);
}

/** @throws CarillonUsageError when the module was imported with options that contradict each other. */
function moduleOptions(modules: ModulesContainer): CarillonOptions {
  const [first = {}, ...others] = findAll<CarillonOptions>(modules, MODULE_OPTIONS);
  if (others.some((each) => !isDeepStrictEqual(each, first))) {
    throw new CarillonUsageError(
      'CarillonModule was imported twice, with different options, and there is one server. Call forRoot() once, in the ' +
        'root module: every module can inject CarillonService then.',
    );
  }
  return first;
}

/** The old platform ignores what it does not know, and such gateways are to run as they are. */
function warnOfUnknownOptions({ type, options }: Gateway): void {
  try {
    checkNames(options, { ...SERVER_OPTIONS, namespace: true });
  } catch (error) {
    logger.warn(`@WebSocketGateway() of ${type.name}: ${(error as Error).message}`);
  }
}
