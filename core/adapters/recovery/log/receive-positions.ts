import type { Stamp } from '../../../cluster/wire/broadcast.js';
import { encodeOffset, type Positions } from '../records/offsets.js';
import type { Snapshot } from '../records/snapshot.js';

/** What to do with an event that came in. */
export type Verdict =
  /** It is the next one: deliver it. */
  | 'next'
  /** It was delivered before. */
  | 'seen'
  /** One before it, on the same channel, did not come, nor anything after that. */
  | 'gap'
  /** One before it did not come, and it is not known which of the later ones did. */
  | 'loss';

/** Where this node stands in the events of a namespace: of each sender, the last event that was taken account of. */
export class ReceivePositions {
  readonly #positions = new Map<string, number>();
  /** By channel and sender, the last event that came over it. */
  readonly #channels = new Map<string, Map<string, number>>();
  #offset: string | undefined = undefined;

  get positions(): Positions {
    return this.#positions;
  }

  /** The positions as an offset. */
  get offset(): string {
    this.#offset ??= encodeOffset(this.#positions);
    return this.#offset;
  }

  /** An event is delivered now: our own, or one that was made up for. */
  advance(tag: string, sequence: number): void {
    this.#positions.set(tag, sequence);
    this.#offset = undefined;
  }

  /** An event came over a channel. Only when it is the next one, it counts. */
  onEvent(tag: string, channel: string, { sequence, previous }: Stamp): Verdict {
    const senders = this.#channels.get(channel);
    const known = senders?.get(tag);
    const position = this.#positions.get(tag) ?? 0;
    const isSeen = sequence <= position;
    if (!isSeen && known !== undefined && previous > known) return previous > position ? 'gap' : 'loss';
    if (senders === undefined) this.#channels.set(channel, new Map([[tag, sequence]]));
    else senders.set(tag, sequence);
    if (isSeen) return 'seen';
    this.#positions.set(tag, sequence);
    this.#offset = undefined;
    return 'next';
  }

  /** Not subscribed any more: what comes over the channel is no longer heard. */
  onUnsubscribed(channel: string): void {
    this.#channels.delete(channel);
  }

  /** Everything in this snapshot that concerns this node was received, or made up for. */
  reach({ senders, finished }: Snapshot): void {
    for (const [tag, { position }] of senders) {
      if (position > (this.#positions.get(tag) ?? 0)) this.#positions.set(tag, position);
    }
    for (const tag of finished) this.#positions.delete(tag);
    this.#offset = undefined;
  }

  /** A sender is gone, and so is its log. */
  forget(tag: string): void {
    this.#positions.delete(tag);
    this.#offset = undefined;
  }

  /** Begins to follow the channels anew: after a gap, none of them continues where it was. */
  forgetChannels(): void {
    this.#channels.clear();
  }
}
