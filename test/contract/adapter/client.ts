import { io, type Socket } from 'socket.io-client';
import { type ClusterNode, until } from './node.js';

/** Events that only find out whether the way is open. */
const PROBES: ReadonlySet<string> = new Set(['probe', 'warm-up']);

/** A client of one node, that remembers what it hears. */
export class TestClient {
  readonly node: ClusterNode;
  readonly nsp: string;
  readonly socket: Socket;
  /** Events in the order they came, as `[name, ...args]`. */
  readonly heard: unknown[][] = [];
  readonly #probes = new Set<unknown>();

  private constructor(node: ClusterNode, nsp: string) {
    this.node = node;
    this.nsp = nsp;
    this.socket = io(`http://127.0.0.1:${node.port}${nsp}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    this.socket.onAny((event, ...args) => {
      if (PROBES.has(event)) this.#probes.add(args[0]);
      else this.heard.push([event, ...args]);
    });
  }

  static async connect(node: ClusterNode, nsp = '/'): Promise<TestClient> {
    const client = new TestClient(node, nsp);
    await new Promise<void>((resolve, reject) => {
      client.socket.once('connect', resolve).once('connect_error', reject);
    });
    return client;
  }

  get id(): string {
    return this.socket.id!;
  }

  /** Resolves when an event of this name was heard, with the events before it; forgets them. */
  async heardUntil(event: string): Promise<unknown[][]> {
    const position = () => this.heard.findIndex(([name]) => name === event);
    await until(() => position() >= 0);
    return this.heard.splice(0, position() + 1).slice(0, -1);
  }

  /** Its socket on the server joins rooms. */
  async join(...rooms: string[]): Promise<void> {
    await this.node.run((io, nsp, id, names) => io.of(nsp).sockets.get(id).join(names), this.nsp, this.id, rooms);
  }

  /** Resolves when it hears what this node emits to a room (or to everybody). */
  async hears(node: ClusterNode, room?: string): Promise<void> {
    const token = `${node.port} ${room} ${Math.random()}`;
    await until(async () => {
      await node.run(
        (io, nsp, name, value) =>
          void (name ? io.of(nsp).to(name).emit('probe', value) : io.of(nsp).emit('probe', value)),
        this.nsp,
        room,
        token,
      );
      return this.#probes.has(token);
    });
  }

  /** Resolves when it is gone, here and on the server. */
  async leave(): Promise<void> {
    const { id } = this;
    this.socket.disconnect();
    if (id !== undefined)
      await until(() => this.node.run((io, nsp, sid) => !io.of(nsp).sockets.has(sid), this.nsp, id));
  }
}
