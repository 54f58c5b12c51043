import type { ClientHttp2Session } from 'node:http2';
import { bounded } from './compat/wait.js';

/** One request over HTTP/2: a GET, or a POST when there is a body. */
export function requestHttp2(
  session: ClientHttp2Session,
  path: string,
  body?: string,
): Promise<{ status: number; text: string }> {
  const answer = new Promise<{ status: number; text: string }>((resolve, reject) => {
    const stream = session.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST' });
    let status = 0;
    let text = '';
    stream.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    stream.on('data', (chunk) => {
      text += chunk;
    });
    stream.on('end', () => resolve({ status, text }));
    stream.on('error', reject);
    stream.end(body);
  });
  return bounded(answer, `the answer to ${path}`);
}
