import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PublishError } from '../../errors.js';
import { type EngineExtension, exceedsDepth } from '../../extension.js';

export interface PublishEndpointOptions {
  /** Any of these opens the endpoint: `Authorization: Bearer <token>`. */
  tokens: readonly string[];
  /** Last part of the path: requests come to `<path>/publish`. */
  name: string;
  /** Bytes of one request body. */
  maxBytes: number;
  /** Levels of arrays and objects inside each other. */
  maxDepth: number;
}

/**
 * Publishes what arrived, as JSON made it.
 *
 * @returns how many events were published.
 * @throws PublishError with what was wrong; then nothing of the request was published.
 */
export type Publish = (body: unknown) => number;

/**
 * HTTP for programs that only want to emit, in any language: a POST with a token and a JSON body. Answers are JSON:
 * `{ "published": 1 }` with 200, or `{ "error": "…" }` with 400, 401, 404, 405, 413 or 415.
 */
export class PublishEndpoint {
  readonly #tokens: readonly Buffer[];
  readonly #readBody: EngineExtension['readBody'];
  readonly #maxBytes: number;
  readonly #maxDepth: number;
  readonly #publish: Publish;

  constructor(options: PublishEndpointOptions, readBody: EngineExtension['readBody'], publish: Publish) {
    this.#tokens = options.tokens.map(digest);
    this.#readBody = readBody;
    this.#maxBytes = options.maxBytes;
    this.#maxDepth = options.maxDepth;
    this.#publish = publish;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      response.setHeader('Allow', 'POST');
      refuse(response, 405, 'publish with POST');
    } else if (!this.#isAuthorized(request.headers.authorization)) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      refuse(response, 401, 'this needs "Authorization: Bearer <token>" with a token of the publishEndpoint option');
    } else if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      refuse(response, 415, 'the body is JSON: send "Content-Type: application/json"');
    } else {
      const body = await this.#readBody(request, this.#maxBytes);
      // Nobody reads the rest of a body that is too large: the connection ends with the answer.
      if (body === 'too large') refuse(response, 413, `a request may have ${this.#maxBytes} bytes`);
      else if (body !== undefined) this.#answer(body, response);
    }
  }

  #isAuthorized(header: string | undefined): boolean {
    const given = digest(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '');
    let isKnown = false;
    for (const token of this.#tokens) if (timingSafeEqual(token, given)) isKnown = true;
    return isKnown;
  }

  #answer(body: Buffer, response: ServerResponse): void {
    try {
      answer(response, 200, { published: this.#publish(this.#parse(body)) });
    } catch (error) {
      if (error instanceof PublishError) refuse(response, error.status, error.message);
      else refuse(response, 500, 'the event could not be published');
    }
  }

  #parse(body: Buffer): unknown {
    try {
      const json = new TextDecoder('utf-8', { fatal: true }).decode(body);
      if (!exceedsDepth(json, this.#maxDepth)) return JSON.parse(json);
    } catch {
      throw new PublishError('the body is not JSON');
    }
    throw new PublishError(`the body is nested deeper than ${this.#maxDepth} levels`);
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function refuse(response: ServerResponse, status: number, error: string): void {
  response.setHeader('Connection', 'close');
  answer(response, status, { error });
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}
