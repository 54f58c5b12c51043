import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnyServer } from './types.js';

/** The part of a Fastify application that is used. */
interface Fastify {
  readonly server: EventEmitter;
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
 * the first one and sends requests straight to Fastify's router: there ours need a route. It gives them to the first
 * server, where carillon takes them (with the files of the browser bundle) before Fastify sees them.
 */
export function serveOnSecondaryAddresses(fastify: Fastify, io: AnyServer): void {
  const path = io.path();
  /** What carillon did not take from the first server comes back here, once. */
  const passedOn = new WeakSet<IncomingMessage>();
  for (const url of [io.opts.addTrailingSlash ? `${path}/` : path, `${path}/*`]) {
    fastify.route({
      method: ['GET', 'POST', 'OPTIONS'],
      url,
      onRequest(request, reply) {
        reply.hijack();
        if (passedOn.has(request.raw)) {
          reply.raw.writeHead(404).end();
          return;
        }
        passedOn.add(request.raw);
        fastify.server.emit('request', request.raw, reply.raw);
      },
      handler() {},
    });
  }
}
