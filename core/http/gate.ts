import type { IncomingMessage } from 'node:http';
import createDebug from 'debug';
import type { Connection } from '../engine/connection.js';
import type { Engine } from '../engine/engine.js';
import { parseHandshake } from '../protocol/engineio/handshake.js';
import type { EngineRequest } from './engine-request.js';
import { Refusal, unknownSession } from './refusals.js';

const debug = createDebug('carillon:http');

/** What becomes of a request. */
export type Verdict =
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  /** A new session, with this id. */
  | { readonly kind: 'open'; readonly id: string }
  /** The session it belongs to. */
  | { readonly kind: 'resume'; readonly connection: Connection }
  /** A session that is not here, but may be at another node of the cluster. */
  | { readonly kind: 'relay'; readonly sid: string };

type OnVerdict = (verdict: Verdict) => void;

/** What the gate asks the engine. `generateId` may be replaced at any time. */
export type GateEngine = Pick<Engine, 'find' | 'generateId'> & {
  readonly opts: Pick<Engine['opts'], 'transports' | 'allowEIO3' | 'allowRequest' | 'originPolicy'>;
  readonly hooks: Pick<Engine['hooks'], 'foreign' | 'refusalOf'>;
};

/**
 * Decides about each request, and does nothing about it: where it comes from, what it asks for, whether extensions and the
 * application let it in.
 */
export class HandshakeGate {
  readonly #engine: GateEngine;
  #hasWarnedOfOldClients = false;

  constructor(engine: GateEngine) {
    this.#engine = engine;
  }

  /** @param onVerdict is called once; at once, unless the application takes its time. */
  decide(request: IncomingMessage, isUpgrade: boolean, onVerdict: OnVerdict): void {
    const { origin } = request.headers;
    const isAllowed = origin === undefined || this.#isAllowedOrigin(origin, request);
    if (typeof isAllowed === 'boolean') this.#decideFrom(isAllowed, request, isUpgrade, onVerdict);
    else isAllowed.then((settled) => this.#decideFrom(settled, request, isUpgrade, onVerdict));
  }

  /** @param isAllowed whether the page may connect. */
  #decideFrom(isAllowed: boolean, request: IncomingMessage, isUpgrade: boolean, onVerdict: OnVerdict): void {
    const { opts } = this.#engine;
    const { method, headers, _query: query = {} } = request as EngineRequest;
    const handshake = parseHandshake(
      { method, query, origin: headers.origin, isUpgrade },
      opts.transports,
      opts.allowEIO3,
    );
    if (!isAllowed)
      return onVerdict(refuse('forbidden', { name: 'ORIGIN_NOT_ALLOWED', message: 'Origin not allowed' }));
    if (handshake.kind === 'reject') {
      if (handshake.error === 'unsupportedVersion') this.#warnOfOldClients();
      return onVerdict(refuse(handshake.error, handshake.context));
    }
    if (handshake.kind === 'resume') return onVerdict(this.#resume(handshake, isUpgrade));

    const refused = this.#refusalOf('first', request);
    if (refused !== undefined) return onVerdict(refused);

    this.#allow(request, (isAllowed, message) => {
      if (!isAllowed) return onVerdict(refuse('forbidden', { message }));
      this.#open(request, onVerdict);
    });
  }

  #resume(handshake: Extract<ReturnType<typeof parseHandshake>, { kind: 'resume' }>, isUpgrade: boolean): Verdict {
    const { sid, transport, revision } = handshake;
    const connection = this.#engine.find(sid);
    if (connection === undefined) {
      const isRelayed = this.#engine.hooks.foreign !== null && transport === 'polling';
      return isRelayed ? { kind: 'relay', sid } : { kind: 'refuse', refusal: unknownSession(sid) };
    }
    if (revision !== undefined && revision !== connection.protocol)
      return refuse('badRequest', { name: 'REVISION_MISMATCH', protocol: `${revision}` });
    const previousTransport = connection.transport.name;
    if (!isUpgrade && previousTransport !== transport)
      return refuse('badRequest', { name: 'TRANSPORT_MISMATCH', transport, previousTransport });
    return { kind: 'resume', connection };
  }

  /** Once: whoever moves a product over must learn why its old clients stay away. */
  #warnOfOldClients(): void {
    if (this.#hasWarnedOfOldClients) return;
    this.#hasWarnedOfOldClients = true;
    console.warn(
      'carillon: refused a client of Socket.IO 1 or 2 (Engine.IO 3). To serve such clients, set the option allowEIO3: true.',
    );
  }

  /** Asks the extensions. */
  #refusalOf(when: 'first' | 'last', request: IncomingMessage): Verdict | undefined {
    const refusal = this.#engine.hooks.refusalOf(when, request);
    if (refusal === undefined) return undefined;
    const { name, retryAfter, message } = refusal;
    return retryAfter === undefined
      ? refuse('forbidden', { name, message })
      : refuse('tooManyRequests', { name, retryAfter });
  }

  /** @param callback gets the answer, and the application's words for it. */
  #allow(request: IncomingMessage, callback: (isAllowed: boolean, message?: string | null) => void): void {
    const { allowRequest } = this.#engine.opts;
    if (allowRequest === undefined) return callback(true);
    let answered = false;
    const answer = (isAllowed: boolean, message?: string | null): void => {
      if (answered) return;
      answered = true;
      callback(isAllowed, message);
    };
    const fail = (error: unknown): void => {
      debug('allowRequest failed: %O', error);
      answer(false);
    };
    try {
      const result: unknown = allowRequest(request, (error, success) => {
        answer(success, error);
      });
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  #isAllowedOrigin(origin: string, request: IncomingMessage): boolean | Promise<boolean> {
    const fail = (error: unknown): false => {
      debug('origins failed: %O', error);
      return false;
    };
    try {
      const isAllowed = this.#engine.opts.originPolicy(origin, request);
      return isAllowed instanceof Promise ? isAllowed.catch(fail) : isAllowed;
    } catch (error) {
      return fail(error);
    }
  }

  /** Makes the id of a new session. */
  #open(request: IncomingMessage, onVerdict: OnVerdict): void {
    const fail = (error: unknown): void => onVerdict(refuse('badRequest', { name: 'ID_GENERATION_ERROR', error }));
    const check = (id: string): void => {
      const refused = this.#refusalOf('last', request);
      if (refused !== undefined) onVerdict(refused);
      else if (typeof id !== 'string' || id === '' || this.#engine.find(id) !== undefined) {
        fail(new Error('generateId() must return a new, non-empty string'));
      } else onVerdict({ kind: 'open', id });
    };
    try {
      const id = this.#engine.generateId(request);
      if (typeof id === 'string') check(id);
      else Promise.resolve(id).then(check, fail);
    } catch (error) {
      fail(error);
    }
  }
}

function refuse(...[error, context]: ConstructorParameters<typeof Refusal>): Verdict {
  return { kind: 'refuse', refusal: new Refusal(error, context) };
}
