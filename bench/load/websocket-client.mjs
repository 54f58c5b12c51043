/**
 * A WebSocket client that costs little: one read buffer for all clients, frames counted where they lie, nothing decoded
 * that the work does not need. It answers heartbeats and joins the main namespace, as a Socket.IO client would.
 */
import { connect } from 'node:net';
import { constants, inflateRawSync } from 'node:zlib';
import { CONNECT, PONG, WEBSOCKET_PONG } from './frames.mjs';

const READ_SIZE = 256 * 1024;
// A frame up to this size that arrives in pieces is put together before it is looked at; of a larger one only the end is awaited.
const WHOLE_FRAME = 8 * 1024;
const HEADROOM = WHOLE_FRAME + 16;

// Node calls back synchronously after each read, so one buffer serves every connection. What is left of an unfinished
// frame is put into the headroom before the next read of the same connection.
const memory = Buffer.allocUnsafeSlow(HEADROOM + READ_SIZE);
const readBuffer = memory.subarray(HEADROOM);

// Ends a compressed message, left out on the wire (RFC 7692 §7.2.1).
export const SYNC_MARK = Buffer.from([0x00, 0x00, 0xff, 0xff]);
// A ping takes less than this when it is compressed, and no workload's message does.
const HEARTBEAT_SIZE = 16;

const DIGIT = { open: 0x30, close: 0x31, ping: 0x32, message: 0x34, noop: 0x36 };
const CONNECTED = 0x30;
const CONNECT_ERROR = 0x34;

/**
 * What a workload does with the frames of its clients. The buffer is only valid during the call.
 * @typedef {object} Handler
 * @property {(client: WebSocketClient, buffer: Buffer, start: number, size: number) => void} onText an event or an acknowledgement, from its Engine.IO digit on
 * @property {(client: WebSocketClient, size: number) => void} onBinary
 * @property {(client: WebSocketClient, buffer: Buffer, start: number, size: number) => void} onCompressed
 * @property {(client: WebSocketClient) => void} onReadEnd every frame of one read was handed out
 */

export class WebSocketClient {
  /** @type {Handler} */
  handler = idle;
  /** Deliveries so far; kept by the handlers. */
  received = 0;
  /** Answers that the handler owes to the server at the end of this read. */
  owed = 0;
  #socket;
  /** What was compressed before the namespace was joined: the context of what comes after. */
  deflated = Buffer.alloc(0);
  #open = false;
  #connected = false;
  #closed = false;
  /** @type {Buffer | undefined} the start of an unfinished frame */
  #rest;
  /** Bytes of a large frame that are still to come, and its first byte. */
  #missing = 0;
  #largeFrame = { first: 0, size: 0 };
  #ready;
  #failed;

  /**
   * @param {number} index which client of the workload this is
   * @param {{port: number, localAddress?: string, request: string}} target
   * @param {(client: WebSocketClient) => void} ready called once the namespace is joined
   * @param {(error: Error) => void} failed called when the connection ends and `close` was not called
   */
  constructor(index, target, ready, failed) {
    this.index = index;
    this.#ready = ready;
    this.#failed = failed;
    this.#socket = connect({
      host: '127.0.0.1',
      port: target.port,
      localAddress: target.localAddress,
      noDelay: true,
      onread: { buffer: readBuffer, callback: (size) => this.#onRead(size) },
    });
    this.#socket.on('connect', () => this.#socket.write(target.request, 'latin1'));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error(`the server closed the connection of client ${index}`)));
  }

  /** @param {Buffer} frames one or more whole frames */
  write(frames) {
    this.#socket.write(frames);
  }

  close() {
    this.#closed = true;
    this.#socket.destroy();
  }

  #fail(error) {
    if (this.#closed) return;
    this.close();
    this.#failed(error);
  }

  #onRead(size) {
    if (this.#closed) return false;
    let position = HEADROOM;
    const end = HEADROOM + size;
    if (this.#rest) {
      position -= this.#rest.length;
      this.#rest.copy(memory, position);
      this.#rest = undefined;
    }
    if (!this.#open) position = this.#readResponse(position, end);
    if (this.#open) position = this.#readFrames(position, end);
    if (position < end) this.#rest = Buffer.from(memory.subarray(position, end));
    return true;
  }

  #readResponse(position, end) {
    const headEnd = memory.subarray(position, end).indexOf('\r\n\r\n');
    if (headEnd < 0) return position;
    const head = memory.toString('latin1', position, position + headEnd);
    if (!head.startsWith('HTTP/1.1 101')) {
      this.#fail(new Error(`the server refused the upgrade: ${head.split('\r\n')[0]}`));
      return end;
    }
    this.#open = true;
    this.#socket.write(CONNECT);
    return position + headEnd + 4;
  }

  #readFrames(position, end) {
    if (this.#missing > 0) {
      const taken = Math.min(this.#missing, end - position);
      position += taken;
      this.#missing -= taken;
      if (this.#missing === 0) this.#onFrame(this.#largeFrame.first, 0, this.#largeFrame.size);
    }
    while (end - position >= 2) {
      const first = memory[position];
      let size = memory[position + 1];
      let header = 2;
      if (size === 126) {
        if (end - position < 4) break;
        size = (memory[position + 2] << 8) | memory[position + 3];
        header = 4;
      } else if (size === 127) {
        if (end - position < 10) break;
        size = memory.readUInt32BE(position + 6);
        header = 10;
      }
      const next = position + header + size;
      if (next > end) {
        if (size <= WHOLE_FRAME) break;
        this.#missing = next - end;
        this.#largeFrame = { first, size };
        position = end;
        break;
      }
      this.#onFrame(first, position + header, size);
      position = next;
    }
    this.handler.onReadEnd(this);
    return position;
  }

  #onFrame(first, start, size) {
    const opcode = first & 0x0f;
    if (first & 0x40) this.#onCompressed(start, size);
    else if (opcode === 1) {
      if (size > WHOLE_FRAME) this.#fail(new Error(`a text of ${size} bytes is more than any workload sends`));
      else this.#onText(start, size);
    } else if (opcode === 2) this.handler.onBinary(this, size);
    else if (opcode === 9) this.write(WEBSOCKET_PONG);
    else if (opcode === 8) {
      const code = size >= 2 ? memory.readUInt16BE(start) : 'no code';
      this.#fail(new Error(`the server sent a close frame to client ${this.index}: ${code}`));
    }
  }

  #onCompressed(start, size) {
    if (this.#connected) {
      if (size > HEARTBEAT_SIZE) this.handler.onCompressed(this, memory, start, size);
      else this.write(PONG);
      return;
    }
    // A server whose compressor keeps its context compresses the handshake's short messages too.
    this.deflated = Buffer.concat([this.deflated, memory.subarray(start, start + size), SYNC_MARK]);
    const texts = inflateRawSync(this.deflated, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
    if (texts.startsWith('40') || texts.includes('}40')) this.#onConnected();
  }

  #onConnected() {
    this.#connected = true;
    this.#ready(this);
  }

  #onText(start, size) {
    const type = memory[start];
    if (type === DIGIT.message) {
      const kind = memory[start + 1];
      if (kind > CONNECTED && kind !== CONNECT_ERROR) this.handler.onText(this, memory, start, size);
      else if (kind === CONNECTED) this.#onConnected();
      else this.#fail(new Error(`the server refused the namespace: ${memory.toString('latin1', start, start + size)}`));
    } else if (type === DIGIT.ping) this.write(PONG);
    else if (type === DIGIT.close) this.#fail(new Error(`the server closed the session of client ${this.index}`));
  }
}

/** @type {Handler} for a client that only stays connected */
export const idle = {
  onText() {},
  onBinary() {},
  onCompressed() {},
  onReadEnd() {},
};
