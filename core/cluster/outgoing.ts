import type { Clock } from '../clock.js';
import type { Bus } from './bus.js';
import { FrameWriter } from './wire/messages.js';

/** A frame that grew beyond this is closed: Redis disconnects subscribers that have too much waiting for them. */
const MAX_FRAME_BYTES = 256 * 1024;

/**
 * What a node has to say in this turn. All of it is published at the end of the turn, in the order in which it was said.
 *
 * Consecutive messages to one channel become one frame. A message to another channel begins the next frame, even if an
 * earlier one went to that channel: a receiver that listens to both sees the order of the calls.
 */
export class Outgoing {
  readonly #sender: string;
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #hooks: (() => void)[] = [];
  readonly #channels: string[] = [];
  readonly #frames: FrameWriter[] = [];
  #number = 0;

  /** @param sender id of this node. */
  constructor(sender: string, bus: Bus, clock: Clock) {
    this.#sender = sender;
    this.#bus = bus;
    this.#clock = clock;
  }

  /** Where to write a message for a channel. Write it at once, and do not keep the writer. */
  // Hot path: once per emit.
  to(channel: string): FrameWriter {
    const last = this.#frames.length - 1;
    if (last >= 0 && this.#channels[last] === channel && this.#frames[last]!.byteLength < MAX_FRAME_BYTES) {
      return this.#frames[last]!;
    }
    if (last < 0) this.#clock.endOfTurn(this.flush);
    const frame = new FrameWriter(this.#sender);
    this.#channels.push(channel);
    this.#frames.push(frame);
    return frame;
  }

  /** Called right before the frames of a turn are published, each turn that has some. */
  beforePublish(hook: () => void): void {
    this.#hooks.push(hook);
  }

  /** Publishes what waits, without waiting for the end of the turn. */
  readonly flush = (): void => {
    if (this.#frames.length === 0) return;
    for (const hook of this.#hooks) hook();
    const frames = this.#frames.splice(0);
    const channels = this.#channels.splice(0);
    for (let i = 0; i < frames.length; i++) this.#bus.publish(channels[i]!, frames[i]!.finish(++this.#number));
  };
}
