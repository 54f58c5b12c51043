import type { EnginePacket } from '../../../core/client/transports/transport.js';
import { WebSocketTransport } from '../../../core/client/transports/websocket.js';
import { Base64WebSocketTransport } from '../../../core/client/transports/websocket-base64.js';
import { turn } from './support/harness.js';
import { TestClock } from './support/test-clock.js';

class FakeWebSocket {
  static last: FakeWebSocket;
  binaryType = 'blob';
  onopen: ((event: any) => void) | null = null;
  onmessage: ((event: any) => void) | null = null;
  onclose: ((event: any) => void) | null = null;
  onerror: ((event: any) => void) | null = null;
  readonly sent: unknown[] = [];
  closed = 0;
  isBroken = false;

  constructor(
    readonly url: string,
    readonly protocols: unknown,
  ) {
    FakeWebSocket.last = this;
  }

  send(data: unknown): void {
    if (this.isBroken) throw new Error('not open');
    this.sent.push(data);
  }

  close(): void {
    this.closed++;
  }
}

const original = globalThis.WebSocket;
beforeEach(() => {
  globalThis.WebSocket = FakeWebSocket as never;
});
afterEach(() => {
  globalThis.WebSocket = original;
});

function create(options: object = {}, Transport = WebSocketTransport) {
  const log: string[] = [];
  const packets: EnginePacket[] = [];
  const transport = new Transport({
    hostname: 'h.test',
    port: '80',
    secure: false,
    path: '/socket.io/',
    query: { EIO: 4 },
    socket: {},
    clock: new TestClock(),
    ...options,
  });
  transport
    .on('open', () => log.push('open'))
    .on('packet', (packet) => packets.push(packet))
    .on('drain', () => log.push('drain'))
    .on('error', (error) => log.push(`error: ${error.message}: ${error.description}`))
    .on('close', (details) => log.push(`close: ${details?.description}`));
  transport.open();
  return { transport, log, packets, socket: FakeWebSocket.last };
}

describe('WebSocketTransport', () => {
  test('opens where it is told to', () => {
    expect(create().socket.url).toBe('ws://h.test/socket.io/?EIO=4');
    const { socket } = create({ secure: true, port: '8443', protocols: ['a'], timestampRequests: true });
    expect(socket.url).toMatch(/^wss:\/\/h\.test:8443\/socket\.io\/\?EIO=4&t=\w+$/);
    expect(socket.protocols).toEqual(['a']);
    expect(socket.binaryType).toBe('arraybuffer');
    expect(create({ hostname: '[::1]', port: '3000' }).socket.url).toBe('ws://[::1]:3000/socket.io/?EIO=4');
  });

  test('carries packets, both ways', async () => {
    const { transport, log, packets, socket } = create();
    socket.onopen!({});
    expect(transport.writable).toBe(true);
    const bytes = Uint8Array.from([1, 2]);
    transport.send([{ type: 'message', data: 'a' }, { type: 'message', data: bytes }, { type: 'pong' }]);
    expect(transport.writable).toBe(false);
    expect(socket.sent).toEqual(['4a', bytes, '3']);
    await turn();
    expect(transport.writable).toBe(true);
    expect(log).toEqual(['open', 'drain']);
    socket.onmessage!({ data: '4b' });
    socket.onmessage!({ data: bytes.buffer });
    expect(packets).toEqual([
      { type: 'message', data: 'b' },
      { type: 'message', data: bytes.buffer },
    ]);
  });

  test('a Blob goes as it is', () => {
    const { transport, socket } = create();
    socket.onopen!({});
    const blob = new Blob(['abc']);
    transport.send([{ type: 'message', data: blob }]);
    expect(socket.sent).toEqual([blob]);
  });

  test('nonsense is an error that quotes it', () => {
    const { log, socket } = create();
    socket.onopen!({});
    socket.onmessage!({ data: 'nonsense' });
    expect(log).toEqual(['open', 'error: parse error: received "nonsense"']);
  });

  test('an error and an end', () => {
    const { log, socket } = create();
    socket.onerror!({ message: 'refused' });
    socket.onclose!({ code: 1006 });
    expect(log).toEqual(['error: websocket error: refused', 'close: websocket closed (1006)']);
  });

  test('where there is no WebSocket, or it will not be made', async () => {
    for (const broken of [
      undefined,
      class {
        constructor() {
          throw new SyntaxError('bad protocol');
        }
      },
    ]) {
      globalThis.WebSocket = broken as never;
      const { log, transport } = create();
      // Whoever asked has no listeners yet.
      expect(log).toEqual([]);
      await Promise.resolve();
      expect(log).toHaveLength(1);
      expect(log[0]).toMatch(/^error: websocket error: (WebSocket is not|bad protocol)/);
      transport.close();
    }
  });

  test('closing is quiet, in any state', async () => {
    const early = create();
    early.transport.close();
    early.socket.onerror!({});
    expect(early.socket.closed).toBe(1);
    expect(early.log).toEqual(['close: undefined']);
    const { transport, log, socket } = create();
    socket.onopen!({});
    transport.send([{ type: 'pong' }]);
    transport.close();
    expect([socket.onopen, socket.onmessage, socket.onclose]).toEqual([null, null, null]);
    await turn();
    expect(log).toEqual(['open', 'close: undefined']);
    expect(transport.writable).toBe(false);
  });

  test('a send that fails is followed by the news of why', async () => {
    const { transport, socket, log } = create();
    socket.onopen!({});
    socket.isBroken = true;
    transport.send([{ type: 'pong' }]);
    await turn();
    socket.onclose!({ code: 1001 });
    expect(log).toEqual(['open', 'drain', 'close: websocket closed (1001)']);
  });
});

describe('forceBase64', () => {
  test('everything is text, in order, a Blob too', async () => {
    const { transport, socket, log } = create({ forceBase64: true }, Base64WebSocketTransport);
    expect(socket.url).toContain('b64=1');
    socket.onopen!({});
    transport.send([
      { type: 'message', data: 'a' },
      { type: 'message', data: new Blob(['abc']) },
      { type: 'message', data: Buffer.from('abc') },
      { type: 'message', data: 'b' },
    ]);
    await turn();
    await turn();
    expect(socket.sent).toEqual(['4a', 'bYWJj', 'bYWJj', '4b']);
    expect(log).toEqual(['open', 'drain']);
  });

  test('text that is binary is understood', () => {
    const { socket, packets, log } = create({}, Base64WebSocketTransport);
    expect(socket.url).not.toContain('b64');
    socket.onopen!({});
    socket.onmessage!({ data: 'bYWJj' });
    expect(Buffer.from(packets[0]!.data).toString()).toBe('abc');
    socket.onmessage!({ data: 'b!' });
    expect(log.at(-1)).toBe('error: parse error: received "b!"');
  });

  test('a Blob that cannot be read is an error', async () => {
    const { transport, socket, log } = create({ forceBase64: true }, Base64WebSocketTransport);
    socket.onopen!({});
    const blob = new Blob(['x']);
    blob.arrayBuffer = () => Promise.reject(new Error('gone'));
    transport.send([{ type: 'message', data: blob }]);
    await turn();
    expect(log).toEqual(['open', 'error: websocket error: gone']);
  });
});
