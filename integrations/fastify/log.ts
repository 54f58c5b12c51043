import type { FastifyBaseLogger } from 'fastify';
import type { Server } from '../../core/index.js';

/** Reports what goes wrong to the app's logger, under the id of the request it belongs to. */
export function logTo(log: FastifyBaseLogger, io: Server): void {
  io.engine.on('connection_error', ({ req, code, message, context }) => {
    (req.fastify?.log ?? log).info({ code, context }, `carillon refused a handshake: ${message}`);
  });
  io.on('listener_error', (error, { event, socket, namespace }) => {
    const details = { err: error, event, socket: socket?.id, namespace: socket?.nsp.name ?? namespace?.name };
    (socket?.request.fastify?.log ?? log).error(details, `a listener of "${String(event)}" failed`);
  });
}
