import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '../clock.js';
import type { Engine } from '../engine/engine.js';
import type { Connections, EngineExtension, HttpHandler, PlainRequest, Undo } from '../extension.js';
import { PollingTransport } from '../transports/polling.js';
import { readBody } from './body.js';
import { injectRequest } from './injected-request.js';
import type { Routes } from './routes.js';

/** What extensions may see and do of an engine that serves HTTP. */
export class EngineFace implements EngineExtension {
  readonly connections: Connections;
  readonly clock: Clock = systemClock;
  readonly #engine: Engine;
  readonly #routes: Routes;
  readonly #closing: (() => unknown)[] = [];

  /** @param generateId the engine's own: told apart from one that the application put in its place. */
  constructor(engine: Engine, routes: Routes, generateId: Engine['generateId']) {
    this.#engine = engine;
    this.#routes = routes;
    this.connections = connectionsOf(engine, generateId);
  }

  // Functions of their own: extensions take them out of the face.
  readonly http = (name: string, handler: HttpHandler): Undo => this.#routes.add(name, handler);

  readonly readBody = (request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | undefined> =>
    readBody(request, maxBytes);

  readonly report = (error: unknown, context: string): void => this.#engine.onListenerError(error, context);

  readonly onClose = (undo: () => unknown): void => {
    this.#closing.push(undo);
  };

  /** The engine closes. */
  async close(): Promise<void> {
    for (const undo of this.#closing.splice(0)) {
      try {
        await undo();
      } catch (error) {
        this.report(error, 'close');
      }
    }
  }
}

function connectionsOf(engine: Engine, generateId: Engine['generateId']): Connections {
  const { hooks } = engine;
  return {
    admit: (when, guard) => hooks.admit(when, guard),
    opened: (listener) => hooks.opened(listener),
    closed: (listener) => hooks.closed(listener),
    list: () => Object.values(engine.clients),
    get count() {
      return engine.clientsCount;
    },
    find: (id) => engine.find(id),
    stats: () => engine.counters.read(Object.values(engine.clients)),
    serveForeign: (foreign) => hooks.serveForeign(foreign),
    get areIdsOurs() {
      return engine.generateId === generateId;
    },
    inject(id: string, plain: PlainRequest) {
      const transport = engine.find(id)?.transport;
      if (!(transport instanceof PollingTransport)) return undefined;
      return injectRequest(plain, (request, response) => transport.onRequest(request, response));
    },
  };
}
