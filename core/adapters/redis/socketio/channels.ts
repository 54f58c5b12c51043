import type { Room } from '../../../rooms/selection.js';

/** The channels of one namespace. */
export class SocketioChannels {
  /** Broadcasts for everybody, and for several rooms. Those for one room go to {@link SocketioChannels.room}. */
  readonly broadcast: string;
  /** All channels of broadcasts. */
  readonly pattern: string;
  readonly request: string;
  /** Responses, for all nodes. */
  readonly response: string;

  /** @param key option `key`: `socket.io` unless somebody chose another. */
  constructor(key: string, namespace: string) {
    this.broadcast = `${key}#${namespace}#`;
    this.pattern = `${escapeGlob(this.broadcast)}*`;
    this.request = `${key}-request#${namespace}#`;
    this.response = `${key}-response#${namespace}#`;
  }

  /** Where a broadcast goes. */
  of(rooms: ReadonlySet<Room>): string {
    if (rooms.size !== 1) return this.broadcast;
    const [room] = rooms;
    return `${this.broadcast}${room}#`;
  }

  /** The one room that a channel of broadcasts is for; `undefined` when it is for any. */
  roomOf(channel: string): string | undefined {
    return channel.length > this.broadcast.length ? channel.slice(this.broadcast.length, -1) : undefined;
  }

  /** Responses for one node. */
  responseTo(uid: string): string {
    return `${this.response}${uid}#`;
  }
}

/** Names may hold characters that mean something in a pattern. */
function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^]/g, '\\$&');
}
