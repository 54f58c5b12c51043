// `/client.js` is the browser bundle that server.ts serves. To change the client, change this line and that one.
export { io, type Socket } from 'carillon/client';
