import type { ClusterNode } from '../../cluster/node.js';
import { readTarget, type Target, writeTarget } from '../../cluster/wire/broadcast.js';
import { ByteReader, ByteWriter } from '../../cluster/wire/bytes.js';
import { ProtocolError } from '../../errors.js';
import { decode } from '../../protocol/msgpack/decode.js';
import { encode } from '../../protocol/msgpack/encode.js';
import type { BroadcastOptions, Room } from '../../rooms/selection.js';
import type { AdapterNamespace, AdapterSocket, SocketId } from '../adapter.js';
import type { Found, SocketDescription, ThisNode } from '../remote-nodes.js';

type Query = 'sockets' | 'ids' | 'emit' | 'rooms';

/**
 * What the nodes of a cluster ask each other about a namespace, and how they answer. A query is answered with what there
 * is; nodes that died or are too slow are named.
 */
export class ClusterQueries {
  readonly #node: ClusterNode;
  readonly #nsp: AdapterNamespace;
  readonly #here: ThisNode;
  #removals: (() => void)[] = [];

  /** @param here is asked by the others, and told when some of them did not answer. */
  constructor(node: ClusterNode, here: ThisNode) {
    this.#node = node;
    this.#nsp = here.local.nsp;
    this.#here = here;
  }

  /** Answers the questions of other nodes from now on. */
  open(): void {
    const { name } = this.#nsp;
    const { local } = this.#here;
    this.#removals = [
      this.#node.handle(`sockets ${name}`, (payload) => encode(local.select(decodeTarget(payload)).map(describe))),
      this.#node.handle(`ids ${name}`, (payload) => encode(local.select(decodeTarget(payload)).map(({ id }) => id))),
      this.#node.handle(`rooms ${name}`, () => encode([...local.rooms.keys()])),
      this.#node.handle(`emit ${name}`, (payload) => this.#answerEmit(payload)),
    ];
  }

  close(): void {
    for (const remove of this.#removals.splice(0)) remove();
  }

  /** The sockets of other nodes. @param timeout milliseconds, if not the usual. */
  sockets(target: Target, timeout: number | undefined): Promise<Found<SocketDescription>> {
    return this.#collect('sockets', encodeTarget(target), timeout, listOf(isDescription));
  }

  /** Ids of the sockets of other nodes. */
  ids(target: Target): Promise<Found<SocketId>> {
    return this.#collect('ids', encodeTarget(target), undefined, listOf(isString));
  }

  /** The rooms of other nodes. */
  rooms(): Promise<Found<Room>> {
    return this.#collect('rooms', NOTHING, undefined, listOf(isRoom));
  }

  /** Sends an event to other nodes; collects the answer of each. */
  emit(args: unknown[]): Promise<Found<unknown>> {
    return this.#collect('emit', encode(args), undefined, listOf(isAnything));
  }

  async #collect<Value>(
    query: Query,
    payload: Uint8Array,
    timeout: number | undefined,
    read: (value: unknown) => Value[],
  ): Promise<Found<Value>> {
    const options = timeout === undefined ? {} : { timeout };
    const { answers, missing } = await this.#node.request(`${query} ${this.#nsp.name}`, payload, options);
    const values: Value[] = [];
    for (const [node, answer] of answers) {
      try {
        for (const value of read(decode(answer))) values.push(value);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#node.reject(`the answer to "${query}": ${error.message}`);
        missing.push(node);
      }
    }
    if (missing.length > 0) this.#here.onMissing(missing, query);
    return { values, missing };
  }

  #answerEmit(payload: Buffer): Promise<Uint8Array> {
    const args = eventOf(payload);
    return new Promise((resolve, reject) => {
      this.#nsp._onServerSideEmit([
        ...args,
        (answer: unknown) => {
          try {
            resolve(encode([answer]));
          } catch (error) {
            reject(error);
          }
        },
      ]);
    });
  }
}

/** An event of another server: `[name, ...args]`. @throws ProtocolError when it is none. */
export function eventOf(payload: Buffer): [event: string, ...args: unknown[]] {
  const args = decode(payload);
  if (!Array.isArray(args) || typeof args[0] !== 'string') throw new ProtocolError('not an event of a server');
  return args as [string, ...unknown[]];
}

function describe({ id, handshake, rooms, data }: AdapterSocket): SocketDescription {
  return { id, handshake, rooms: [...rooms], data };
}

function encodeTarget(target: Target): Buffer {
  const writer = new ByteWriter();
  writeTarget(writer, target);
  return writer.bytes();
}

function decodeTarget(payload: Buffer): BroadcastOptions {
  const reader = new ByteReader(payload);
  const target = readTarget(reader);
  reader.finish();
  return target;
}

// --- what an answer must look like ---

function listOf<Value>(isValue: (value: unknown) => value is Value): (value: unknown) => Value[] {
  return (value) => {
    if (!Array.isArray(value) || !value.every(isValue)) throw new ProtocolError('not what was asked for');
    return value;
  };
}

const NOTHING = new Uint8Array(0);

const isRoom = (value: unknown): value is Room => typeof value === 'string' || typeof value === 'number';
const isString = (value: unknown): value is string => typeof value === 'string';
const isAnything = (_value: unknown): _value is unknown => true;

function isDescription(value: unknown): value is SocketDescription {
  if (typeof value !== 'object' || value === null) return false;
  const { id, handshake, rooms } = value as Partial<SocketDescription>;
  return typeof id === 'string' && typeof handshake === 'object' && handshake !== null && Array.isArray(rooms);
}
