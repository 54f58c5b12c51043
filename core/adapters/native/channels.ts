import type { ClusterNode } from '../../cluster/node.js';
import type { Message } from '../../cluster/wire/messages.js';
import { isId } from '../../ids.js';
import type { BroadcastOptions, Room } from '../../rooms/selection.js';

/** Takes a message that came over the channel of a room; over the main one, when there is no room. */
export type ChannelListener = (message: Message, sender: string, room: Room | undefined) => void;

/**
 * The channels of a namespace: one for everything, and one for each room that has a member here, so that events for a
 * single room are not heard by nodes without one.
 *
 * A room's channel is subscribed to with its first member, and given up with its last.
 */
export class RoomChannels {
  /** The channel that every node with this namespace listens to. */
  readonly main: string;
  readonly #node: ClusterNode;
  readonly #scope: string;
  readonly #listener: ChannelListener;
  readonly #withIds: boolean;
  /** Subscriptions that are not confirmed yet. */
  readonly #pending = new Map<Room, Promise<void>>();
  /** Rooms that others were told to put sockets into, and until when they may not listen to their channel yet. */
  readonly #filling = new Map<Room, number>();

  /**
   * @param withIds whether rooms that are named like a socket (every socket is in one) have a channel, too. All nodes must
   * do the same.
   */
  constructor(node: ClusterNode, scope: string, listener: ChannelListener, withIds: boolean) {
    this.#node = node;
    this.#scope = scope;
    this.#listener = listener;
    this.#withIds = withIds;
    this.main = node.bus.channel(scope);
  }

  /** Listens to the main channel. */
  open(): Promise<void> {
    return this.#node.listen(this.#scope, undefined, (message, sender) => this.#listener(message, sender, undefined));
  }

  close(rooms: Iterable<Room>): void {
    for (const room of rooms) this.onDelete(room);
    this.#node.unlisten(this.#scope);
  }

  /** A room has its first member here. */
  onCreate(room: Room): void {
    if (!this.#hasChannel(room)) return;
    const subscribed: Promise<void> = this.#node
      .listen(this.#scope, room, (message, sender) => this.#listener(message, sender, room))
      .catch((error) => this.#node.reportFailure(`listening to room ${room}`, error))
      .then(() => {
        if (this.#pending.get(room) === subscribed) this.#pending.delete(room);
      });
    this.#pending.set(room, subscribed);
  }

  /** Its last member here is gone. */
  onDelete(room: Room): void {
    if (!this.#hasChannel(room)) return;
    this.#pending.delete(room);
    this.#node.unlisten(this.#scope, room);
  }

  /** Resolves when what others send to these rooms is heard here; `undefined` if it is already. Never rejects. */
  whenHeard(rooms: Iterable<Room>): Promise<void> | undefined {
    if (this.#pending.size === 0) return undefined;
    let heard: Promise<void> | undefined;
    for (const room of rooms) {
      const pending = this.#pending.get(room);
      if (pending !== undefined) heard = heard === undefined ? pending : Promise.all([heard, pending]).then(nothing);
    }
    return heard;
  }

  /** Others were told to put sockets into these rooms: until they listen to their channels, the main one is safe. */
  expectMembers(rooms: readonly Room[]): void {
    const now = this.#node.clock.now();
    for (const [room, until] of this.#filling) {
      if (until > now) break;
      this.#filling.delete(room);
    }
    for (const room of rooms) {
      this.#filling.delete(room);
      this.#filling.set(room, now + this.#node.heartbeatTimeout);
    }
  }

  /** The channel for an event. */
  // Hot path: once per emit.
  channelOf({ rooms }: BroadcastOptions): string {
    if (rooms.size !== 1) return this.main;
    const room = rooms.values().next().value!;
    // After an outage, others may hear what waited before they have subscribed to everything again.
    if (!this.#hasChannel(room) || !this.#node.isUp || this.#isFilling(room)) return this.main;
    return this.#node.bus.channel(this.#scope, room);
  }

  #isFilling(room: Room): boolean {
    const until = this.#filling.size === 0 ? undefined : this.#filling.get(room);
    return until !== undefined && until > this.#node.clock.now();
  }

  /** Rooms that are no strings (applications do use numbers) have none: `7` and `'7'` would share it. */
  #hasChannel(room: Room): boolean {
    return typeof room === 'string' && (this.#withIds || !isId(room));
  }
}

const nothing = (): void => {};
