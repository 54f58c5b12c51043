import type { IncomingMessage, ServerResponse } from 'node:http';
import { deflate, gzip, type ZlibOptions } from 'node:zlib';
import { systemClock } from '../clock.js';
import { TransportViolation } from '../errors.js';
import { Body } from '../http/body.js';
import type { PayloadVisitor } from '../protocol/engineio/payload.js';
import type { Sequence } from '../protocol/sequence.js';
import { PayloadTurns } from './payload-turns.js';
import { codecOfRevision4, type PollingCodec } from './polling-codec.js';
import type { ResponseHeaders, Transport, TransportHandler } from './transport.js';

export interface PollingOptions {
  /** Bytes of the body of one POST; a larger one is answered with 413. */
  maxHttpBufferSize: number;
  /** Pieces the body of one POST may arrive in. */
  maxFragments: number;
  /** Packets in the body of one POST. */
  maxPacketsPerPayload: number;
  /** Milliseconds without progress after which a client that does not read its answer is let go. */
  pingTimeout: number;
  /** `false`, or how answers of at least `threshold` bytes are compressed. */
  httpCompression: false | ({ threshold: number } & ZlibOptions);
}

/** A close packet: the last answer of a session. */
const CLOSE_PACKET = '1';
/** A noop packet: releases a poll. */
const NOOP = '6';

/** Packets in one answer; what is more is in the next ones. `python-engineio` takes no more than these. */
const MAX_PACKETS_PER_ANSWER = 16;

/** Why a session ended, on its last answers: a close packet cannot say it. See docs/limits.md. */
export const REASON_HEADER = 'Carillon-Reason';

/**
 * HTTP long-polling: a GET waits for messages, a POST delivers them. Two GETs or two POSTs at once are a violation.
 * Source: Engine.IO protocol 4, "HTTP long-polling".
 */
export class PollingTransport implements Transport, PayloadVisitor {
  readonly name = 'polling';
  readonly maxPackets = MAX_PACKETS_PER_ANSWER;
  readonly #options: PollingOptions;
  readonly #codec: PollingCodec;
  bytesReceived = 0;
  bytesSent = 0;
  #handler: TransportHandler | null = null;
  #readyState: 'open' | 'closed' = 'open';
  /** The GET that waits. */
  #poll: { request: IncomingMessage; response: ServerResponse } | null = null;
  /** The POST whose body is coming in. */
  #post: { request: IncomingMessage; response: ServerResponse; body: Body } | null = null;
  /** A body came in whole, and its packets are delivered in several turns; its answer comes behind them. */
  #isDelivering = false;
  /** What the client is told of the end; `undefined` when that is not worth telling. */
  #closeReason: string | undefined = undefined;

  /** @param codec the form of bodies, of the revision that the client speaks. */
  constructor(options: PollingOptions, codec: PollingCodec = codecOfRevision4) {
    this.#options = options;
    this.#codec = codec;
  }

  get ready(): boolean {
    return this.#poll !== null && this.#readyState === 'open';
  }

  get writable(): boolean {
    return this.ready;
  }

  get bufferedBytes(): number {
    return 0;
  }

  get unfinishedBytes(): number {
    return this.#post === null ? 0 : this.#post.body.size;
  }

  get readyState(): 'open' | 'closed' {
    return this.#readyState;
  }

  attach(handler: TransportHandler): void {
    this.#handler = handler;
  }

  /** Serves one request of the session. */
  onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') this.#onPoll(request, response);
    else if (request.method === 'POST') this.#onPost(request, response);
    else this.#respond(response, 500);
  }

  #onPoll(request: IncomingMessage, response: ServerResponse): void {
    if (this.#poll !== null) {
      this.#respond(response, 400);
      this.#refuse('overlap from client');
      return;
    }
    if (this.#readyState === 'closed') {
      this.#respond(response, 400);
      return;
    }
    const poll = { request, response };
    this.#poll = poll;
    response.on('close', () => {
      if (this.#poll !== poll) return;
      this.#poll = null;
      this.#fail('poll connection closed prematurely');
    });
    this.#handler?.onReady();
  }

  #onPost(request: IncomingMessage, response: ServerResponse): void {
    if (this.#post !== null || this.#isDelivering) {
      this.#respond(response, 400);
      this.#refuse('data request overlap from client');
      return;
    }
    // The body of an older revision of the protocol: nothing of it is read.
    const isBytes = request.headers['content-type'] === 'application/octet-stream';
    if (isBytes && !this.#codec.takesBytes) {
      this.#respond(response, 400, { Connection: 'close' });
      this.#refuse('invalid content');
      return;
    }
    const limit = this.#options.maxHttpBufferSize;
    const body = new Body(limit);
    const post = { request, response, body };
    this.#post = post;
    const announced = Number(request.headers['content-length']);
    if (announced > limit) return this.#refuseTooLarge(request, response, announced);
    let pieces = 0;
    request.on('data', (piece: Buffer) => {
      if (this.#post !== post) return;
      if (!body.append(piece)) this.#refuseTooLarge(request, response, body.size);
      else if (++pieces > this.#options.maxFragments) {
        this.#refuse('a body in too many pieces');
        // Not a piece more: Node reads on until the close is confirmed, and each costs a microsecond.
        request.socket.destroy();
      }
    });
    request.on('end', () => {
      if (this.#post !== post) return;
      this.#post = null;
      this.bytesReceived += body.size;
      this.#onBody(request, response, body, isBytes);
    });
    response.on('close', () => {
      if (this.#post !== post) return;
      this.#post = null;
      this.#fail('data request connection closed prematurely');
    });
  }

  /** The rest of a body that is still coming in is nobody's business any more. */
  #refusePost(): void {
    if (this.#post === null) return;
    const { request, response } = this.#post;
    this.#post = null;
    this.#respond(response, 400, this.#closingHeaders());
    request.resume();
  }

  /** The connection closes behind the answer. */
  #closingHeaders(): ResponseHeaders {
    return this.#closeReason === undefined
      ? { Connection: 'close' }
      : { Connection: 'close', [REASON_HEADER]: this.#closeReason };
  }

  /** Only this request fails. Its connection is closed with the answer: nobody reads the rest of the body. */
  #refuseTooLarge(request: IncomingMessage, response: ServerResponse, bytes: number): void {
    this.#post = null;
    this.#respond(response, 413, { Connection: 'close' });
    request.resume();
    this.#handler?.onTooLarge(bytes);
  }

  #onBody(request: IncomingMessage, response: ServerResponse, body: Body, isBytes: boolean): void {
    // Asked first: a packet may end the session, and nobody is there to add headers then.
    const headers: ResponseHeaders = { 'Content-Type': 'text/html', 'Content-Length': 2, 'Cache-Control': 'no-store' };
    this.#addHeaders(headers, request);
    const packets = new PayloadTurns(this);
    let failure: unknown;
    try {
      this.#codec.decode(body, isBytes, { maxPackets: this.#options.maxPacketsPerPayload }, packets);
    } catch (error) {
      failure = error;
    }
    if (!packets.isWaiting) {
      this.#onDelivered(response, headers, failure);
      return;
    }
    this.#isDelivering = true;
    packets.finish(systemClock, () => {
      this.#isDelivering = false;
      this.#onDelivered(response, headers, failure);
    });
  }

  #onDelivered(response: ServerResponse, headers: ResponseHeaders, failure: unknown): void {
    if (failure !== undefined) this.#closeReason = `parse error: ${(failure as Error).message}`;
    if (this.#closeReason !== undefined) headers[REASON_HEADER] = this.#closeReason;
    this.#respond(response, 200, headers, 'ok');
    if (failure !== undefined) this.#end('parse error', failure);
  }

  onText(packet: string): boolean {
    return this.#handler?.onText(packet) ?? false;
  }

  onBinary(data: Buffer): boolean {
    return this.#handler?.onBinary(data) ?? false;
  }

  write(sequence: Sequence): void {
    // Put together first: when that fails, the client still waits.
    const payload = this.#codec.encode(sequence);
    this.bytesSent += sequence.byteLength;
    this.#answer(payload, sequence.byteLength, !sequence.last!.compress);
  }

  /** Ends the waiting GET with this body. */
  #answer(body: string | Buffer, size: number, plain = false): void {
    const { request, response } = this.#poll!;
    this.#poll = null;
    const type = typeof body === 'string' ? 'text/plain; charset=UTF-8' : 'application/octet-stream';
    const headers: ResponseHeaders = { 'Content-Type': type, 'Cache-Control': 'no-store' };
    this.#addHeaders(headers, request);
    if (this.#closeReason !== undefined) headers[REASON_HEADER] = this.#closeReason;
    const compression = this.#options.httpCompression;
    const encoding = !plain && compression && size >= compression.threshold ? acceptedEncoding(request) : undefined;
    if (!compression || encoding === undefined) {
      this.#sendPlain(response, headers, body);
      return;
    }
    const onCompressed = (error: Error | null, compressed: Buffer): void => {
      if (error !== null) {
        this.#sendPlain(response, headers, body);
        return;
      }
      headers['Content-Encoding'] = encoding;
      headers['Content-Length'] = compressed.byteLength;
      this.#send(response, headers, compressed);
    };
    try {
      (encoding === 'gzip' ? gzip : deflate)(body, compression, onCompressed);
    } catch {
      this.#sendPlain(response, headers, body);
    }
  }

  #sendPlain(response: ServerResponse, headers: ResponseHeaders, body: string | Buffer): void {
    headers['Content-Length'] = Buffer.byteLength(body);
    this.#send(response, headers, body);
  }

  /** HTTP servers wait for ever for clients that do not read their answer, and the answer with them. */
  #send(response: ServerResponse, headers: ResponseHeaders, body: string | Buffer): void {
    this.#respond(response, 200, headers, body);
    const { socket } = response;
    // The socket's time, not the response's: requests that are injected have no socket, and would get a timer.
    // When the answer is read, Node sets the time for the next request.
    if (socket !== null && socket.writableLength > 0) socket.setTimeout?.(this.#options.pingTimeout);
  }

  /**
   * Writes an answer whole. Middlewares replace `writeHead` to add headers of the application, and what they throw must
   * neither end the process nor leave the client waiting: the request is cut, and the session ends.
   */
  #respond(response: ServerResponse, status: number, headers: ResponseHeaders = {}, body?: string | Buffer): void {
    try {
      response.writeHead(status, headers).end(body);
    } catch (error) {
      response.destroy();
      this.#handler?.onUnanswered(error);
    }
  }

  #addHeaders(headers: ResponseHeaders, request: IncomingMessage): void {
    this.#handler?.onHeaders(headers, request);
  }

  /** The session goes on over another transport: whatever still comes here is nobody's business. */
  discard(): void {
    this.#handler = null;
    this.#readyState = 'closed';
    if (this.#poll !== null) this.#answer(this.#codec.control(NOOP), 1);
  }

  close(_code?: number, reason?: string): void {
    if (this.#readyState === 'open') this.#closeReason = reason;
    this.#end('transport close');
  }

  terminate(): void {
    this.#end('transport close');
  }

  /** The client broke the rules. */
  #refuse(message: string): void {
    if (this.#readyState === 'open') this.#closeReason = `transport error: ${message}`;
    this.#end('transport error', new TransportViolation(message));
  }

  #fail(message: string, cause?: unknown): void {
    this.#end('transport error', new Error(message, cause === undefined ? undefined : { cause }));
  }

  #end(reason: 'transport close' | 'transport error' | 'parse error', description?: unknown): void {
    if (this.#readyState === 'closed') return;
    this.#readyState = 'closed';
    if (this.#poll !== null) this.#answer(this.#codec.control(CLOSE_PACKET), 1);
    this.#refusePost();
    const handler = this.#handler;
    this.#handler = null;
    handler?.onClose(reason, description);
  }
}

/** `gzip` or `deflate`, the first one the client takes. Source: RFC 9110 §12.5.3. */
function acceptedEncoding(request: IncomingMessage): 'gzip' | 'deflate' | undefined {
  const header = request.headers['accept-encoding'];
  if (header === undefined) return undefined;
  for (const part of header.split(',')) {
    // No pattern with blanks on both sides of the semicolon: a header full of blanks would cost quadratic time.
    const [name, ...parameters] = part.split(';').map((each) => each.trim());
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) continue;
    if (name === '*') return 'gzip';
    if (name === 'gzip' || name === 'deflate') return name;
  }
  return undefined;
}
