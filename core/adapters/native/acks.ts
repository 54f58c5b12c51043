import type { ClusterNode } from '../../cluster/node.js';
import { readBroadcast, writeBroadcast } from '../../cluster/wire/broadcast.js';
import { ByteReader, ByteWriter } from '../../cluster/wire/bytes.js';
import { ProtocolError } from '../../errors.js';
import { decode } from '../../protocol/msgpack/decode.js';
import { encode } from '../../protocol/msgpack/encode.js';
import { type Part, Prepared } from '../../protocol/prepared.js';
import { type Packet, PacketType } from '../../protocol/socketio/packet.js';
import type { BroadcastOptions } from '../../rooms/selection.js';
import type { LocalSockets } from '../local-sockets.js';
import type { AckCallbacks } from '../remote-nodes.js';
import { ReceivedEvent } from './received-event.js';

/**
 * Broadcasts with acknowledgements, across nodes. A request whose parts are the number of receivers, then an answer of
 * each; complete when all of them answered.
 *
 * The event travels without an acknowledgement id: every node gives it one of its own, so that it cannot be confused with
 * one that its clients already answer.
 */
export class ClusterAcks {
  readonly #node: ClusterNode;
  readonly #local: LocalSockets;
  readonly #isEvent: (parts: readonly Part[]) => boolean;
  #remove: (() => void) | undefined = undefined;

  constructor(node: ClusterNode, local: LocalSockets, isEvent: (parts: readonly Part[]) => boolean) {
    this.#node = node;
    this.#local = local;
    this.#isEvent = isEvent;
  }

  open(): void {
    this.#remove = this.#node.handle(`acks ${this.#local.nsp.name}`, (payload, _from, part) =>
      this.#answer(payload, part),
    );
  }

  close(): void {
    this.#remove?.();
  }

  /** Asks the receivers on all other nodes. */
  async ask(packet: Packet, options: BroadcastOptions, callbacks: AckCallbacks): Promise<void> {
    const { timeout = 0 } = options.flags;
    const { type, nsp, data } = packet;
    const { parts } = Prepared.message(this.#local.nsp.server.encoder.encode({ type, nsp, data }));
    const writer = new ByteWriter();
    writer.uint32(Math.min(timeout, 0xffffffff));
    writeBroadcast(writer, parts, options);
    /** Receivers that have not answered, by node. */
    const unanswered = new Map<string, number>();
    const { answers, missing, unable } = await this.#node.request(`acks ${this.#local.nsp.name}`, writer.bytes(), {
      timeout,
      onPart: (node, payload) => this.#onPart(node, payload, unanswered, callbacks),
    });
    const silent: string[] = [];
    for (const node of missing) {
      const left = unanswered.get(node);
      const isGone = !this.#node.members.has(node);
      // Who has told everything it could is not missing: its clients are, and the caller sees that.
      if (left === undefined || (isGone && left > 0)) silent.push(node);
    }
    if (silent.length > 0) callbacks.onMissing(silent);
    for (const node of [...answers.keys(), ...missing, ...unable]) {
      if (!unanswered.has(node)) callbacks.clientCountCallback(0);
    }
    for (const node of silent) {
      const left = unanswered.get(node);
      if (left !== undefined) callbacks.clientCountCallback(-left, 0);
    }
  }

  #onPart(node: string, payload: Buffer, unanswered: Map<string, number>, callbacks: AckCallbacks): void {
    const left = unanswered.get(node);
    if (left === undefined) {
      const reader = new ByteReader(payload);
      const count = reader.uint32();
      unanswered.set(node, count);
      callbacks.clientCountCallback(count);
    } else if (left > 0) {
      unanswered.set(node, left - 1);
      callbacks.ack(decode(payload));
    } else {
      this.#node.reject('more acknowledgements than receivers');
    }
  }

  /** Another node asks the receivers here. */
  #answer(payload: Buffer, part: (payload: Uint8Array) => void): Promise<Uint8Array> {
    const reader = new ByteReader(payload);
    const timeout = reader.uint32();
    const message = readBroadcast(reader);
    reader.finish();
    if (!this.#isEvent(message.parts)) throw new ProtocolError('not an event of this namespace');
    const { data } = new ReceivedEvent(this.#local.nsp, message.parts);
    const packet: Packet = { type: PacketType.EVENT, nsp: this.#local.nsp.name, data };
    return new Promise((resolve) => {
      let unanswered = 0;
      const finish = (): void => {
        timer.cancel();
        resolve(NOTHING);
      };
      const timer = this.#node.clock.setTimeout(
        () => {
          this.#local.forgetAcks(packet.id!);
          finish();
        },
        timeout,
        true,
      );
      this.#local.broadcastWithAck(
        packet,
        message,
        (count) => {
          unanswered = count;
          const writer = new ByteWriter();
          writer.uint32(count);
          part(writer.bytes());
          if (count === 0) finish();
        },
        (answer) => {
          part(encode(answer));
          if (--unanswered === 0) finish();
        },
      );
    });
  }
}

const NOTHING = new Uint8Array(0);
