/** The bundle for `<script src="/socket.io/socket.io.js">`: sets the global `io`. */
import { Fetch, io, MessageError, protocol, TransportError, WebSocket } from './index.js';

Object.assign(globalThis, {
  io: Object.assign(io, { protocol, Fetch, WebSocket, MessageError, TransportError }),
});
