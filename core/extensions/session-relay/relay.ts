import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ByteReader,
  ByteWriter,
  dropInvalidHeaders,
  type Extension,
  type ForeignSessions,
  type InjectedRequest,
  MalformedError,
  type PlainAnswer,
  type PlainRequest,
  randomId,
} from '../../extension.js';

export interface SessionRelayOptions {
  /** Milliseconds an answer may take: a poll waits until there is something to send. */
  readonly timeout: number;
  /** Bytes of the body of a request. */
  readonly maxBytes: number;
}

type RelayFace = Pick<Extension, 'cluster' | 'connections' | 'readBody'>;

/** Names of the requests between nodes. */
const FIND = 'session:find';
const POLL = 'session:poll';
const ABORT = 'session:abort';

/** Characters of its node's id that a session's id begins with; 96 random bits follow. */
const START_LENGTH = 4;
/** Sessions whose node is remembered. */
const MAX_KNOWN = 10_000;
/** Sessions that are looked for at the same time: whoever makes up ids must not keep the cluster busy. */
const MAX_LOOKUPS = 1000;
/** Characters of an id that is looked for. */
const MAX_ID_LENGTH = 256;

const YES = Buffer.from('1');
const NO = Buffer.alloc(0);

/**
 * Lets polling requests arrive at any node: one for a session of another node travels there over the bus, and its answer
 * back. No sticky sessions are needed.
 *
 * Whose session it is, stands in its id: an id that somebody made up costs the other nodes nothing. Only ids that an
 * application makes itself are asked of all nodes, once, and then remembered. What cannot be answered (no node has the
 * session, the bus is down, the other node died) is a session that is unknown: clients then open a new one.
 */
export class ClusterSessionRelay implements ForeignSessions {
  readonly #options: SessionRelayOptions;
  readonly #face: RelayFace;
  /** Nodes by session id, those used last at the end. */
  readonly #known = new Map<string, string>();
  readonly #lookups = new Map<string, Promise<string | undefined>>();
  /** What runs here for other nodes, by the id they gave it. */
  readonly #running = new Map<string, { from: string; poll: InjectedRequest }>();
  readonly #stops: (() => unknown)[];

  constructor(face: RelayFace, options: SessionRelayOptions) {
    this.#options = options;
    this.#face = face;
    const { cluster } = face;
    this.#stops = [
      cluster.handle(FIND, this.#onFind),
      cluster.handle(POLL, this.#onPoll),
      cluster.handle(ABORT, this.#onAbort),
      // Nobody waits for these answers any more.
      cluster.observe({ left: (id) => this.#abort((running) => running.from === id) }),
    ];
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#abort(() => true);
  }

  // --- requests that came here and belong elsewhere ---

  /** What the ids of this node's sessions begin with. */
  get idStart(): string {
    return this.#face.cluster.id.slice(0, START_LENGTH);
  }

  /** Another node may have the session: it gets the request, and we pass on its answer. */
  async serve(sid: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const gone = new Promise<void>((resolve) => response.once('close', resolve));
    // Asked first: whoever makes up an id must not have us keep a body.
    const owner = await this.#find(sid);
    if (response.destroyed) return true;
    if (owner === undefined) return false;
    const body = await this.#face.readBody(request, this.#options.maxBytes);
    if (body === undefined) return true;
    if (body === 'too large') {
      response.writeHead(413, { Connection: 'close' }).end();
      return true;
    }
    const { method = 'GET', url = '', rawHeaders } = request;
    const answer = await this.#forward(sid, owner, { method, url, rawHeaders, body }, gone);
    if (response.destroyed) return true;
    if (answer === undefined) return false;
    writeAnswer(response, answer);
    return true;
  }

  /** The node that may have a session; `undefined` when there is none. */
  async #find(sid: string): Promise<string | undefined> {
    const { cluster, connections } = this.#face;
    await cluster.settled();
    if (connections.areIdsOurs) {
      const owners = cluster.members.filter((id) => sid.startsWith(id.slice(0, START_LENGTH)));
      // Of very many nodes, two may begin alike.
      if (owners.length < 2) return owners[0];
    }
    const owner = this.#known.get(sid) ?? (await this.#ask(sid));
    if (owner !== undefined) this.#remember(sid, owner);
    return owner;
  }

  /** @returns `undefined` when that node does not have the session. */
  async #forward(
    sid: string,
    owner: string,
    poll: PlainRequest,
    gone: Promise<void>,
  ): Promise<PlainAnswer | undefined> {
    const id = randomId();
    let isOver = false;
    gone.then(() => {
      if (!isOver) this.#face.cluster.request(ABORT, Buffer.from(id), { to: owner });
    });
    const { timeout } = this.#options;
    const { answers } = await this.#face.cluster.request(POLL, encodePoll(id, sid, poll), { to: owner, timeout });
    isOver = true;
    const bytes = answers.get(owner);
    const answer = bytes === undefined ? undefined : this.#read(bytes);
    if (answer === undefined) this.#known.delete(sid);
    return answer;
  }

  #read(bytes: Buffer): PlainAnswer | undefined {
    try {
      return decodeAnswer(bytes);
    } catch (error) {
      this.#face.cluster.reject(`the answer to a poll: ${(error as Error).message}`);
      return undefined;
    }
  }

  #remember(sid: string, owner: string): void {
    this.#known.delete(sid);
    this.#known.set(sid, owner);
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
  }

  #ask(sid: string): Promise<string | undefined> {
    if (sid.length > MAX_ID_LENGTH) return Promise.resolve(undefined);
    const underWay = this.#lookups.get(sid);
    if (underWay !== undefined) return underWay;
    if (this.#lookups.size >= MAX_LOOKUPS) return Promise.resolve(undefined);
    const lookup = new Promise<string | undefined>((resolve) => {
      // The node that has it says so ahead of its answer: nobody waits for one that is slow to say no.
      const asked = this.#face.cluster.request(FIND, Buffer.from(sid), { onPart: (node) => resolve(node) });
      asked.then(() => resolve(undefined));
    });
    this.#lookups.set(sid, lookup);
    return lookup.finally(() => this.#lookups.delete(sid));
  }

  // --- requests of other nodes ---

  readonly #onFind = (payload: Buffer, _from: string, part: (payload: Uint8Array) => void): Uint8Array => {
    if (this.#face.connections.find(payload.toString()) !== undefined) part(YES);
    return NO;
  };

  readonly #onPoll = async (payload: Buffer, from: string): Promise<Uint8Array> => {
    const { id, sid, poll } = decodePoll(payload);
    const running = this.#face.connections.inject(sid, poll);
    if (running === undefined) return NO;
    this.#running.set(id, { from, poll: running });
    try {
      return encodeAnswer(await running.answer);
    } catch {
      // Whoever asked is gone, or the session ended without an answer.
      return NO;
    } finally {
      this.#running.delete(id);
    }
  };

  readonly #onAbort = (payload: Buffer, from: string): Uint8Array => {
    const id = payload.toString();
    if (this.#running.get(id)?.from === from) this.#running.get(id)!.poll.abort();
    return NO;
  };

  #abort(which: (running: { from: string }) => boolean): void {
    for (const running of [...this.#running.values()]) if (which(running)) running.poll.abort();
  }
}

/** Writes what another node answered. Headers that are set on the response already stay, next to these. */
function writeAnswer(response: ServerResponse, { status, headers, body }: PlainAnswer): void {
  for (const [name, value] of headers) response.appendHeader(name, value);
  response.writeHead(status).end(body);
}

// --- the wire: texts, counts and bytes, whose reader throws at what is malformed ---

function encodePoll(id: string, sid: string, { method, url, rawHeaders, body }: PlainRequest): Buffer {
  const writer = new ByteWriter();
  for (const text of [id, sid, method, url]) writer.text(text);
  writer.uint32(rawHeaders.length);
  for (const text of rawHeaders) writer.text(text);
  writer.raw(body);
  return writer.bytes();
}

function decodePoll(bytes: Buffer): { id: string; sid: string; poll: PlainRequest } {
  const reader = new ByteReader(bytes);
  const [id, sid, method, url] = [reader.text(), reader.text(), reader.text(), reader.text()];
  const rawHeaders = Array.from({ length: reader.count(4) }, () => reader.text());
  return { id, sid, poll: { method, url, rawHeaders, body: reader.rest() } };
}

function encodeAnswer({ status, headers, body }: PlainAnswer): Buffer {
  const writer = new ByteWriter();
  writer.uint32(status);
  writer.uint32(headers.length);
  for (const [name, value] of headers) {
    writer.text(name);
    writer.text(value);
  }
  writer.raw(body);
  return writer.bytes();
}

/** @throws when no node answers like this: it is going to be written to a client as it is. */
function decodeAnswer(bytes: Buffer): PlainAnswer | undefined {
  if (bytes.length === 0) return undefined;
  const reader = new ByteReader(bytes);
  const status = reader.uint32();
  if (status < 200 || status > 599) throw new MalformedError(`status ${status}`);
  const headers = Array.from({ length: reader.count(8) }, (): [string, string] => [reader.text(), reader.text()]);
  for (const [name, value] of headers) {
    const [fault] = dropInvalidHeaders({ [name]: value });
    if (fault !== undefined) throw new MalformedError(fault.message);
  }
  return { status, headers, body: reader.rest() };
}
