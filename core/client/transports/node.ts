import http from 'node:http';
import https from 'node:https';
import { WebSocket as Ws } from 'ws';
import { CookieJar } from './cookies.js';
import { type PollingResponse, PollingTransport } from './polling.js';
import type { TransportOptions } from './transport.js';
import type { WebSocketLike } from './websocket.js';
import { Base64WebSocketTransport } from './websocket-base64.js';

/** Options that neither `fetch` nor the standard `WebSocket` knows. */
const NODE_OPTIONS = ['agent', 'pfx', 'key', 'passphrase', 'cert', 'ca', 'ciphers', 'rejectUnauthorized'] as const;

/** How much of an unexpected answer is kept for the error. */
const MAX_EXCERPT = 1024;

function nodeOptions(options: TransportOptions): Record<string, unknown> {
  const entries = NODE_OPTIONS.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  return Object.fromEntries(entries);
}

function isEmpty(value: object | null | undefined): boolean {
  return !value || Object.keys(value).length === 0;
}

/** WebSocket on Node.js: the global one where it can do what is asked for, else `ws`. */
export class NodeWebSocketTransport extends Base64WebSocketTransport {
  #ws: Ws | undefined;

  protected override createSocket(uri: string, protocols: string | string[] | undefined): WebSocketLike {
    const { extraHeaders, perMessageDeflate = false, autoUnref, withCredentials } = this.opts;
    const native = nodeOptions(this.opts);
    const isPlain = isEmpty(native) && isEmpty(extraHeaders) && !perMessageDeflate && !autoUnref && !withCredentials;
    if (isPlain && typeof globalThis.WebSocket === 'function') return super.createSocket(uri, protocols);

    const headers = { ...extraHeaders, ...CookieJar.of(this.opts)?.header(extraHeaders ?? {}) };
    const ws = new Ws(uri, protocols ?? [], { ...native, headers, perMessageDeflate } as object);
    this.#ws = ws;
    ws.on('upgrade', (response) => {
      CookieJar.of(this.opts)?.store(response.headers['set-cookie']);
      if (autoUnref) response.socket.unref();
    });
    ws.on('unexpected-response', (request, response) => {
      let body = '';
      const report = () => {
        request.destroy();
        const type = response.headers['content-type'] ?? 'no content type';
        this.onError('websocket error', `HTTP ${response.statusCode}, ${type}, received ${JSON.stringify(body)}`, {
          status: response.statusCode,
          body,
        });
      };
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body = (body + chunk).slice(0, MAX_EXCERPT);
        if (body.length === MAX_EXCERPT) response.destroy();
      });
      response.on('error', () => {});
      response.on('close', report);
    });
    return ws as unknown as WebSocketLike;
  }

  protected override doClose(): void {
    super.doClose();
    // The closing handshake of a peer that has vanished would keep the socket and a timer for half a minute.
    const ws = this.#ws;
    if (!ws || ws.readyState !== Ws.CLOSING) return;
    const timer = this.opts.clock.setTimeout(() => ws.terminate(), 2000);
    ws.on('close', () => timer.cancel());
  }
}

/**
 * Long-polling on Node.js, on `node:http`. Not on its `fetch`: that takes idle connections from a pool of the whole process,
 * and after a network has failed silently those are dead without anybody knowing. Here each session has connections of
 * its own, and they end with it. Takes agents and certificates, and keeps cookies if credentials may go along.
 */
export class NodePollingTransport extends PollingTransport {
  #agent: http.Agent | undefined;

  protected override headers(body: string | undefined): Record<string, string> {
    const headers = super.headers(body);
    return { ...headers, ...CookieJar.of(this.opts)?.header(headers) };
  }

  protected override request(uri: string, body: string | undefined, signal: AbortSignal): Promise<PollingResponse> {
    const { secure, autoUnref } = this.opts;
    const { Agent, request } = secure ? https : http;
    const native = nodeOptions(this.opts);
    if (native.agent === undefined) native.agent = this.#agent ??= new Agent({ keepAlive: true });
    return new Promise((resolve, reject) => {
      const options = { ...native, method: body === undefined ? 'GET' : 'POST', headers: this.headers(body), signal };
      const outgoing = request(uri, options, (response) => {
        CookieJar.of(this.opts)?.store(response.headers['set-cookie']);
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode!, body: text, contentType: response.headers['content-type'] }),
        );
      });
      outgoing.on('error', reject);
      if (autoUnref) outgoing.on('socket', (socket) => socket.unref());
      outgoing.end(body);
    });
  }

  protected override onRest(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }
}
