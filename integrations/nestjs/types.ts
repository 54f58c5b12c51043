import type { Namespace, Server, ServerOptions, Socket } from '../../core/index.js';

/** Events are named by the application; the integration takes servers of any event map. */
export type AnyServer = Server<any, any, any, any>;
export type AnyNamespace = Namespace<any, any, any, any>;
export type AnySocket = Socket<any, any, any, any>;

/** Options of {@link CarillonAdapter}: those of the server, and what concerns Nest. */
export interface CarillonOptions extends ServerOptions {
  /**
   * Milliseconds that `app.close()` waits for handlers that are still at work, before it disconnects everybody.
   * @default 2000
   */
  drainTimeout?: number;
  /**
   * Milliseconds that messages of a client wait for `handleConnection`, where that is asynchronous. After that they are
   * handled while it goes on: it may last as long as the client, or wait for one of them. 0 for not at all.
   * @default 1000
   */
  handleConnectionTimeout?: number;
  /** Bytes, about, of messages of one client that wait for `handleConnection`; with more it is disconnected. @default 4 MiB */
  maxPendingBytes?: number;
}

/** What `@WebSocketGateway(port, options)` says, as Nest hands it to an adapter. */
export type GatewayOptions = Omit<ServerOptions, 'cors'> & {
  namespace?: string | RegExp;
  cors?: ServerOptions['cors'] | boolean;
  /** The server, where Nest made it already and asks for one of its namespaces. */
  server?: AnyServer;
};
