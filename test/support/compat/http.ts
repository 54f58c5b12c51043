import { type IncomingHttpHeaders, request } from 'node:http';
import { bounded } from './wait.js';

export interface HttpInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

/** One HTTP request on a connection of its own. Rejects when the connection ends without an answer. */
export function http(url: string, init: HttpInit = {}): Promise<HttpAnswer> {
  const method = init.method ?? 'GET';
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    const outgoing = request(url, { method, headers: init.headers ?? {}, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString() });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(init.body);
  });
  return bounded(answer, `the answer to ${method} ${url}`);
}
