import type { IncomingMessage } from 'node:http';
import type { Connection, ConnectionHandler, RequestHolder } from '../../core/engine/connection.js';
import { Engine } from '../../core/engine/engine.js';
import { resolveOptions, type ServerOptions } from '../../core/options/index.js';
import { MemoryTransport } from './memory-transport.js';
import { TestClock } from './test-clock.js';

/** A request as far as the engine looks at it: not at all. */
export class TestRequest implements RequestHolder {
  reduced = 0;
  readonly request = { url: '/socket.io/?EIO=4', headers: {} } as IncomingMessage;

  get(): IncomingMessage {
    return this.request;
  }
  is(request: IncomingMessage): boolean {
    return this.request === request;
  }
  reduce(): void {
    this.reduced++;
  }
}

/** Writes down what a connection tells the layer above it. */
export class RecordingHandler implements ConnectionHandler {
  readonly heard: unknown[][] = [];

  onText(packet: string, offset: number): void {
    this.heard.push(['text', packet.slice(offset)]);
  }
  onBinary(data: Buffer): void {
    this.heard.push(['binary', data]);
  }
  onClose(reason: string, description?: unknown): void {
    this.heard.push(description === undefined ? ['close', reason] : ['close', reason, description]);
  }
}

/** An engine on a clock moved by hand, with sessions over transports in memory. */
export class TestEngine {
  readonly clock = new TestClock();
  readonly engine: Engine;
  #count = 0;

  constructor(options: ServerOptions = {}) {
    this.engine = new Engine(resolveOptions(options), this.clock);
  }

  /** Opens a session; its open packet is written and taken away. */
  open(name: 'polling' | 'websocket' = 'websocket') {
    const transport = new MemoryTransport(name);
    const handler = new RecordingHandler();
    const request = new TestRequest();
    this.engine.once('connection', (connection) => connection.handle(handler));
    const connection: Connection = this.engine.open(`session-${this.#count++}`, transport, request, '127.0.0.1')!;
    if (name === 'polling') transport.poll();
    this.clock.endTurns();
    transport.take();
    transport.writes.length = 0;
    return { connection, transport, handler, request };
  }
}
