import type { Server as HttpServer } from 'node:http';

/** What must have gone well before the application is ready: ports that open, and each `afterInit`. */
export class Startup {
  static readonly #ofServers = new WeakMap<object, Startup>();

  readonly #tasks: Promise<unknown>[] = [];

  /** The start that a server, or a namespace, belongs to. */
  static of(server: unknown): Startup | undefined {
    return typeof server === 'object' && server !== null ? Startup.#ofServers.get(server) : undefined;
  }

  /** `afterInit` is called with this. */
  adopt(server: object): void {
    Startup.#ofServers.set(server, this);
  }

  add(task: Promise<unknown>): void {
    // It is looked at later; until then it is nobody's unhandled rejection.
    task.catch(() => {});
    this.#tasks.push(task);
  }

  /** A server that was told to listen; a port that is in use is reported by an event. */
  addServer(server: HttpServer): void {
    this.add(
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        if (server.listening) resolve();
        else server.once('listening', resolve);
      }),
    );
  }

  /** @throws the first of what went wrong (rejection). */
  async done(): Promise<void> {
    await Promise.all(this.#tasks);
  }
}
