import { SEPARATOR } from './engineio/payload.js';
import type { Prepared } from './prepared.js';
import type { Compression } from './websocket/frame.js';

/** What a tree of sequences holds, and what it should not hold. */
export interface Ledger {
  /** Of each node, however many connections share it. */
  bytes: number;
  readonly maxBytes: number;
  /** Of one sequence. */
  readonly maxSequenceBytes: number;
}

const UNLIMITED: Ledger = {
  bytes: 0,
  maxBytes: Number.POSITIVE_INFINITY,
  maxSequenceBytes: Number.POSITIVE_INFINITY,
};

/**
 * Messages waiting for one connection, in order: a path in a tree that all connections of a turn share.
 *
 * `append` returns the same child for the same message, so connections that received the same broadcasts in this turn hold
 * the *same* node, and its bytes are put together once for all of them. A connection's own messages branch off. The tree
 * lives for one turn: the outbox begins a new root after each flush.
 *
 * Only the newest child is remembered: a broadcast visits all its receivers before the next message is made, so an older
 * child would never be asked for again.
 */
export class Sequence {
  readonly parent: Sequence | null;
  /** The newest message; `null` at the root. */
  readonly last: Prepared | null;
  /** Messages from the root to here. */
  readonly length: number;
  /** Their Engine.IO packets: a message with attachments is several. */
  readonly packets: number;
  readonly byteLength: number;
  /** One for the whole tree. */
  readonly ledger: Ledger;
  /** When this node was made, it or its tree held more than it should: one look on the hot path. */
  readonly isTooLarge: boolean;
  #child: Sequence | null = null;
  #frames: Buffer | null = null;
  #deflatedFrames: Buffer | null = null;
  #payload: string | null = null;

  private constructor(parent: Sequence | null, last: Prepared | null, ledger: Ledger) {
    this.parent = parent;
    this.last = last;
    this.ledger = ledger;
    this.length = parent === null || last === null ? 0 : parent.length + 1;
    this.packets = parent === null || last === null ? 0 : parent.packets + last.parts.length;
    this.byteLength = parent === null || last === null ? 0 : parent.byteLength + last.byteLength;
    this.isTooLarge = this.byteLength > ledger.maxSequenceBytes || ledger.bytes > ledger.maxBytes;
  }

  static root(ledger: Ledger = UNLIMITED): Sequence {
    return new Sequence(null, null, ledger);
  }

  /** The sequence with one message more. */
  // Hot path: once per receiver of a broadcast. Allocates only when no other receiver has the same sequence.
  append(message: Prepared): Sequence {
    const child = this.#child;
    if (child !== null && child.last === message) return child;
    this.ledger.bytes += message.byteLength;
    this.#child = new Sequence(this, message, this.ledger);
    return this.#child;
  }

  /** The messages from the first to the last. */
  messages(): Prepared[] {
    const messages = new Array<Prepared>(this.length);
    let node: Sequence = this;
    for (let i = this.length; i-- > 0; node = node.parent!) messages[i] = node.last!;
    return messages;
  }

  /** All messages as WebSocket frames. */
  frames(): Buffer {
    this.#frames ??= this.length === 1 ? this.last!.frame : this.#concat(null);
    return this.#frames;
  }

  /** All messages as WebSocket frames for connections that negotiated permessage-deflate. */
  deflatedFrames(compression: Compression): Buffer {
    this.#deflatedFrames ??= this.length === 1 ? this.last!.deflatedFrame(compression) : this.#concat(compression);
    return this.#deflatedFrames;
  }

  /** All messages as the body of an answer to a polling request. */
  payload(): string {
    this.#payload ??= this.messages()
      .map((message) => message.chunk)
      .join(SEPARATOR);
    return this.#payload;
  }

  /**
   * Walks towards the root, but only as far as the nearest node whose bytes are known: in a room where everybody skips
   * just their own message, most of each sequence has been put together already.
   */
  #concat(compression: Compression | null): Buffer {
    const buffers: Buffer[] = [];
    let node: Sequence = this;
    let size = 0;
    while (node.length > 0) {
      const known = compression === null ? node.#frames : node.#deflatedFrames;
      const piece = known ?? (compression === null ? node.last!.frame : node.last!.deflatedFrame(compression));
      buffers.push(piece);
      size += piece.byteLength;
      if (known !== null) break;
      node = node.parent!;
    }
    const bytes = Buffer.allocUnsafe(size);
    let offset = 0;
    for (let i = buffers.length; i-- > 0; ) {
      const piece = buffers[i]!;
      bytes.set(piece, offset);
      offset += piece.byteLength;
    }
    return bytes;
  }
}
