import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttableProxy {
  port: number;
  /** Breaks every connection, and each new one, until `restore`. */
  cut(): void;
  restore(): void;
  /** Leads new connections to another port. */
  redirect(target: number): void;
  close(): Promise<void>;
}

/** A TCP pipe to a local port that can be cut like a cable: how a connection is lost in tests. */
export async function openProxy(firstTarget: number): Promise<CuttableProxy> {
  const open = new Set<Socket>();
  let isCut = false;
  let target = firstTarget;
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => {}); // A cut cable is an error at both ends: 'close' follows.
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      cut();
    },
    restore: () => {
      isCut = false;
    },
    redirect: (port) => {
      target = port;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
