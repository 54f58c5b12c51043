import type { ClusterNode } from '../cluster/node.js';
import { ByteReader, ByteWriter, MalformedError } from '../cluster/wire/bytes.js';
import type { RelayedAnswer, RelayedPoll, RunningPoll, SessionRelay } from '../http/relayed-poll.js';
import { randomId } from '../ids.js';
import { dropInvalidHeaders } from '../protocol/header-fields.js';

export interface SessionRelayOptions {
  node: ClusterNode;
  /** Whether a session is here. */
  has: (sid: string) => boolean;
  /** Whether ids of sessions begin with {@link ClusterSessionRelay.idStart}, here and at other nodes. */
  areIdsOurs: () => boolean;
  /** Answers a request for a session that is here; `undefined` when it is not, or not over polling. */
  answer: (sid: string, poll: RelayedPoll) => RunningPoll | undefined;
  /** Milliseconds an answer may take: a poll waits until there is something to send. */
  timeout: number;
}

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
export class ClusterSessionRelay implements SessionRelay {
  readonly #options: SessionRelayOptions;
  readonly #node: ClusterNode;
  /** Nodes by session id, those used last at the end. */
  readonly #known = new Map<string, string>();
  readonly #lookups = new Map<string, Promise<string | undefined>>();
  /** What runs here for other nodes, by the id they gave it. */
  readonly #running = new Map<string, { from: string; poll: RunningPoll }>();
  readonly #stops: (() => unknown)[];

  constructor(options: SessionRelayOptions) {
    this.#options = options;
    this.#node = options.node;
    this.#stops = [
      this.#node.handle(FIND, this.#onFind),
      this.#node.handle(POLL, this.#onPoll),
      this.#node.handle(ABORT, this.#onAbort),
      // Nobody waits for these answers any more.
      this.#node.observe({ onLeave: ({ id }) => this.#abort((running) => running.from === id) }),
    ];
    // When that fails, the adapters say so: they opened it, too.
    this.#node.open().catch(() => {});
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    this.#abort(() => true);
    await this.#node.close();
  }

  // --- requests that came here and belong elsewhere ---

  /** What the ids of this node's sessions begin with. */
  get idStart(): string {
    return this.#node.id.slice(0, START_LENGTH);
  }

  async find(sid: string): Promise<string | undefined> {
    if (this.#node.settled !== undefined) await this.#node.settled;
    if (this.#options.areIdsOurs()) {
      const owners = [...this.#node.members.keys()].filter((id) => sid.startsWith(id.slice(0, START_LENGTH)));
      // Of very many nodes, two may begin alike.
      if (owners.length < 2) return owners[0];
    }
    const owner = this.#known.get(sid) ?? (await this.#ask(sid));
    if (owner !== undefined) this.#remember(sid, owner);
    return owner;
  }

  async forward(
    sid: string,
    owner: string,
    poll: RelayedPoll,
    gone: Promise<void>,
  ): Promise<RelayedAnswer | undefined> {
    const id = randomId();
    let isOver = false;
    gone.then(() => {
      if (!isOver) this.#node.request(ABORT, Buffer.from(id), { to: owner });
    });
    const { timeout } = this.#options;
    const { answers } = await this.#node.request(POLL, encodePoll(id, sid, poll), { to: owner, timeout });
    isOver = true;
    const bytes = answers.get(owner);
    const answer = bytes === undefined ? undefined : this.#read(bytes);
    if (answer === undefined) this.#known.delete(sid);
    return answer;
  }

  #read(bytes: Buffer): RelayedAnswer | undefined {
    try {
      return decodeAnswer(bytes);
    } catch (error) {
      this.#node.reject(`the answer to a poll: ${(error as Error).message}`);
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
      const asked = this.#node.request(FIND, Buffer.from(sid), { onPart: resolve });
      asked.then(() => resolve(undefined));
    });
    this.#lookups.set(sid, lookup);
    return lookup.finally(() => this.#lookups.delete(sid));
  }

  // --- requests of other nodes ---

  readonly #onFind = (payload: Buffer, _from: string, part: (payload: Uint8Array) => void): Uint8Array => {
    if (this.#options.has(payload.toString())) part(YES);
    return NO;
  };

  readonly #onPoll = async (payload: Buffer, from: string): Promise<Uint8Array> => {
    const { id, sid, poll } = decodePoll(payload);
    const running = this.#options.answer(sid, poll);
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

// --- the wire: texts, counts and bytes as in adapters/bytes.ts, which throws at what is malformed ---

function encodePoll(id: string, sid: string, { method, url, rawHeaders, body }: RelayedPoll): Buffer {
  const writer = new ByteWriter();
  for (const text of [id, sid, method, url]) writer.text(text);
  writer.uint32(rawHeaders.length);
  for (const text of rawHeaders) writer.text(text);
  writer.raw(body);
  return writer.bytes();
}

function decodePoll(bytes: Buffer): { id: string; sid: string; poll: RelayedPoll } {
  const reader = new ByteReader(bytes);
  const [id, sid, method, url] = [reader.text(), reader.text(), reader.text(), reader.text()];
  const rawHeaders = Array.from({ length: reader.count(4) }, () => reader.text());
  return { id, sid, poll: { method, url, rawHeaders, body: reader.rest() } };
}

function encodeAnswer({ status, headers, body }: RelayedAnswer): Buffer {
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
function decodeAnswer(bytes: Buffer): RelayedAnswer | undefined {
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
