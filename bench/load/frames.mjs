/** Client frames, built once and written many times (RFC 6455 §5.2, §5.3). */

// Not zero: a reader may skip the unmasking of a zero key, which no real client sends.
const MASK = Buffer.from([0x5a, 0x13, 0xc7, 0x9e]);

/**
 * @param {number} opcode
 * @param {Buffer} payload
 * @returns {Buffer} a whole, masked frame
 */
function clientFrame(opcode, payload) {
  const size = payload.length;
  const extended = size < 126 ? 0 : size < 65536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extended + 4 + size);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extended === 0 ? size : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(size, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(size), 2);
  MASK.copy(frame, 2 + extended);
  const start = 2 + extended + 4;
  for (let index = 0; index < size; index++) frame[start + index] = payload[index] ^ MASK[index & 3];
  return frame;
}

/** @param {string} text an Engine.IO packet */
export const textFrame = (text) => clientFrame(1, Buffer.from(text));

/** @param {Buffer} payload */
export const binaryFrame = (payload) => clientFrame(2, payload);

export const CONNECT = textFrame('40');
export const PONG = textFrame('3');
export const WEBSOCKET_PONG = clientFrame(10, Buffer.alloc(0));

/**
 * What a browser's request carries besides the WebSocket headers: a server that keeps the request keeps these too.
 * @param {number} port
 */
export const browserHeaders = (port) =>
  [
    `Host: 127.0.0.1:${port}`,
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    'Accept: */*',
    'Accept-Encoding: gzip, deflate, br',
    'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
    'Cache-Control: no-cache',
    'Pragma: no-cache',
    `Origin: http://127.0.0.1:${port}`,
    'Cookie: session=3f9c1e7a5b2d48d6; theme=dark',
  ].join('\r\n');

/**
 * @param {number} port
 * @param {string} query appended to the request's query, starts with `&`
 * @param {boolean} deflate whether to offer permessage-deflate as browsers do
 */
export const upgradeRequest = (port, query, deflate) =>
  [
    `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1`,
    browserHeaders(port),
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(deflate ? ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'] : []),
    '\r\n',
  ].join('\r\n');
