import { decodeFromText, encodeAsText } from './base64.js';
import type { EnginePacket, TransportOptions } from './transport.js';
import { WebSocketTransport } from './websocket.js';

/** WebSocket that can do without binary frames: the `forceBase64` option. */
export class Base64WebSocketTransport extends WebSocketTransport {
  constructor(options: TransportOptions) {
    super(options);
    if (options.forceBase64) this.query = { ...this.query, b64: 1 };
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
