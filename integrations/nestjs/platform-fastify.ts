import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnyServer } from './types.js';

/** The part of a Fastify application that is used. */
interface Fastify {
  route(options: {
    method: string[];
    url: string;
    onRequest(
      request: { raw: IncomingMessage },
      reply: { raw: ServerResponse; hijack(): unknown },
      done: () => void,
    ): void;
    handler(): void;
  }): unknown;
}

/**
 * `listen('localhost')` makes Fastify open a second server for the other family of addresses, which passes on upgrades to
 * the first one and sends requests straight to Fastify's router: there ours need a route.
 */
export function serveOnSecondaryAddresses(fastify: Fastify, io: AnyServer): void {
  const path = io.path();
  for (const url of [`${path}/`, `${path}/*`]) {
    fastify.route({
      method: ['GET', 'POST', 'OPTIONS'],
      url,
      onRequest(request, reply) {
        reply.hijack();
        io.engine.handleRequest(request.raw, reply.raw);
      },
      handler() {},
    });
  }
}
