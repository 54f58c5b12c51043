import { createServer, type IncomingMessage } from 'node:http';
import { Prepared } from '../../../core/protocol/prepared.js';
import { Sequence } from '../../../core/protocol/sequence.js';
import type { FrameTransport } from '../../../core/transports/frame-transport.js';
import type { ResponseHeaders } from '../../../core/transports/transport.js';
import { WebSocketTransport } from '../../../core/transports/websocket.js';
import { WebSocketAcceptor, type WebSocketOptions } from '../../../core/transports/websocket-acceptor.js';
import { LibraryTransport } from '../../../core/transports/websocket-library.js';
import { HttpWire } from '../../support/http-wire.js';

const HANDSHAKE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const ACCEPTED = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
};

async function accept(
  headers: Record<string, string>,
  options: Partial<WebSocketOptions> = {},
  own: ResponseHeaders = {},
) {
  const acceptor = new WebSocketAcceptor({ maxPayload: 100, maxFragments: 100, perMessageDeflate: false, ...options });
  const refused: string[] = [];
  const transports: FrameTransport[] = [];
  acceptor.onRefused((error, request: IncomingMessage) => refused.push(`${request.url} ${error.message}`));
  const server = createServer();
  server.on('upgrade', (request, socket, head) =>
    acceptor.accept(request, socket, head, own, (transport) => {
      transports.push(transport);
      transport.write(Sequence.root().append(Prepared.text('0')));
    }),
  );
  const wire = new HttpWire(server);
  const answer = await wire.request('GET /io/', headers);
  return { acceptor, wire, answer, refused, transport: transports[0] };
}

test('an ordinary handshake is answered by us, the first message right behind', async () => {
  const { answer, wire, transport } = await accept(HANDSHAKE, {}, { 'X-Mine': 'yes', 'Set-Cookie': ['a=1', 'b=2'] });
  expect(answer).toMatchObject({ status: 101, headers: { ...ACCEPTED, 'x-mine': 'yes', 'set-cookie': 'b=2' } });
  expect(wire.written).toBe('\x81\x010');
  expect(transport).toBeInstanceOf(WebSocketTransport);
});

test('an offer of an extension that is off changes nothing', async () => {
  const { answer, transport } = await accept({ ...HANDSHAKE, 'Sec-WebSocket-Extensions': 'permessage-deflate' });
  expect(answer).toMatchObject({ status: 101 });
  expect(answer!.headers).not.toHaveProperty('sec-websocket-extensions');
  expect(transport).toBeInstanceOf(WebSocketTransport);
});

test.each<[string, Record<string, string>, Record<string, string>]>([
  [
    'compression',
    { 'Sec-WebSocket-Extensions': 'permessage-deflate' },
    { 'sec-websocket-extensions': expect.any(String) },
  ],
  ['a subprotocol', { 'Sec-WebSocket-Protocol': 'chat' }, { 'sec-websocket-protocol': 'chat' }],
])('what negotiates %s is left to ws', async (_name, offer, agreed) => {
  const headers = { ...HANDSHAKE, ...offer };
  const { answer, wire, transport } = await accept(
    headers,
    { perMessageDeflate: { threshold: 1024 } },
    { 'X-Mine': 'yes' },
  );
  expect(answer).toMatchObject({ status: 101, headers: { ...ACCEPTED, ...agreed, 'x-mine': 'yes' } });
  expect(wire.written).toBe('\x81\x010');
  expect(transport).toBeInstanceOf(LibraryTransport);
  transport!.terminate();
});

test.each<[string, Record<string, string>]>([
  ['key', { 'Sec-WebSocket-Key': 'short' }],
  ['version', { 'Sec-WebSocket-Version': '7' }],
  ['protocol', { Upgrade: 'h2c' }],
])('a wrong %s is refused, and reported', async (_name, wrong) => {
  const { answer, wire, refused, transport } = await accept({ ...HANDSHAKE, ...wrong });
  expect(answer).toMatchObject({ status: 400, headers: { connection: 'close' } });
  expect(refused).toEqual([`/io/ ${answer!.body}`]);
  expect(wire.hasEnded).toBe(true);
  expect(transport).toBeUndefined();
});

test.each([
  ['7', '13, 8'],
  ['13', undefined],
])('a handshake of version %s that is refused says which versions there are: %s', async (version, versions) => {
  const { answer } = await accept({ ...HANDSHAKE, 'Sec-WebSocket-Version': version, 'Sec-WebSocket-Key': 'short' });
  expect(answer!.status).toBe(400);
  expect(answer!.headers['sec-websocket-version']).toBe(versions);
});

test('at the end, peers that do not answer our goodbye are let go', async () => {
  const { acceptor, wire, transport } = await accept(HANDSHAKE);
  const reason = new Promise((resolve) => {
    transport!.attach({
      onText: () => true,
      onBinary: () => true,
      onReady: () => {},
      onHeaders: () => {},
      onTooLarge: () => {},
      onUnanswered: () => {},
      onClose: resolve,
    });
  });
  transport!.close();
  acceptor.close(1);
  expect(await reason).toBe('transport close');
  expect(wire.hasEnded).toBe(true);
});
