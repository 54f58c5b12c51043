export { io, type ManagerOptions, type Socket, type SocketOptions } from '../../core/client/index.js';
