import type { Clock, Timer } from '../clock.js';
import { LATE } from './time-limit.js';
import { Announcement } from './wire/kinds.js';

/** Another node, as far as it told about itself. */
export interface Member {
  readonly id: string;
  /** What it can do, in words of its own: `native`, for instance, when it speaks the native wire. */
  readonly features: ReadonlySet<string>;
}

/** Why a node is no member any more: it said goodbye, or nothing was heard of it for too long. */
export type LeaveReason = 'left' | 'silent';

export interface MembershipObserver {
  /** A node is there, or says something new about itself. */
  onMember(member: Member): void;
  onLeave(member: Member, reason: LeaveReason): void;
  /** For `heartbeatTimeout` nothing came back of what we sent ourselves: it is we who are cut off. Once per outage. */
  onIsolated(): void;
  /** We hear ourselves again. */
  onReachable(): void;
  /** This process did not run for so long that others may have taken us for dead. */
  onBlocked(milliseconds: number): void;
}

export interface MembershipOptions {
  readonly clock: Clock;
  /** Own id. */
  readonly id: string;
  /** Milliseconds between two signs of life. */
  readonly heartbeatInterval: number;
  /** Milliseconds of silence after which a node counts as dead; at least twice the interval. */
  readonly heartbeatTimeout: number;
  /** Sends an announcement to all nodes, ourselves included. */
  readonly announce: (announcement: Announcement, features: readonly string[]) => void;
  readonly observer: MembershipObserver;
}

interface Entry extends Member {
  features: ReadonlySet<string>;
  lastHeard: number;
}

/**
 * Who is in the cluster. One per process, whatever the number of namespaces.
 *
 * Every node says hello when it comes, is answered by all others, and shows itself every `heartbeatInterval`. A node that
 * was silent for `heartbeatTimeout` is dead, but only if we can tell: our own signs of life come back to us the same way,
 * and while they do not (Redis is down, or paused), nobody is declared dead. Nor when this process itself did not run: what
 * others said meanwhile is read before anybody is judged.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #members = new Map<string, Entry>();
  #features: readonly string[];
  #beat: Timer | undefined;
  #sweep: Timer | undefined;
  #lastBeat = 0;
  #lastEcho = 0;
  #isIsolated = false;

  constructor(options: MembershipOptions, features: readonly string[]) {
    this.#options = options;
    this.#features = features;
  }

  /** The other nodes, by id. */
  get members(): ReadonlyMap<string, Member> {
    return this.#members;
  }

  /** Whether our own signs of life stay away. */
  get isIsolated(): boolean {
    return this.#isIsolated;
  }

  get isRunning(): boolean {
    return this.#beat !== undefined;
  }

  /** Says hello, and goes on to show that we are here. Call it once what the others answer can be heard. */
  start(): void {
    if (this.#beat !== undefined) return;
    const { clock, heartbeatInterval } = this.#options;
    this.#lastBeat = clock.now();
    this.#lastEcho = clock.now();
    this.#beat = clock.setInterval(() => this.#onBeat(), heartbeatInterval);
    this.#announce(Announcement.HELLO);
    this.#scheduleSweep();
  }

  /** Says goodbye and forgets everybody. */
  stop(): void {
    if (this.#beat === undefined) return;
    this.#announce(Announcement.BYE);
    this.#beat.cancel();
    this.#beat = undefined;
    this.#sweep?.cancel();
    this.#members.clear();
  }

  /** What we can do is different now; the others hear of it. */
  setFeatures(features: readonly string[]): void {
    this.#features = features;
    if (this.#beat !== undefined) this.#announce(Announcement.BEAT);
  }

  /** Says hello again: after an outage, to see who is there. */
  greet(): void {
    if (this.#beat !== undefined) this.#announce(Announcement.HELLO);
  }

  /** A node said something about itself. */
  onAnnouncement(sender: string, announcement: Announcement, features: readonly string[]): void {
    if (this.#beat === undefined) return;
    if (sender === this.#options.id) {
      this.#onEcho();
      return;
    }
    if (announcement === Announcement.BYE) {
      this.#remove(sender, 'left');
      return;
    }
    const now = this.#options.clock.now();
    const member = this.#members.get(sender);
    if (member === undefined) {
      const joined = { id: sender, features: new Set(features), lastHeard: now };
      this.#members.set(sender, joined);
      this.#options.observer.onMember(joined);
    } else {
      member.lastHeard = now;
      if (!isSame(member.features, features)) {
        member.features = new Set(features);
        this.#options.observer.onMember(member);
      }
    }
    if (announcement === Announcement.HELLO) this.#announce(Announcement.BEAT);
  }

  /** Anything else came from a node: it is alive. */
  onHeartbeat(sender: string): void {
    const member = this.#members.get(sender);
    if (member !== undefined) member.lastHeard = this.#options.clock.now();
  }

  #onBeat(): void {
    const { clock, heartbeatInterval, heartbeatTimeout, observer } = this.#options;
    const now = clock.now();
    const gap = now - this.#lastBeat;
    this.#lastBeat = now;
    if (gap - heartbeatInterval >= LATE) this.#beginAnew();
    this.#announce(Announcement.BEAT);
    if (gap >= heartbeatTimeout) observer.onBlocked(gap - heartbeatInterval);
  }

  /** We could hear nobody, ourselves included, because we did not run: everybody's time begins anew. */
  #beginAnew(): void {
    const now = this.#options.clock.now();
    this.#lastEcho = now;
    for (const member of this.#members.values()) member.lastHeard = now;
  }

  #announce(announcement: Announcement): void {
    this.#options.announce(announcement, this.#features);
  }

  #onEcho(): void {
    const { clock, heartbeatInterval, observer } = this.#options;
    const now = clock.now();
    const gap = now - this.#lastEcho;
    this.#lastEcho = now;
    // While we could not hear ourselves, we could not hear the others either: their time begins anew.
    if (gap > heartbeatInterval * 1.5) for (const member of this.#members.values()) member.lastHeard = now;
    if (!this.#isIsolated) return;
    this.#isIsolated = false;
    observer.onReachable();
  }

  #scheduleSweep(): void {
    const { clock, heartbeatTimeout } = this.#options;
    let earliest = this.#lastEcho;
    for (const member of this.#members.values()) earliest = Math.min(earliest, member.lastHeard);
    // Whoever waits for a doubt to be cleared is looked at again soon.
    const delay = Math.max(earliest + heartbeatTimeout - clock.now(), this.#options.heartbeatInterval / 10);
    const due = clock.now() + delay;
    this.#sweep = clock.setTimeout(
      () => {
        // Timers come before what has arrived.
        clock.endOfTurn(() => this.#runSweep(due));
      },
      delay,
      true,
    );
  }

  #runSweep(due: number): void {
    if (this.#beat === undefined) return;
    const { clock, heartbeatInterval, heartbeatTimeout, observer } = this.#options;
    const now = clock.now();
    if (now - due >= LATE) this.#beginAnew();
    if (!this.#isIsolated && now - this.#lastEcho >= heartbeatTimeout) {
      this.#isIsolated = true;
      observer.onIsolated();
    }
    for (const member of [...this.#members.values()]) {
      if (now - member.lastHeard < heartbeatTimeout) continue;
      // Had it been alive, we would have heard it: at the time our own signs of life still came through.
      if (this.#lastEcho >= member.lastHeard + heartbeatTimeout - heartbeatInterval) this.#remove(member.id, 'silent');
    }
    this.#scheduleSweep();
  }

  #remove(id: string, reason: LeaveReason): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#members.delete(id);
    this.#options.observer.onLeave(member, reason);
  }
}

function isSame(set: ReadonlySet<string>, list: readonly string[]): boolean {
  return set.size === list.length && list.every((each) => set.has(each));
}
