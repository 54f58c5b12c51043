import type { Packet } from '../protocol/socketio/packet.js';
import { DefaultCodec } from './default-codec.js';

/** How packets become messages and back: the built-in way, or a custom parser in the shape of `socket.io-parser`. */
export interface Codec {
  /** @throws TypeError, RangeError when the data cannot be encoded: the application's fault. */
  encode(packet: Packet): any[];
  /**
   * Takes one message.
   *
   * @throws Error when it is malformed, or not what has to come next: the peer's fault.
   */
  receive(message: any): void;
  /** Forgets a half-received packet. */
  reset(): void;
}

/** A codec for one manager; complete packets go to `onPacket`. */
export function createCodec(parser: any, onPacket: (packet: Packet) => void): Codec {
  if (!parser) return new DefaultCodec(onPacket);
  const encoder = new parser.Encoder();
  let decoder: any;
  const reset = () => {
    decoder?.destroy?.();
    decoder = new parser.Decoder();
    decoder.on('decoded', onPacket);
  };
  reset();
  return { encode: (packet) => encoder.encode(packet), receive: (message) => decoder.add(message), reset };
}
