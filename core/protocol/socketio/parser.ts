import { EventEmitter } from 'node:events';
import { ProtocolError } from '../../errors.js';
import { PacketAssembler } from './assembler.js';
import type { Binary } from './attachments.js';
import { DEFAULT_DECODE_LIMITS, type DecodeLimits } from './decode.js';
import { encode } from './encode.js';
import type { Packet } from './packet.js';

/** Version of the Socket.IO protocol this parser speaks. */
export const protocol = 5;

/**
 * The pluggable parser: the shape of `socket.io-parser`, so that custom parsers written for Socket.IO (the `parser`
 * option, `socket.io-msgpack-parser` for example) work as they are.
 */
export interface Parser {
  Encoder: new () => PacketEncoder;
  Decoder: new (limits?: DecodeLimits) => PacketDecoder;
}

export interface PacketEncoder {
  /** One or more strings and binary messages, sent in this order. */
  encode(packet: Packet): any[];
}

export interface PacketDecoder {
  /** Takes one message; emits `decoded` with a {@link Packet} once one is complete. Throws when it is malformed. */
  add(message: any): void;
  on(event: 'decoded', listener: (packet: any) => void): unknown;
  /** Forgets a half-received packet. */
  destroy(): void;
}

/** The default encoder: JSON with binary attachments. */
export class Encoder implements PacketEncoder {
  readonly #replacer: ((this: any, key: string, value: any) => any) | undefined;

  /** @param replacer handed to `JSON.stringify`. */
  constructor(replacer?: (this: any, key: string, value: any) => any) {
    this.#replacer = replacer;
  }

  /** Whether this is JSON as it is: who has the JSON of a packet already need not ask. */
  get isPlain(): boolean {
    return this.#replacer === undefined && this.encode === Encoder.prototype.encode;
  }

  /** @throws TypeError, RangeError see {@link encode}. */
  encode(packet: Packet): (string | Binary)[] {
    return encode(packet, this.#replacer);
  }
}

/** The default decoder, in the shape of `socket.io-parser`: for applications that build a parser on top of ours. */
export class Decoder extends EventEmitter<{ decoded: [packet: Packet] }> implements PacketDecoder {
  readonly #assembler: PacketAssembler;

  /** @param options limits, or a reviver handed to `JSON.parse`. */
  constructor(options?: Partial<DecodeLimits> | ((this: any, key: string, value: any) => any)) {
    super();
    const reviver = typeof options === 'function' ? options : undefined;
    this.#assembler = new PacketAssembler({ ...DEFAULT_DECODE_LIMITS, ...(reviver ? {} : options) }, reviver);
  }

  /** @throws ProtocolError for a malformed packet. */
  add(message: unknown): void {
    const packet =
      typeof message === 'string'
        ? this.#assembler.receiveText(message)
        : this.#assembler.receiveBinary(binaryOrThrow(message));
    if (packet !== undefined) this.emit('decoded', packet);
  }

  destroy(): void {
    this.#assembler.clear();
  }
}

function binaryOrThrow(message: unknown): ArrayBuffer | ArrayBufferView {
  if (message instanceof ArrayBuffer || ArrayBuffer.isView(message)) return message;
  throw new ProtocolError('neither text nor binary');
}
