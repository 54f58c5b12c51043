import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { CarillonAdapter } from './adapter.js';
import type { CarillonOptions } from './types.js';

/** What a helper needs of a client. */
export interface TestClient {
  readonly connected: boolean;
  once(event: string, listener: (...args: any[]) => void): unknown;
  disconnect(): unknown;
}

/** `io` of `socket.io-client`, or of another client with its interface. */
export type ConnectClient<Client extends TestClient> = (url: string, options: any) => Client;

/** A running application and its clients. */
export interface TestServer<Client extends TestClient> {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /**
   * Connects a client, to `/` or a namespace.
   *
   * @param options of the client, such as `auth`; WebSocket only unless they say otherwise.
   * @returns resolves when it is connected.
   * @throws the client's `connect_error` (rejection).
   */
  connect(namespace?: string, options?: Record<string, unknown>): Promise<Client>;
  /**
   * The arguments of the next event of this name. Ask before you do what causes it.
   *
   * @param timeout milliseconds. @default 2000
   * @throws Error that names the event (rejection), when it does not come in time.
   */
  next(client: Client, event: string, timeout?: number): Promise<any[]>;
  /** Disconnects the clients and closes the application. */
  close(): Promise<void>;
}

/**
 * Starts an application for a test, with the {@link CarillonAdapter}, on a free port of 127.0.0.1.
 *
 * @param app not listening yet: `module.createNestApplication()`.
 * @param connectClient `io` of `socket.io-client`.
 * @example
 * const server = await startTestServer(module.createNestApplication(), io);
 * const alice = await server.connect('/chat', { auth: { token } });
 * expect(await alice.emitWithAck('whoami')).toBe('alice');
 * await server.close();
 */
export async function startTestServer<Client extends TestClient>(
  app: INestApplication,
  connectClient: ConnectClient<Client>,
  options: CarillonOptions = {},
): Promise<TestServer<Client>> {
  app.useWebSocketAdapter(new CarillonAdapter(app, options));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const clients: Client[] = [];
  return {
    url,
    connect(namespace = '/', clientOptions = {}) {
      const target = url + (namespace.startsWith('/') ? namespace : `/${namespace}`);
      const settings = { transports: ['websocket'], reconnection: false, forceNew: true, path: options.path };
      const client = connectClient(target, { ...definedOf(settings), ...clientOptions });
      clients.push(client);
      return new Promise((resolve, reject) => {
        client.once('connect', () => resolve(client));
        client.once('connect_error', reject);
      });
    },
    next(client, event, timeout = 2000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no event "${event}" within ${timeout} ms`)), timeout);
        client.once(event, (...args) => {
          clearTimeout(timer);
          resolve(args);
        });
      });
    },
    async close() {
      for (const client of clients) client.disconnect();
      await app.close();
    },
  };
}

function definedOf(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
