import type { Malformed } from '../../../cluster/wire/messages.js';
import { ProtocolError } from '../../../errors.js';
import { Reader } from '../../../protocol/msgpack/decode.js';
import { encode } from '../../../protocol/msgpack/encode.js';
import { readJson } from '../../../protocol/msgpack/json.js';
import { type Packet, PacketType } from '../../../protocol/socketio/packet.js';
import type { BroadcastOptions } from '../../../rooms/selection.js';
import { assertEventName, assertEventType, checked, toOptions } from './fields.js';

/*
 * What `@socket.io/redis-adapter` and `@socket.io/redis-emitter` put on Redis, both directions; requests.ts and responses.ts
 * have the rest of it. Source: what versions 8.3.0 and 5.1.0 publish, in design notes and in the tests, which compare byte
 * for byte.
 */

/** An event for clients. Key order and all: the bytes are those of the official adapter. */
export function encodeBroadcast(uid: string, namespace: string, data: unknown, options: BroadcastOptions): Buffer {
  return encode([uid, { type: PacketType.EVENT, data, nsp: namespace }, plainOptions(options)]);
}

export function plainOptions({ rooms, except, flags }: BroadcastOptions): object {
  return { rooms: [...rooms], except: [...except], flags };
}

/** Who sent a broadcast, or nothing when that cannot be told at a glance. Cheaper than to read it. */
export function senderOf(bytes: Buffer): string {
  const [list = 0, text = 0] = bytes;
  return list === 0x93 && text >> 5 === 5 ? bytes.toString('latin1', 2, 2 + (text & 31)) : '';
}

/** A broadcast whose event stays encoded until somebody wants to see it. */
export class ReceivedBroadcast implements Packet {
  readonly type = PacketType.EVENT;
  readonly nsp: string;
  readonly options: BroadcastOptions;
  readonly #bytes: Buffer;
  readonly #dataPosition: number;
  #data: unknown[] | undefined;

  constructor(bytes: Buffer, dataPosition: number, nsp: string, options: BroadcastOptions) {
    this.#bytes = bytes;
    this.#dataPosition = dataPosition;
    this.nsp = nsp;
    this.options = options;
  }

  /**
   * The packet as its clients get it, in the default encoding; `undefined` when there is binary in it.
   *
   * @throws ProtocolError when it is malformed inside.
   */
  encoded(): string | undefined {
    const json = readJson(this.#reader());
    if (json === undefined) return undefined;
    return this.nsp === '/' ? `${PacketType.EVENT}${json}` : `${PacketType.EVENT}${this.nsp},${json}`;
  }

  /** @throws ProtocolError when it is malformed inside. */
  get data(): unknown[] {
    this.#data ??= this.#reader().value() as unknown[];
    return this.#data;
  }

  #reader(): Reader {
    const reader = new Reader(this.#bytes);
    reader.position = this.#dataPosition;
    return reader;
  }
}

/** Reads a broadcast, or says why it is none. The event itself is checked, but passed over. */
export function readBroadcast(bytes: Buffer): ReceivedBroadcast | Malformed {
  return checked(() => {
    const reader = new Reader(bytes);
    const count = reader.arrayHeader();
    if (count < 3) throw new ProtocolError('not a list of sender, packet and options');
    if (typeof reader.value() !== 'string') throw new ProtocolError('the sender is not a string');
    const { namespace, dataPosition } = readPacket(reader);
    const options = toOptions(reader.value());
    for (let i = 3; i < count; i++) reader.skip();
    reader.end();
    return new ReceivedBroadcast(bytes, dataPosition, namespace, options);
  });
}

function readPacket(reader: Reader): { namespace: string; dataPosition: number } {
  let type: unknown;
  let namespace: unknown = '/';
  let dataPosition = -1;
  const count = reader.mapHeader();
  if (count === -1) throw new ProtocolError('the packet is not a map');
  for (let i = 0; i < count; i++) {
    const key = reader.key();
    if (key === 'type') type = reader.value();
    else if (key === 'nsp') namespace = reader.value();
    else {
      if (key === 'data') dataPosition = reader.position;
      reader.skip();
    }
  }
  assertEventType(type);
  if (typeof namespace !== 'string') throw new ProtocolError('the namespace is not a string');
  if (dataPosition === -1) throw new ProtocolError('a packet without data');
  const end = reader.position;
  reader.position = dataPosition;
  if (reader.arrayHeader() < 1) throw new ProtocolError('the data is not a list that begins with the name of an event');
  assertEventName(reader.value());
  reader.position = end;
  return { namespace, dataPosition };
}
