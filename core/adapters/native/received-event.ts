import { ProtocolError } from '../../errors.js';
import type { Part } from '../../protocol/prepared.js';
import { countPlaceholders } from '../../protocol/socketio/attachments.js';
import { type Packet, PacketType } from '../../protocol/socketio/packet.js';
import * as defaultParser from '../../protocol/socketio/parser.js';
import { Encoder, type Parser } from '../../protocol/socketio/parser.js';
import type { AdapterNamespace } from '../adapter.js';

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const DASH = 0x2d;

/**
 * Tells whether parts that came from another node are what `emit` makes: an event of this namespace, without an
 * acknowledgement id, complete. Anything else (a disconnection, say) must not reach a client by way of the bus.
 *
 * With a custom parser only it could tell, and nothing but text and bytes is looked for.
 */
export function eventCheck(nsp: AdapterNamespace): (parts: readonly Part[]) => boolean {
  if (!(nsp.server.encoder instanceof Encoder)) return () => true;
  const begin = nsp.name === '/' ? '[' : `${nsp.name},[`;
  return (parts) => {
    const head = parts[0];
    if (typeof head !== 'string') return false;
    if (head.startsWith('42')) return parts.length === 1 && head.startsWith(begin, 2);
    if (!head.startsWith('45')) return false;
    let position = 2;
    let count = 0;
    for (; position < 6; position++) {
      const digit = head.charCodeAt(position);
      if (digit < DIGIT_0 || digit > DIGIT_9) break;
      count = count * 10 + digit - DIGIT_0;
    }
    if (head.charCodeAt(position) !== DASH || !head.startsWith(begin, position + 1)) return false;
    if (parts.length !== count + 1) return false;
    for (let i = 1; i <= count; i++) if (typeof parts[i] === 'string') return false;
    return countPlaceholders(head) === count;
  };
}

/** The limits are for what clients send. */
const UNLIMITED = {
  maxAttachments: Number.POSITIVE_INFINITY,
  maxAttachmentBytes: Number.POSITIVE_INFINITY,
  maxDepth: Number.POSITIVE_INFINITY,
  maxNamespaceLength: Number.POSITIVE_INFINITY,
  maxArguments: Number.POSITIVE_INFINITY,
};

/** An event of another node. It is only decoded if somebody wants to know what is in it: a catch-all listener. */
export class ReceivedEvent implements Packet {
  readonly type = PacketType.EVENT;
  readonly nsp: string;
  readonly #parts: readonly Part[];
  readonly #parser: Parser;
  #data: unknown[] | undefined;

  constructor(nsp: AdapterNamespace, parts: readonly Part[]) {
    this.nsp = nsp.name;
    this.#parts = parts;
    this.#parser = nsp.server._parser ?? defaultParser;
  }

  /** `[name, ...args]`. @throws ProtocolError when it cannot be decoded. */
  get data(): unknown[] {
    this.#data ??= this.#decode();
    return this.#data;
  }

  #decode(): unknown[] {
    const decoder = new this.#parser.Decoder(UNLIMITED);
    let packet: Packet | undefined;
    decoder.on('decoded', (decoded) => {
      packet = decoded;
    });
    // Without the digit of Engine.IO.
    for (const part of this.#parts) decoder.add(typeof part === 'string' ? part.slice(1) : part);
    decoder.destroy();
    if (!Array.isArray(packet?.data)) throw new ProtocolError('not an event');
    return packet.data;
  }
}
