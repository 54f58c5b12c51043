import { decodeText, encodeText, quote } from './codec.js';
import { type EnginePacket, Transport } from './transport.js';

/** What the transport needs of a WebSocket: the global one, or `ws`. */
export interface WebSocketLike {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: any, options?: any): void;
  close(): void;
}

/** WebSocket, on the global `WebSocket` of browsers and Node.js >= 22. */
export class WebSocketTransport extends Transport {
  #socket: WebSocketLike | undefined;

  get name(): string {
    return 'websocket';
  }

  protected createSocket(uri: string, protocols: string | string[] | undefined): WebSocketLike {
    const socket = new WebSocket(uri, protocols);
    socket.binaryType = 'arraybuffer';
    return socket;
  }

  protected decode(data: unknown): EnginePacket | undefined {
    return typeof data === 'string' ? decodeText(data) : { type: 'message', data };
  }

  protected doOpen(): void {
    let socket: WebSocketLike;
    try {
      socket = this.#socket = this.createSocket(this.uri('ws', false), this.opts.protocols);
    } catch (error) {
      // No WebSocket here, a refused URL or sub-protocol. Told later, as any other failure: whoever asked for the connection
      // has no listeners yet.
      queueMicrotask(() => {
        if (this.readyState !== 'closed') this.onError('websocket error', (error as Error).message, error);
      });
      return;
    }
    socket.onopen = () => this.onOpen();
    socket.onmessage = ({ data }) => {
      const packet = this.decode(data);
      if (packet) this.emitReserved('packet', packet);
      else this.onError('parse error', quote(data), data);
    };
    socket.onerror = (event) => this.onError('websocket error', event.message, event);
    socket.onclose = (event) => this.onClose({ description: `websocket closed (${event.code})`, context: event });
  }

  protected write(packets: EnginePacket[]): void {
    for (const packet of packets) {
      const { data } = packet;
      // Binary goes as it is.
      this.sendOne(typeof data === 'object' && data ? data : encodeText(packet), packet);
    }
    // Not at once: what is emitted in one turn goes out in one flush, and volatile events see a busy transport.
    queueMicrotask(() => this.onDrain());
  }

  protected sendOne(data: unknown, { options }: EnginePacket): void {
    try {
      // Only `ws` looks at the options.
      this.#socket?.send(data, options);
    } catch {
      // It closes at this very moment: `close` or `error` follows and tells why.
    }
  }

  protected doClose(): void {
    const socket = this.#socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // Closing before it is open is an error event, which nobody needs to hear.
    socket.onerror = () => {};
    socket.close();
  }
}
