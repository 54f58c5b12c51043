import { OptionError } from '../errors.js';
import { DEFAULT_DECODE_LIMITS, type DecodeLimits } from '../protocol/socketio/decode.js';
import type { EncodeLimits } from '../protocol/socketio/outgoing.js';
import type { Parser } from '../protocol/socketio/parser.js';
import { checkAll, isAbsent, number, positive, type Settled, type Table } from './check.js';

/** What the protocol of Socket.IO takes: how packets are encoded, and what they may hold. */
export interface MessageSettings {
  /** Replaces the Socket.IO packet encoding, on both sides. @default JSON with binary attachments */
  parser?: Parser | any;
  /**
   * Binary attachments of one packet, in both directions: official clients take 10. An emit with more throws.
   * @default 10
   */
  maxAttachments?: number;
  /** Bytes of all attachments of one packet. @default 10 × maxHttpBufferSize */
  maxAttachmentBytes?: number;
  /** Bytes of one packet that is sent, its attachments included. An emit of more throws. @default 100000000 */
  maxMessageBytes?: number;
  /** Arguments of one event or acknowledgement that a client sends. @default 10000 */
  maxArguments?: number;
  /** Levels of arrays and objects inside each other in what clients send. @default 512 */
  maxDepth?: number;
  /** Characters in the name of a namespace. @default 1024 */
  maxNamespaceLength?: number;
}

export interface ResolvedMessageSettings {
  readonly parser: Parser | undefined;
  readonly decodeLimits: DecodeLimits;
  readonly encodeLimits: EncodeLimits;
}

const table = {
  parser,
  maxAttachments: number(DEFAULT_DECODE_LIMITS.maxAttachments, 0),
  maxAttachmentBytes: positive((settled) => 10 * settled('maxHttpBufferSize')),
  maxMessageBytes: positive(100_000_000),
  maxArguments: positive(DEFAULT_DECODE_LIMITS.maxArguments),
  maxDepth: positive(DEFAULT_DECODE_LIMITS.maxDepth),
  maxNamespaceLength: positive(DEFAULT_DECODE_LIMITS.maxNamespaceLength),
} satisfies Table<MessageSettings>;

/** @param settled knows `maxHttpBufferSize`. */
export function resolveMessageSettings(given: MessageSettings, settled: Settled): ResolvedMessageSettings {
  const { parser, maxMessageBytes, ...decodeLimits } = checkAll(table, given, settled);
  return {
    parser,
    decodeLimits: Object.freeze(decodeLimits),
    encodeLimits: Object.freeze({
      maxAttachments: decodeLimits.maxAttachments,
      maxArguments: decodeLimits.maxArguments,
      maxMessageBytes,
    }),
  };
}

function parser(value: unknown, name: string): Parser | undefined {
  if (isAbsent(value)) return undefined;
  const { Encoder, Decoder } = value as Partial<Parser>;
  if (typeof Encoder !== 'function' || typeof Decoder !== 'function')
    throw new OptionError(name, value, 'an object with the classes Encoder and Decoder');
  return value as Parser;
}
