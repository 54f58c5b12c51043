/** Name of a room. */
export type Room = string;

/** Modifiers of one emit. Absent means "not asked for". */
export interface BroadcastFlags {
  /** Drop the event for receivers that are not ready. */
  volatile?: boolean;
  /** Whether the event may be compressed; default `true`. */
  compress?: boolean;
  /** Only this node of a cluster. */
  local?: boolean;
  /** Milliseconds to wait for acknowledgements. */
  timeout?: number;
  /** One receiver is expected: its answer is given as such, not in an array. */
  expectSingleResponse?: boolean;
}

/** The shape adapters get: who receives a broadcast, and how. */
export interface BroadcastOptions {
  /** Receivers are in any of these rooms; empty means everybody. */
  rooms: Set<Room>;
  /** ... but in none of these. */
  except: Set<Room>;
  flags: BroadcastFlags;
}

/**
 * Rooms − except + flags: who an emit is for. Immutable: every refinement is a new value, so that a prefix such as
 * `const admins = io.to('admins')` can be kept and used again.
 */
export class Selection implements BroadcastOptions {
  static readonly everybody = new Selection(new Set(), new Set(), {});

  readonly rooms: Set<Room>;
  readonly except: Set<Room>;
  readonly flags: BroadcastFlags;

  constructor(rooms: Set<Room>, except: Set<Room>, flags: BroadcastFlags) {
    this.rooms = rooms;
    this.except = except;
    this.flags = flags;
  }

  /** Also those in `room`, or in any of several. */
  to(room: Room | readonly Room[]): Selection {
    return new Selection(union(this.rooms, room), this.except, this.flags);
  }

  /** But nobody in `room`, or in any of several. */
  without(room: Room | readonly Room[]): Selection {
    return new Selection(this.rooms, union(this.except, room), this.flags);
  }

  with(flags: BroadcastFlags): Selection {
    return new Selection(this.rooms, this.except, { ...this.flags, ...flags });
  }
}

function union(set: ReadonlySet<Room>, room: Room | readonly Room[]): Set<Room> {
  const result = new Set(set);
  if (Array.isArray(room)) for (const each of room) result.add(each);
  else result.add(room as Room);
  return result;
}
