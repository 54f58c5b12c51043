import { Blob as NodeBlob } from 'node:buffer';
import http from 'node:http';
import https from 'node:https';
import { WebSocket as Ws } from 'ws';
import { afterReading } from '../node-clock.js';
import { decodeFromText, encodeAsText } from './base64.js';
import { CookieJar } from './cookies.js';
import { PollingTransport } from './polling.js';
import type { PollingResponse } from './polling-response.js';
import type { EnginePacket, TransportOptions } from './transport.js';
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

/**
 * WebSocket on Node.js, on `ws`. Not on the global one: that takes neither headers nor certificates, cannot say what a
 * refused handshake was answered with, and calls a connection that is cut an error, without a code.
 */
export class NodeWebSocketTransport extends Base64WebSocketTransport {
  #ws: Ws | undefined;

  protected override createSocket(uri: string, protocols: string | string[] | undefined): WebSocketLike {
    const { extraHeaders, perMessageDeflate = false, autoUnref } = this.opts;
    const headers = { ...extraHeaders, ...CookieJar.of(this.opts)?.header(extraHeaders ?? {}) };
    const ws = new Ws(uri, protocols ?? [], { ...nodeOptions(this.opts), headers, perMessageDeflate } as object);
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

  protected override write(packets: EnginePacket[]): void {
    if (!packets.some(isForeignBlob)) {
      super.write(packets);
      return;
    }
    const read = async (packet: EnginePacket) =>
      isForeignBlob(packet) ? { ...packet, data: decodeFromText(await encodeAsText(packet))!.data } : packet;
    // Nothing overtakes them: there is no `drain` before they are written.
    Promise.all(packets.map(read)).then(
      (ready) => super.write(ready),
      (error) => this.onError('websocket error', error.message, error),
    );
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

/** True for a Blob of a page that a test environment imitates: `ws` knows those of Node.js alone. */
function isForeignBlob({ data }: EnginePacket): boolean {
  return data instanceof Blob && !(data instanceof NodeBlob);
}

/**
 * Long-polling on Node.js, on `node:http`. Not on its `fetch`: that takes idle connections from a pool of the whole process,
 * and after a network has failed silently those are dead without anybody knowing. Here each session has connections of
 * its own, and they end with it. Takes agents and certificates, and keeps cookies if credentials may go along.
 */
export class NodePollingTransport extends PollingTransport {
  #agent: http.Agent | undefined;
  /** False once the server was seen to close connections it had agreed to keep. */
  #keepsConnections = true;

  protected override headers(body: string | undefined): Record<string, string> {
    const headers = super.headers(body);
    return { ...headers, ...CookieJar.of(this.opts)?.header(headers) };
  }

  /**
   * A server may close a kept connection at the very moment it is used again. Such a request is sent once more, where it is
   * certain that nothing is lost or done twice: a GET, whose answer would have been read before the end of the connection;
   * and a POST of which nothing has been written.
   */
  protected override async request(
    uri: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<PollingResponse> {
    try {
      return await this.#requestOnce(uri, body, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      this.#keepsConnections = false;
      return this.#requestOnce(uri, body, signal);
    }
  }

  #requestOnce(uri: string, body: string | undefined, signal: AbortSignal): Promise<PollingResponse> {
    const { secure, autoUnref } = this.opts;
    const { Agent, request } = secure ? https : http;
    const native = nodeOptions(this.opts);
    if (native.agent === undefined) {
      this.#agent ??= new Agent({ keepAlive: true });
      // `false` is a connection for this request alone.
      native.agent = this.#keepsConnections && this.#agent;
    }
    return new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = this.headers(body);
      if (body !== undefined) headers['Content-Length'] = Buffer.byteLength(body);
      const options = { ...native, method: body === undefined ? 'GET' : 'POST', headers, signal };
      let isAnswered = false;
      let isSent = false;
      const outgoing = request(uri, options, (response) => {
        isAnswered = true;
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
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        const isClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
        // A reset comes from a system call, and may have overtaken an answer; the ordinary end of a connection has not.
        const isReset = error.syscall !== undefined;
        const isSafe = !isSent || (body === undefined && !isAnswered && !isReset);
        const isStale = isClosed && outgoing.reusedSocket && isSafe && !signal.aborted;
        reject(isStale ? new StaleConnection() : error);
      });
      outgoing.on('socket', (socket) => {
        if (autoUnref) socket.unref();
        const send = () => {
          if (outgoing.destroyed) return;
          isSent = true;
          outgoing.end(body);
        };
        // Nothing before the news of the connection's end, if there is any: servers that have closed only their half may
        // still read the request, and take its end for the client's.
        if (outgoing.reusedSocket) afterReading(send);
        else send();
      });
    });
  }

  protected override onRest(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }
}

/** A kept connection was closed before the request on it can have had an effect. */
class StaleConnection extends Error {}
