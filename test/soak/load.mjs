// Honest clients that come and go, slow ones that do not read, and hostile ones that send whatever hurts.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { io } from 'socket.io-client';

const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** Talks, leaves after a while, and is replaced by another. */
export class HonestClients {
  #sockets = new Set();
  #timer;

  constructor(port, count) {
    this.url = `http://127.0.0.1:${port}`;
    this.count = count;
    this.#timer = setInterval(() => this.#tick(), 50);
  }

  #tick() {
    while (this.#sockets.size < this.count) this.#add();
    for (const socket of this.#sockets) {
      if (Math.random() < 0.05 && socket.connected) socket.emit('say', 'x'.repeat(Math.random() * 500));
      if (Math.random() < 0.002 && socket.connected) socket.emit('fail');
      if (Math.random() < 0.005) this.#remove(socket);
    }
  }

  #add() {
    const transports = pick([['websocket'], ['websocket'], ['polling'], ['polling', 'websocket']]);
    const socket = io(this.url, { forceNew: true, transports, reconnectionDelay: 100 });
    if (Math.random() < 0.1) socket.io.socket(`/dynamic-${Math.floor(Math.random() * 1000)}`).connect();
    this.#sockets.add(socket);
  }

  #remove(socket) {
    this.#sockets.delete(socket);
    const { io: manager } = socket;
    manager.reconnection(false);
    // Some leave their namespace first, some just go.
    if (Math.random() < 0.5) socket.disconnect();
    manager.engine?.close();
  }

  stop() {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) this.#remove(socket);
  }
}

const HANDSHAKE =
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

function frame(payload, opcode = 1) {
  const body = Buffer.from(payload);
  const head = body.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | body.length]) : Buffer.alloc(4);
  if (body.length >= 126) {
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | 126;
    head.writeUInt16BE(body.length, 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), body]);
}

const ATTACKS = [
  (socket) => socket.write('GET / HTTP'),
  (socket) => socket.write(HANDSHAKE + randomBytes(500).toString('latin1')),
  (socket) => socket.write(Buffer.concat([Buffer.from(HANDSHAKE), frame('40'), frame('42{}')])),
  (socket) => socket.write(Buffer.concat([Buffer.from(HANDSHAKE), frame('40'), frame(`42["x",${'['.repeat(20_000)}`)])),
  (socket) => socket.write(Buffer.concat([Buffer.from(HANDSHAKE), frame('40'), frame('451-["x"]'), frame('42["x"]')])),
  (socket) =>
    socket.write(Buffer.concat([Buffer.from(HANDSHAKE), frame('40'), ...new Array(600).fill(frame('42["say","x"]'))])),
  (socket) => socket.write(Buffer.concat([Buffer.from(HANDSHAKE), frame('40'), frame('x', 3)])),
  (socket) =>
    socket.write(
      'POST /socket.io/?EIO=4&transport=polling&sid=guess HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\nxxx',
    ),
];

/** Opens, hurts, is gone. */
export function startAttacks(port, everyMilliseconds) {
  const timer = setInterval(() => {
    const socket = connect(port, '127.0.0.1', () => pick(ATTACKS)(socket));
    socket.on('error', () => {});
    socket.resume();
    setTimeout(() => (Math.random() < 0.5 ? socket.resetAndDestroy() : socket.destroy()), Math.random() * 2000);
  }, everyMilliseconds);
  return () => clearInterval(timer);
}

/** Joins and never reads again; another one every few seconds. */
export function startSlowReaders(port, everyMilliseconds) {
  const open = new Set();
  const timer = setInterval(() => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.concat([Buffer.from(HANDSHAKE), frame('40')])));
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    socket.pause();
  }, everyMilliseconds);
  return () => {
    clearInterval(timer);
    for (const socket of open) socket.destroy();
  };
}
