import createDebug from 'debug';
import type { Clock, Timer } from '../../../clock.js';
import type { Part } from '../../../protocol/prepared.js';
import type { Packet } from '../../../protocol/socketio/packet.js';
import type { BroadcastOptions } from '../../../rooms/selection.js';

const debug = createDebug('carillon:redis');

/** Something that was said natively, and may have to be said again. */
type Held =
  | { readonly parts: readonly Part[]; readonly options: BroadcastOptions }
  | { readonly channel: string; readonly message: Buffer | string };

export interface MirrorSettings {
  readonly clock: Clock;
  /** Milliseconds between two looks at who is there, while nothing is said. */
  readonly interval: number;
  /** How many nodes there are that speak only Socket.IO's protocol. Rejects when nobody knows. */
  count(): Promise<number>;
  /** Says an event again: as it was emitted, or from how it was encoded for clients. */
  repeat(event: Packet | readonly Part[], options: BroadcastOptions): void;
  /** Says something else again, which is encoded already. */
  publish(channel: string, message: Buffer | string): void;
  /** Whether there are such nodes is known, or different now. */
  onChange(): void;
}

/** Nobody needs to remember more than this while Redis takes its time to answer. */
const MAX_HELD = 10_000;

/**
 * Repeats in Socket.IO's protocol what a node says natively, as long as there are nodes that understand nothing else.
 *
 * While there are none, nothing is encoded twice: what is said is held until Redis has answered, after the turn, whether
 * such a node was there, and then forgotten. If one was there, everything held is said again, in order, and from
 * then on everything is said twice in the same turn. So a node that comes hears whatever is emitted after it subscribed.
 */
export class Mirror {
  readonly #settings: MirrorSettings;
  #others: number | undefined = undefined;
  /** What was said since Redis was asked. */
  #said: Held[] = [];
  /** What was said before Redis was asked, which has not answered yet. */
  #asked: Held[] = [];
  #held = 0;
  #isAsking = false;
  #isLooking = false;
  #mustLookAgain = false;
  #timer: Timer | undefined = undefined;

  constructor(settings: MirrorSettings) {
    this.#settings = settings;
  }

  /** Looks who is there, and again from time to time. */
  open(): Promise<void> {
    this.#timer = this.#settings.clock.setInterval(() => this.#look(), this.#settings.interval);
    return this.#look();
  }

  close(): void {
    this.#timer?.cancel();
  }

  /** Nodes that speak only Socket.IO's protocol; `undefined` while nobody knows. */
  get others(): number | undefined {
    return this.#others;
  }

  /**
   * Hot path: once per emit.
   *
   * @param parts what is held: the packet may be changed by who emitted it.
   */
  broadcast(parts: readonly Part[], options: BroadcastOptions, packet: Packet): void {
    this.#ask();
    if (this.#others) this.#settings.repeat(packet, options);
    else this.#hold({ parts, options });
  }

  publish(channel: string, message: Buffer | string): void {
    this.#ask();
    if (this.#others) this.#settings.publish(channel, message);
    else this.#hold({ channel, message });
  }

  #hold(held: Held): void {
    this.#said.push(held);
    if (++this.#held > MAX_HELD) this.#repeatAll();
  }

  #ask(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#settings.clock.endOfTurn(() => {
      this.#isAsking = false;
      this.#look();
    });
  }

  /** One question at a time: what is said meanwhile is held for the next. */
  async #look(): Promise<void> {
    if (this.#isLooking) {
      this.#mustLookAgain = true;
      return;
    }
    this.#isLooking = true;
    do {
      this.#mustLookAgain = false;
      await this.#lookOnce();
    } while (this.#mustLookAgain);
    this.#isLooking = false;
  }

  async #lookOnce(): Promise<void> {
    this.#asked = this.#said;
    this.#said = [];
    let others: number | undefined;
    try {
      others = await this.#settings.count();
    } catch {
      // Redis is away, and somebody may be there when it is back.
    }
    const isChanged = others !== this.#others;
    this.#others = others;
    if (others === 0) {
      this.#held -= this.#asked.length;
      this.#asked = [];
    } else {
      this.#repeatAll();
    }
    if (!isChanged) return;
    debug('nodes that speak only the protocol of Socket.IO: %s', others ?? 'unknown');
    this.#settings.onChange();
  }

  #repeatAll(): void {
    const all = [...this.#asked, ...this.#said];
    this.#asked = [];
    this.#said = [];
    this.#held = 0;
    for (const held of all) {
      if ('parts' in held) this.#settings.repeat(held.parts, held.options);
      else this.#settings.publish(held.channel, held.message);
    }
  }
}
