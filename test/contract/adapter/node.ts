import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as OfficialServer } from 'socket.io';
import { Server } from '../../../core/index.js';

/** Whose server it is: ours, or the package `socket.io`. */
export type Library = 'carillon' | 'official';

/** One server of a cluster, in this process or in another. */
export interface ClusterNode {
  readonly library: Library;
  readonly port: number;
  /**
   * Does something with the server, where it runs, and resolves with the result. Because that may be another process, the
   * function sees its arguments and globals only, and these and the result are plain values.
   */
  run<Result>(action: (io: any, ...args: any[]) => Result, ...args: unknown[]): Promise<Awaited<Result>>;
  close(): Promise<void>;
}

/** Servers that make one cluster, and whatever is between them. */
export interface AdapterCluster {
  readonly nodes: ClusterNode[];
  /** Ends what is left of it. */
  stop(): Promise<void>;
}

/** Options of both libraries, as far as the suites need them. */
export interface NodeOptions {
  /** As `new Server({ adapter })` takes it; without one, the default. */
  adapter?: any;
  connectionStateRecovery?: { maxDisconnectionDuration?: number; skipMiddlewares?: boolean };
  cleanupEmptyChildNamespaces?: boolean;
}

/** A server in this process. */
export async function startNode(library: Library, options: NodeOptions = {}): Promise<ClusterNode & { io: any }> {
  const http = createServer();
  const io: any = library === 'carillon' ? new Server(http, options) : new OfficialServer(http, options);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    io,
    library,
    port: (http.address() as AddressInfo).port,
    run: async (action, ...args): Promise<any> => await action(io, ...args),
    close: () => io.close(),
  };
}

/** Turns out true at some time; asked again until then. The test's own time limit is the only one. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
