import type { Timer } from '../clock.js';
import { decodeFromText, encodeAsText } from './base64.js';
import { quote } from './codec.js';
import type { PollingResponse } from './polling-response.js';
import { type EnginePacket, Transport } from './transport.js';
import { requestByXhr } from './xhr.js';

/** Joins the packets of a body. Source: Engine.IO protocol 4, "Payload encoding". */
const SEPARATOR = '\x1e';

/** Milliseconds for the request that tells the server that we leave. */
const CLOSE_TIMEOUT = 5000;

/** HTTP long-polling, on `fetch`, or on `XMLHttpRequest` where there is none. */
export class PollingTransport extends Transport {
  #polling = false;
  #failed = false;
  #onIdle: (() => void) | undefined = undefined;
  readonly #requests = new Set<AbortController>();

  get name(): string {
    return 'polling';
  }

  /** Sends one request: GET without a body, else POST. Rejects when no answer comes. */
  protected async request(uri: string, body: string | undefined, signal: AbortSignal): Promise<PollingResponse> {
    const headers = this.headers(body);
    const { withCredentials } = this.opts;
    if (!globalThis.fetch) return requestByXhr(uri, body, headers, withCredentials, signal);
    const response = await fetch(uri, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      body: body ?? null,
      cache: 'no-store',
      // As XMLHttpRequest does: cookies of the own origin always go along, sticky sessions depend on it.
      credentials: withCredentials ? 'include' : 'same-origin',
      signal,
    });
    return { status: response.status, body: await response.text(), contentType: response.headers.get('content-type') };
  }

  protected headers(body: string | undefined): Record<string, string> {
    return { ...(body !== undefined && { 'Content-Type': 'text/plain;charset=UTF-8' }), ...this.opts.extraHeaders };
  }

  /** Closed, and the last request is over: for platforms that hold connections. */
  protected onRest(): void {}

  protected doOpen(): void {
    this.#poll();
  }

  #poll(): void {
    this.#polling = true;
    this.emitReserved('poll');
    this.#send('fetch read error', undefined, (response) => this.#onData(response));
  }

  #onData(response: PollingResponse): void {
    for (const part of response.body.split(SEPARATOR)) {
      const packet = decodeFromText(part);
      if (!packet) {
        this.#onFailure('parse error', response);
        return;
      }
      if (this.readyState === 'opening' && packet.type === 'open') this.onOpen();
      if (packet.type === 'close') {
        this.onClose({ description: 'transport closed by the server' });
        return;
      }
      this.emitReserved('packet', packet);
      // A listener may have closed the connection.
      if (this.readyState === 'closed') return;
    }
    this.#polling = false;
    this.emitReserved('pollComplete');
    if (this.readyState === 'open') this.#poll();
    else if (this.readyState === 'opening') this.#onFailure('parse error', response);
    else this.#onIdle?.();
  }

  override pause(onPause: () => void): void {
    this.readyState = 'pausing';
    this.#onIdle = () => {
      if (this.#polling || !this.writable || this.readyState !== 'pausing') return;
      this.readyState = 'paused';
      onPause();
    };
    this.#onIdle();
  }

  override resume(): void {
    this.#onIdle = undefined;
    this.readyState = 'open';
    if (!this.#polling) this.#poll();
  }

  protected write(packets: EnginePacket[]): void {
    const parts = packets.map(encodeAsText);
    const send = (ready: string[]) => {
      if (this.readyState === 'closed') return;
      this.#send('fetch write error', ready.join(SEPARATOR), () => {
        this.onDrain();
        this.#onIdle?.();
      });
    };
    // Only a Blob has to be waited for.
    if (parts.some((part) => typeof part !== 'string')) {
      Promise.all(parts).then(send, (error) => this.onError('fetch write error', error.message, error));
    } else {
      send(parts as string[]);
    }
  }

  #send(reason: string, body: string | undefined, onSuccess: (response: PollingResponse) => void): void {
    this.#exchange(body, this.opts.requestTimeout).then(
      (response) => {
        if (this.readyState === 'closed') return;
        if (response.status === 200) onSuccess(response);
        else this.#onFailure(reason, response);
      },
      (error) => {
        if (this.readyState !== 'closed') this.onError(reason, error.cause?.message ?? error.message, error);
      },
    );
  }

  async #exchange(body: string | undefined, timeout: number | undefined): Promise<PollingResponse> {
    const controller = new AbortController();
    let timer: Timer | undefined;
    if (timeout) timer = this.opts.clock.setTimeout(() => controller.abort(new Error('timeout')), timeout);
    this.#requests.add(controller);
    try {
      return await this.request(this.uri('http', true), body, controller.signal);
    } finally {
      timer?.cancel();
      this.#requests.delete(controller);
      if (this.readyState === 'closed' && !this.#requests.size) this.onRest();
    }
  }

  #onFailure(reason: string, response: PollingResponse): void {
    const { status, body, contentType } = response;
    this.onError(reason, `HTTP ${status}, ${contentType ?? 'no content type'}, ${quote(body)}`, response);
  }

  protected override onError(reason: string, description?: unknown, context?: unknown): void {
    this.#failed = true;
    super.onError(reason, description, context);
  }

  protected doClose(): void {
    const abort = () => {
      for (const controller of this.#requests) controller.abort();
    };
    this.#onIdle = undefined;
    // Where there is a session, tell the server; while that is on its way the poll may end by itself.
    if (this.readyState === 'open' && !this.#failed) this.#exchange('1', CLOSE_TIMEOUT).then(abort, abort);
    else abort();
    if (!this.#requests.size) this.onRest();
  }
}
