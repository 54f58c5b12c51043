import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of a server, that fails in the ways networks do. Change its fields at any time. */
export class FaultyProxy {
  /** Milliseconds each chunk takes, in each direction. */
  delay = 0;
  /** Bytes a second, in each direction; 0 for no limit. */
  rate = 0;
  /** Half-open: nothing gets through any more, and nobody is told. For connections that exist when it is set. */
  #silenced = new Set<Link>();
  /** New connections are reset at once. */
  refuses = false;
  /** Each new connection is reset once so many bytes have come from the server; -1 for never. */
  resetAfterServerBytes = -1;
  /** ... or from the client. */
  resetAfterClientBytes = -1;
  /** Connections that were made so far. */
  connections = 0;
  readonly #links = new Set<Link>();
  readonly #server: Server;
  readonly #target: number;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#onConnection(client));
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get open(): number {
    return this.#links.size;
  }

  /** Resets all connections. */
  cut(): void {
    for (const link of [...this.#links]) link.reset();
  }

  /** From now on existing connections carry nothing, in either direction. */
  silence(): void {
    for (const link of this.#links) this.#silenced.add(link);
  }

  isSilenced(link: Link): boolean {
    return this.#silenced.has(link);
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #onConnection(client: Socket): void {
    this.connections++;
    client.on('error', () => {});
    if (this.refuses) {
      reset(client);
      return;
    }
    const link = new Link(this, client, connect(this.#target, '127.0.0.1'), () => {
      this.#links.delete(link);
      this.#silenced.delete(link);
    });
    this.#links.add(link);
  }
}

/**
 * Resets a connection. One whose end is on its way cannot be: Node.js (20 and 22 at least) then keeps the handle of the
 * destroyed socket open, which holds the process and turns its event loop without end.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** One connection through the proxy. */
class Link {
  readonly #proxy: FaultyProxy;
  readonly #sockets: [Socket, Socket];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #onEnd: () => void;
  #hasEnded = false;

  constructor(proxy: FaultyProxy, client: Socket, server: Socket, onEnd: () => void) {
    this.#proxy = proxy;
    this.#sockets = [client, server];
    this.#onEnd = onEnd;
    for (const socket of this.#sockets) {
      socket.setNoDelay(true);
      socket.on('error', () => this.reset());
      socket.on('close', () => this.#end());
    }
    this.#pipe(client, server, proxy.resetAfterClientBytes);
    this.#pipe(server, client, proxy.resetAfterServerBytes);
  }

  reset(): void {
    for (const socket of this.#sockets) reset(socket);
    this.#end();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#onEnd();
  }

  /** Passes on what comes, delayed and throttled; first in, first out, behind one timer: two timers may change places. */
  #pipe(from: Socket, to: Socket, limit: number): void {
    const waiting: { at: number; run: () => void }[] = [];
    const pump = () => {
      while (waiting.length && waiting[0]!.at <= performance.now()) waiting.shift()!.run();
      if (waiting.length) this.#later(pump, waiting[0]!.at - performance.now());
    };
    const enqueue = (at: number, run: () => void) => {
      waiting.push({ at, run });
      if (waiting.length === 1) pump();
    };
    let bytes = 0;
    let free = 0;
    from.on('data', (chunk: Buffer) => {
      if (this.#proxy.isSilenced(this)) return;
      const rest = limit < 0 ? chunk.length : Math.min(chunk.length, limit - bytes);
      bytes += rest;
      const duration = this.#proxy.rate ? (rest / this.#proxy.rate) * 1000 : 0;
      free = Math.max(performance.now() + this.#proxy.delay, free) + duration;
      const isLast = limit >= 0 && bytes >= limit;
      enqueue(free, () => this.#forward(to, chunk.subarray(0, rest), isLast));
    });
    from.on('end', () => enqueue(free, () => to.end()));
    if (limit === 0) from.once('data', () => this.reset());
  }

  #forward(to: Socket, chunk: Buffer, isLast: boolean): void {
    if (this.#proxy.isSilenced(this)) return;
    if (chunk.length) to.write(chunk, () => isLast && this.reset());
    else if (isLast) this.reset();
  }

  #later(callback: () => void, delay: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delay);
    this.#timers.add(timer);
  }
}
