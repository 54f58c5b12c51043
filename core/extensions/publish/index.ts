import { PublishError } from '../../errors.js';
import type { EngineExtension } from '../../extension.js';
import { PublishEndpoint, type PublishEndpointOptions } from './endpoint.js';
import { type Publisher, publish } from './publication.js';

/**
 * Lets other programs emit by `POST <path>/publish`, with a token and a JSON body.
 *
 * @param server whose namespaces the events go to; `undefined` as long as the engine belongs to none.
 */
export function publishEndpoint(
  { http, readBody }: EngineExtension,
  options: PublishEndpointOptions,
  server: () => Publisher | undefined,
): void {
  const endpoint = new PublishEndpoint(options, readBody, (body) => {
    const publisher = server();
    if (publisher === undefined) throw new PublishError('there is no server: io.bind(engine)', 503);
    return publish(publisher, body);
  });
  http(options.name, (request, response) => endpoint.handle(request, response));
}
