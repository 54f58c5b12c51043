import type { Server as HttpServer } from 'node:http';
import { Server } from '../../core/index.js';

/** A server of the app that closes with the app what it opened itself: ports beside those of the app. */
export class PluginServer extends Server {
  readonly #ports: HttpServer[] = [];

  override attach(...[server, options]: Parameters<Server['attach']>): this {
    super.attach(server, options);
    const isGiven = typeof server === 'object' && server !== null;
    if (!isGiven) this.#ports.push(this.httpServer as HttpServer);
    return this;
  }

  /** Closes the ports opened with `listen(port)`; the engine has been closed. */
  async closePorts(): Promise<void> {
    await Promise.all(this.#ports.splice(0).map(close));
  }
}

/** One that is not running any more is fine. */
function close(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    // Answers of the last moment are written by then.
    setImmediate(() => server.closeAllConnections());
  });
}
