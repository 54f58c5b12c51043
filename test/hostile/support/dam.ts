import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy that can hold back what the server sends: to the server, the client behind it is one that does not read. */
export class Dam {
  readonly #server: Server;
  readonly #upstream = new Set<Socket>();
  readonly #sockets = new Set<Socket>();
  #isClosed = false;

  private constructor(target: number) {
    this.#server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1');
      this.#upstream.add(upstream);
      if (this.#isClosed) upstream.pause();
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          this.#upstream.delete(upstream);
          other.destroySoon();
        });
      }
      client.pipe(upstream);
      upstream.on('data', (chunk) => client.write(chunk));
    });
  }

  static async build(target: number): Promise<Dam> {
    const dam = new Dam(target);
    await new Promise<void>((resolve) => dam.#server.listen(0, '127.0.0.1', resolve));
    return dam;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  shut(): void {
    this.#isClosed = true;
    for (const socket of this.#upstream) socket.pause();
  }

  open(): void {
    this.#isClosed = false;
    for (const socket of this.#upstream) socket.resume();
  }

  async demolish(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
