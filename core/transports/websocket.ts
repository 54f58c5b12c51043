import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemClock } from '../clock.js';
import type { Deadlines } from '../deadlines.js';
import type { Sequence } from '../protocol/sequence.js';
import { encodeCloseFrame, encodePongFrame } from '../protocol/websocket/frame.js';
import {
  type CloseFrame,
  type FrameReceiver,
  type FrameViolation,
  hasUnread,
  readFrames,
  readOn,
  type Unfinished,
} from '../protocol/websocket/reader.js';
import { FrameTransport } from './frame-transport.js';

/** A socket knows its transport: four shared functions serve as listeners for every connection, instead of closures. */
const TRANSPORT = Symbol('transport');
type OwnedSocket = Duplex & { [TRANSPORT]?: WebSocketTransport };

/** What all connections of an acceptor share. */
export interface WebSocketShared {
  /** Bytes of a message. */
  readonly maxPayload: number;
  /** Fragments of a message. */
  readonly maxFragments: number;
  /** Peers that were sent a close frame and have this long to answer. */
  readonly closing: Deadlines<WebSocketTransport>;
}

/** What Node reads at once; of a socket that has more, it would read up to 32 times as much in a row. */
const FULL_READ = 64 * 1024;

/** Frames of one connection that are read in one turn: a read may hold nine thousand, each of which may join a namespace. */
export const FRAMES_PER_TURN = 256;

/** No close frame came. Source: RFC 6455 §7.1.5. */
const ABNORMAL = 1006;

/**
 * A WebSocket without extensions, read by us: what nearly every connection is. Those with permessage-deflate are read by
 * `ws`, see websocket-library.ts.
 *
 * ```
 *   open ──close()──> closing ──the peer's close frame──> (end) ──> closed
 *     ├──close frame──> answered, (end) ──────────────────────────> closed
 *     └──violation──> told, reported, (end) ──────────────────────> closed
 * ```
 * Source: RFC 6455 §7.
 */
export class WebSocketTransport extends FrameTransport implements FrameReceiver {
  readonly #shared: WebSocketShared;
  /** The answer to the handshake, until it is written: in one piece with the first message, if there is one at once. */
  #answer: Buffer | null;
  unfinished: Unfinished | null = null;
  isReading = true;
  framesLeft = FRAMES_PER_TURN;
  #readyState: 'open' | 'closing' | 'closed' = 'open';
  /** The peer's. */
  #closeFrame: CloseFrame | null = null;
  /** The last ping that has not been answered yet. */
  #unansweredPing: Buffer | null = null;

  /**
   * @param answer the answer to the handshake, not written yet; see {@link WebSocketTransport.begin}.
   * @param head what came behind the handshake already.
   */
  constructor(socket: Duplex, answer: Buffer, head: Buffer, shared: WebSocketShared) {
    super(socket, null);
    this.#shared = shared;
    this.#answer = answer;
    (socket as OwnedSocket)[TRANSPORT] = this;
    (socket as Partial<Socket>).setTimeout?.(0);
    (socket as Partial<Socket>).setNoDelay?.();
    if (head.byteLength > 0) socket.unshift(head);
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('error', onError);
    socket.on('close', onClose);
  }

  get maxPayload(): number {
    return this.#shared.maxPayload;
  }

  get maxFragments(): number {
    return this.#shared.maxFragments;
  }

  get unfinishedBytes(): number {
    return this.unfinished === null ? 0 : this.unfinished.byteLength;
  }

  get readyState(): 'open' | 'closing' | 'closed' {
    return this.#readyState;
  }

  /** Answers the handshake, unless the first message did. */
  begin(): void {
    const answer = this.#answer;
    if (answer === null || this.#readyState === 'closed') return;
    this.#answer = null;
    this.socket.write(answer);
  }

  override write(sequence: Sequence): void {
    if (this.#answer === null) {
      super.write(sequence);
      return;
    }
    const bytes = Buffer.concat([this.#answer, sequence.frames()]);
    this.#answer = null;
    if (!this.socket.write(bytes)) this.expectDrain();
  }

  close(code?: number, reason?: string): void {
    if (this.#readyState !== 'open') return;
    this.begin();
    this.#readyState = 'closing';
    this.#shared.closing.add(this);
    this.socket.write(encodeCloseFrame(code, reason));
  }

  terminate(): void {
    if (this.#readyState === 'closed') return;
    this.#readyState = 'closing';
    this.socket.destroy();
  }

  /**
   * Of the pings of one turn, and of all that come while the peer does not read, only the last is answered, which is all
   * a peer may ask for (RFC 6455 §5.5.3): pongs neither pile up nor cost a write each.
   */
  onPing(payload: Buffer): void {
    if (this.#unansweredPing === null) systemClock.endOfTurn(() => this.#answerPing());
    this.#unansweredPing = Buffer.from(payload);
  }

  #answerPing(): void {
    const ping = this.#unansweredPing;
    if (ping === null) return;
    if (this.#readyState === 'open' && this.socket.writableNeedDrain) {
      this.expectDrain();
      return;
    }
    this.#unansweredPing = null;
    if (this.#readyState === 'open' && !this.socket.write(encodePongFrame(ping))) this.expectDrain();
  }

  protected override onDrain(): void {
    this.#answerPing();
    super.onDrain();
  }

  /** Answered, if it is not the answer to ours; either way nothing follows it. */
  onCloseFrame(frame: CloseFrame): void {
    this.isReading = false;
    this.#closeFrame = frame;
    if (frame.code === 1005) this.close();
    else this.close(frame.code, frame.reason);
    this.socket.end();
  }

  onViolation(violation: FrameViolation): void {
    this.isReading = false;
    if (violation.closeCode === 1009) this.handler?.onTooLarge();
    this.close(violation.closeCode);
    this.socket.end();
    this.end(violation, ABNORMAL, '');
  }

  /** @internal */
  onData(chunk: Buffer): void {
    const isFull = chunk.byteLength >= FULL_READ;
    if (isFull) this.#yield();
    this.framesLeft = FRAMES_PER_TURN;
    if (this.isReading) readFrames(this, chunk);
    if (!isFull && hasUnread(this)) this.#yield();
  }

  /** There is more where that came from: others have their turn first. */
  #yield(): void {
    this.socket.pause();
    systemClock.endOfTurn(this.#goOn);
  }

  readonly #goOn = (): void => {
    this.framesLeft = FRAMES_PER_TURN;
    try {
      if (this.isReading) readOn(this);
    } finally {
      if (this.isReading && hasUnread(this)) systemClock.endOfTurn(this.#goOn);
      else this.socket.resume();
    }
  };

  /** The peer will send nothing more: without a close frame before, the connection is lost. @internal */
  onEnd(): void {
    this.isReading = false;
    if (this.#readyState === 'open') {
      this.#readyState = 'closing';
      // What is still to be written may never get through.
      this.#shared.closing.add(this);
    }
    this.socket.end();
  }

  /** @internal */
  onSocketError(): void {
    this.terminate();
  }

  /** @internal */
  onSocketClose(): void {
    this.#readyState = 'closed';
    this.isReading = false;
    this.unfinished = null;
    this.#shared.closing.remove(this);
    this.end(undefined, this.#closeFrame?.code ?? ABNORMAL, this.#closeFrame?.reason ?? '');
  }
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[TRANSPORT]!.onData(chunk);
}

function onEnd(this: OwnedSocket): void {
  this[TRANSPORT]!.onEnd();
}

function onError(this: OwnedSocket): void {
  this[TRANSPORT]!.onSocketError();
}

function onClose(this: OwnedSocket): void {
  this[TRANSPORT]!.onSocketClose();
}
