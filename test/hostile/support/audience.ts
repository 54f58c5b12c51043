import { io, type Socket } from 'socket.io-client';

/** A server that has not answered by then does not answer. */
const HANG = 60_000;

/** Honest clients, half of them over polling's successor only: they talk all the time and notice everything. */
export class Audience {
  readonly #sockets: Socket[];
  readonly #disconnections: string[] = [];
  /** Answers each client got since it began to talk. */
  #answers: number[] = [];
  #talks: Promise<void>[] = [];
  #talking = false;
  #waiting: (() => void)[] = [];

  private constructor(sockets: Socket[]) {
    this.#sockets = sockets;
    for (const socket of sockets) socket.on('disconnect', (reason) => this.#disconnections.push(reason));
  }

  static async seat(port: number, size: number, parser?: unknown): Promise<Audience> {
    const sockets = Array.from({ length: size }, (_, index) =>
      io(`http://127.0.0.1:${port}`, {
        forceNew: true,
        reconnection: false,
        ...(parser === undefined ? {} : { parser: parser as never }),
        transports: index % 10 === 0 ? ['polling'] : ['websocket'],
      }),
    );
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<void>((resolve, reject) => {
            socket.once('connect', resolve);
            socket.once('connect_error', reject);
          }),
      ),
    );
    return new Audience(sockets);
  }

  /** Everybody is still there and is answered. */
  async check(): Promise<void> {
    if (this.#disconnections.length > 0)
      throw new Error(`honest clients lost their connection: ${this.#disconnections}`);
    await Promise.all(this.#sockets.map((socket, index) => socket.timeout(HANG).emitWithAck('echo', index)));
  }

  startTalking(): void {
    this.#talking = true;
    this.#answers = this.#sockets.map(() => 0);
    this.#talks = this.#sockets.map((socket, index) => this.#talk(socket, index));
  }

  async #talk(socket: Socket, index: number): Promise<void> {
    while (this.#talking && socket.connected) {
      const answer = await socket.timeout(HANG).emitWithAck('echo', index);
      if (answer !== index) throw new Error(`an honest client got ${answer} for ${index}`);
      this.#answers[index]!++;
      for (const check of this.#waiting) check();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits until everybody was answered this many times more. */
  async heard(times: number): Promise<void> {
    if (this.#sockets.length === 0) return;
    const goals = this.#answers.map((count) => count + times);
    const all = new Promise<void>((resolve) => {
      this.#waiting.push(() => {
        if (goals.every((goal, index) => this.#answers[index]! >= goal)) resolve();
      });
    });
    await Promise.race([all, Promise.all(this.#talks)]);
    this.#waiting = [];
  }

  async stopTalking(): Promise<void> {
    this.#talking = false;
    await Promise.all(this.#talks);
  }

  /** Resolves when everybody has said goodbye. */
  async leave(): Promise<void> {
    await Promise.all(
      this.#sockets.map((socket) => {
        const { engine } = socket.io;
        const isGone = engine.readyState === 'closed';
        const gone = isGone ? undefined : new Promise<void>((resolve) => engine.once('close', () => resolve()));
        socket.removeAllListeners().disconnect();
        return gone;
      }),
    );
  }
}
