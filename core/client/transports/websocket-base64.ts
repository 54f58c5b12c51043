import { decodeFromText, encodeAsText } from './base64.js';
import type { EnginePacket, TransportOptions } from './transport.js';
import { type WebSocketLike, WebSocketTransport } from './websocket.js';

/** React Native's, which takes headers; others do not look at a third argument. */
type WebSocketWithHeaders = new (uri: string, protocols: any, options: { headers: any }) => WebSocket;

/** WebSocket that can do without binary frames: the `forceBase64` option. Takes headers, on React Native. */
export class Base64WebSocketTransport extends WebSocketTransport {
  constructor(options: TransportOptions) {
    super(options);
    if (options.forceBase64) this.query = { ...this.query, b64: 1 };
  }

  protected override createSocket(uri: string, protocols: string | string[] | undefined): WebSocketLike {
    const socket = new (WebSocket as WebSocketWithHeaders)(uri, protocols, { headers: this.opts.extraHeaders });
    socket.binaryType = 'arraybuffer';
    return socket;
  }

  protected override decode(data: unknown): EnginePacket | undefined {
    return typeof data === 'string' ? decodeFromText(data) : super.decode(data);
  }

  protected override write(packets: EnginePacket[]): void {
    if (!this.opts.forceBase64) {
      super.write(packets);
      return;
    }
    // Always through promises, which a Blob needs, so that nothing overtakes it.
    Promise.all(packets.map(encodeAsText)).then(
      (texts) => {
        for (const [index, text] of texts.entries()) this.sendOne(text, packets[index]!);
        this.onDrain();
      },
      (error) => this.onError('websocket error', error.message, error),
    );
  }
}
