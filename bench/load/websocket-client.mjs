/**
 * A WebSocket client that costs little: one read buffer for all clients, frames counted where they lie, nothing decoded
 * that the work does not need. It answers heartbeats and joins the main namespace, as a Socket.IO client would.
 */
import { connect } from 'node:net';
import { CONNECT, PONG, WEBSOCKET_PONG } from './frames.mjs';

const READ_SIZE = 256 * 1024;
// A frame up to this size that arrives in pieces is put together before it is looked at; of a larger one only the end is awaited.
const WHOLE_FRAME = 8 * 1024;
const HEADROOM = WHOLE_FRAME + 16;

// Node calls back synchronously after each read, so one buffer serves every connection. What is left of an unfinished
// frame is put into the headroom before the next read of the same connection.
const memory = Buffer.allocUnsafeSlow(HEADROOM + READ_SIZE);
const readBuffer = memory.subarray(HEADROOM);

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
  #open = false;
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
    const head = memory.latin1Slice(position, position + headEnd);
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
    if (first & 0x40) this.handler.onCompressed(this, memory, start, size);
    else if (opcode === 1) this.#onText(start, size);
    else if (opcode === 2) this.handler.onBinary(this, size);
    else if (opcode === 9) this.write(WEBSOCKET_PONG);
    else if (opcode === 8) this.#fail(new Error(`the server sent a close frame to client ${this.index}`));
  }

  #onText(start, size) {
    const type = memory[start];
    if (type === DIGIT.message) {
      const kind = memory[start + 1];
      if (kind > CONNECTED && kind !== CONNECT_ERROR) this.handler.onText(this, memory, start, size);
      else if (kind === CONNECTED) this.#ready(this);
      else this.#fail(new Error(`the server refused the namespace: ${memory.latin1Slice(start, start + size)}`));
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
