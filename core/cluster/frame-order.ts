/** Senders that are remembered. */
const MAX_SENDERS = 1024;
/** Gaps between the numbers of one sender that are remembered. */
const MAX_GAPS = 16;
/** No node publishes as many frames between two that another one hears. */
const FAR = 2 ** 32;
/** So many frames in a row that seem to be known, each with a higher number than the one before it, are not known. */
const MIN_STALE = 3;

/**
 * How the number of a frame fits to those before it:
 * - `next`: higher than all others;
 * - `jump`: so much higher that no node can have come so far;
 * - `late`: lower than the highest, and new: the higher number was not the sender's;
 * - `restart`: its sender counts from somewhere else than was thought;
 * - `seen`: the frame was there before.
 */
export type FrameVerdict = 'next' | 'jump' | 'late' | 'restart' | 'seen';

interface Sender {
  /** The highest number. */
  last: number;
  /** What was passed over: pairs of numbers, of which everything between them is missing; those used last at the end. */
  readonly gaps: number[];
  /** Frames that seem to be known, since the last one that was new: how many, the last one's number, and since when. */
  staleCount: number;
  staleNumber: number;
  staleSince: number;
}

/**
 * Tells which frames of a scope are new, by the numbers that their senders count them with.
 *
 * A frame comes twice when a connection failed before Redis had confirmed it. Numbers are passed over all the time: a
 * sender counts the frames to all channels, and we listen to some. And whoever can publish can write any number in a
 * node's name: what the node itself says from then on lies in the gap that such a number leaves, and is heard. Should so
 * many of them have come that the gap is forgotten, the node is heard again after `patience`.
 */
export class FrameOrder {
  readonly #senders = new Map<string, Sender>();
  readonly #patience: number;

  /** @param patience milliseconds after which frames that only seem to be known are taken for what they are. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Takes note of a frame. @param now milliseconds by the clock. */
  // Hot path: once per frame.
  onFrame(sender: string, number: number, now: number): FrameVerdict {
    let known = this.#senders.get(sender);
    if (known === undefined) {
      // Whoever does not come any more is forgotten when many others came after.
      if (this.#senders.size >= MAX_SENDERS) this.#senders.delete(this.#senders.keys().next().value!);
      known = { last: 0, gaps: [], staleCount: 0, staleNumber: 0, staleSince: 0 };
      this.#senders.set(sender, known);
    }
    const { last } = known;
    if (number <= last) return this.#fitIn(known, number, now);
    known.staleCount = 0;
    known.last = number;
    if (number === last + 1) return 'next';
    if (known.gaps.length >= 2 * MAX_GAPS) known.gaps.splice(0, 2);
    known.gaps.push(last, number);
    return number - last > FAR ? 'jump' : 'next';
  }

  #fitIn(sender: Sender, number: number, now: number): FrameVerdict {
    const { gaps } = sender;
    for (let i = gaps.length - 2; i >= 0; i -= 2) {
      const high = gaps[i + 1]!;
      if (number <= gaps[i]! || number >= high) continue;
      // Behind the others: it is the one that the sender is in. What lies before the number is passed over for good.
      gaps.splice(i, 2);
      if (number + 1 < high) gaps.push(number, high);
      sender.staleCount = 0;
      return 'late';
    }
    if (sender.staleCount === 0 || number <= sender.staleNumber) {
      sender.staleCount = 0;
      sender.staleSince = now;
    }
    sender.staleCount++;
    sender.staleNumber = number;
    if (sender.staleCount < MIN_STALE || now - sender.staleSince < this.#patience) return 'seen';
    sender.staleCount = 0;
    sender.last = number;
    gaps.length = 0;
    return 'restart';
  }
}
