import type { FastifyRequest } from 'fastify';
import type { DefaultEventsMap, EventsMap, Server } from '../../core/index.js';

/**
 * The types of `app.io`, for you to fill in; what is missing stays untyped.
 *
 * @example
 * declare module 'carillon/fastify' {
 *   interface CarillonTypes {
 *     ListenEvents: { chat: (text: string) => void };   // what clients send
 *     EmitEvents: { chat: (text: string) => void };     // what clients receive
 *     ServerSideEvents: { reload: () => void };         // between servers
 *     SocketData: { user: string };                     // socket.data
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be augmented.
export interface CarillonTypes {}

type Given<Name extends string, Otherwise> = CarillonTypes extends Record<Name, infer Type> ? Type : Otherwise;
type GivenEvents<Name extends string, Otherwise> =
  Given<Name, Otherwise> extends infer Events extends EventsMap ? Events : never;

/** What `app.io` is. */
export type CarillonServer = Server<
  GivenEvents<'ListenEvents', DefaultEventsMap>,
  GivenEvents<'EmitEvents', GivenEvents<'ListenEvents', DefaultEventsMap>>,
  GivenEvents<'ServerSideEvents', DefaultEventsMap>,
  Given<'SocketData', any>
>;

declare module 'fastify' {
  interface FastifyInstance {
    /** The realtime server. */
    io: CarillonServer;
  }
}

declare module 'node:http' {
  interface IncomingMessage {
    /** On carillon's path: the request as Fastify's hooks saw it, with all that they put there. */
    fastify: FastifyRequest;
  }
}
