// The bundle for `<script src="/socket.io/socket.io.msgpack.min.js">`: as browser.ts, for servers with the parser of
// `socket.io-msgpack-parser`. Only the bundler reads this: the parser is nobody's dependency.
import * as parser from 'socket.io-msgpack-parser';
import * as client from './index.ts';
import { createLookup } from './lookup.ts';
import { splitArguments } from './url.ts';

class Manager extends client.Manager {
  constructor(uri, options) {
    const [url, given] = splitArguments(uri, options);
    super(url, { parser, ...given });
  }
}

const { protocol, Fetch, WebSocket, MessageError, TransportError } = client;
globalThis.io = Object.assign(createLookup(Manager), { protocol, Fetch, WebSocket, MessageError, TransportError });
