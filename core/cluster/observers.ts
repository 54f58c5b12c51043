import type { LeaveReason, Member } from './membership.js';

/** Somebody who works with a node of the cluster: an adapter, the session relay. */
export interface ClusterNodeObserver {
  /** A node is there, or says something new about itself. */
  onMember?(member: Member): void;
  onLeave?(member: Member, reason: LeaveReason): void;
  /** Messages do not get through; once per outage. @returns whether the application was told. */
  onDown?(error: Error): boolean;
  /** They do again, and all subscriptions are there. @param dropped messages lost because too much waited. */
  onUp?(dropped: number): void;
  /** Something else failed. @returns whether the application was told. */
  onError?(error: Error): boolean;
}

/** Those who want to know how the cluster is doing. */
export class Observers {
  readonly #observers = new Set<ClusterNodeObserver>();
  #isDown = false;

  add(observer: ClusterNodeObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  member(member: Member): void {
    for (const observer of [...this.#observers]) observer.onMember?.(member);
  }

  leave(member: Member, reason: LeaveReason): void {
    for (const observer of [...this.#observers]) observer.onLeave?.(member, reason);
  }

  /** Two may notice the same outage; it is told once. */
  down(error: Error): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#report(error, (observer) => observer.onDown?.(error) === true);
  }

  up(dropped: number): void {
    if (!this.#isDown) return;
    this.#isDown = false;
    for (const observer of [...this.#observers]) observer.onUp?.(dropped);
  }

  error(error: Error): void {
    this.#report(error, (observer) => observer.onError?.(error) === true);
  }

  /** What nobody wants to hear goes to the log, once. */
  #report(error: Error, tell: (observer: ClusterNodeObserver) => boolean): void {
    let isHeard = false;
    for (const observer of [...this.#observers]) isHeard = tell(observer) || isHeard;
    if (!isHeard) console.error('carillon: the cluster:', error);
  }
}
