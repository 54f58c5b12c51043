// The client for pages, in a context that has what React Native has: `WebSocket` takes headers as its third argument,
// `URL` is not complete, and there are no `TextEncoder`, `crypto`, `document`, `location` or `addEventListener`.
//
//   node react-native.mjs <folder of the package>
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import WebSocket from 'ws';

const url = process.env.CARILLON_URL;
const code = readFileSync(join(process.argv[2], 'dist/browser/socket.io.js'), 'utf8');
const calls = [];

/** As the one of React Native: an object of options behind the sub-protocols, and headers in it. */
class NativeWebSocket extends WebSocket {
  constructor(uri, protocols, options, ...rest) {
    calls.push({ uri, protocols, options });
    assert.equal(rest.length, 0);
    // Its own code takes nothing else apart from headers.
    super(uri, protocols ?? [], { headers: { ...options?.headers }, perMessageDeflate: false });
  }
}

/** Throws for what React Native has not implemented, whenever it is touched. */
class IncompleteUrl {
  constructor() {
    throw new Error('URL: not implemented');
  }
}

const { setTimeout, clearTimeout, fetch, AbortController, queueMicrotask, performance, Blob, btoa, atob } = globalThis;
const globals = {
  ...{ setTimeout, clearTimeout, fetch, AbortController, queueMicrotask, performance, Blob, btoa, atob },
  ...{ WebSocket: NativeWebSocket, URL: IncompleteUrl, URLSearchParams: IncompleteUrl },
  navigator: { product: 'ReactNative' },
};
const context = createContext({ ...globals });
context.window = context.self = context;
runInContext(code, context);
const connect = context.io;
const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const plain = (data) => Array.from(new Uint8Array(data));

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
  const socket = connect(url, {
    transports,
    forceNew: true,
    extraHeaders: { 'X-Token': 'secret' },
    query: { a: 'b c' },
    auth: { token: 1 },
    retries: 1,
    ackTimeout: 10_000,
  });
  socket.on('connect_error', (error) => process.stderr.write(`${error.message}: ${error.description}\n`));
  const [auth, { inside }] = await next(socket, 'welcome');
  assert.equal(auth.token, 1);
  assert.deepEqual(plain(inside), [98, 121, 116, 101, 115]);
  assert.equal(await socket.emitWithAck('header', 'x-token'), 'secret');
  assert.equal(await socket.emitWithAck('echo', 'ä€😀'), 'ä€😀');
  assert.deepEqual(plain(await socket.emitWithAck('echo', Uint8Array.of(1, 2, 255))), [1, 2, 255]);
  socket.disconnect();
}
assert.deepEqual(
  calls.map(({ options }) => options.headers),
  [{ 'X-Token': 'secret' }, { 'X-Token': 'secret' }],
);
process.stdout.write('passed\n');
process.exit(0);
