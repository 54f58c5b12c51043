import type { PollingResponse } from './polling-response.js';

/**
 * Sends one request by `XMLHttpRequest`, for pages without `fetch`: those that jsdom imitates. A GET without a body, else a
 * POST. Rejects when no answer comes, and with the signal's reason when it is aborted.
 */
export function requestByXhr(
  uri: string,
  body: string | undefined,
  headers: Record<string, string>,
  withCredentials: boolean | undefined,
  signal: AbortSignal,
): Promise<PollingResponse> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(body === undefined ? 'GET' : 'POST', uri);
    for (const name in headers) xhr.setRequestHeader(name, headers[name]!);
    xhr.withCredentials = !!withCredentials;
    xhr.onload = () =>
      resolve({ status: xhr.status, body: xhr.responseText, contentType: xhr.getResponseHeader('content-type') });
    xhr.onerror = () => reject(new Error('network error'));
    signal.addEventListener('abort', () => {
      xhr.abort();
      reject(signal.reason);
    });
    xhr.send(body);
  });
}
