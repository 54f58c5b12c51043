// `/client.js` is the browser build of the client that server.ts serves. To change the client, change this line and that one.
export { io, type Socket } from 'socket.io-client';
