import type { Room } from './selection.js';

/** Told about changes, in the order in which Socket.IO users know the events. */
export interface RoomObserver {
  onCreate(room: Room): void;
  onJoin(room: Room, id: string): void;
  onLeave(room: Room, id: string): void;
  onDelete(room: Room): void;
}

/** What the index knows of one member. Lives from its first room to its last. */
interface Membership<Member> {
  /** `null` until the member is known: a socket may join rooms while its middlewares still run. */
  member: Member | null;
  readonly id: string;
  /** One room as such, several as a set: most members are only ever in the room of their own name. */
  rooms: Room | Set<Room>;
  /** Number of the visit that saw this member last: deduplicates without a set per broadcast. */
  visit: number;
}

/** Members of a room: one as such, several as a map by id. */
type Members<Member> = Membership<Member> | Map<string, Membership<Member>>;

/**
 * Who is in which room. A data structure: it knows nothing of sockets or packets.
 *
 * Rooms hold memberships, not ids, so that a broadcast walks straight to its receivers.
 */
export class RoomIndex<Member> {
  readonly #rooms = new Map<Room, Members<Member>>();
  readonly #memberships = new Map<string, Membership<Member>>();
  readonly #lookup: (id: string) => Member | undefined;
  readonly #observer: RoomObserver;
  #visit = 0;
  #isVisiting = false;

  /** @param lookup finds the member of an id, or `undefined` while there is none. */
  constructor(lookup: (id: string) => Member | undefined, observer: RoomObserver) {
    this.#lookup = lookup;
    this.#observer = observer;
  }

  join(id: string, rooms: Iterable<Room>): void {
    let membership = this.#memberships.get(id);
    // Before the observer hears of it: it may want to reach the new member.
    if (membership !== undefined) membership.member ??= this.#lookup(id) ?? null;
    for (const room of rooms) {
      if (membership === undefined) {
        membership = { member: this.#lookup(id) ?? null, id, rooms: room, visit: 0 };
        this.#memberships.set(id, membership);
      } else if (!addRoom(membership, room)) {
        continue;
      }
      this.#insert(membership, room);
    }
  }

  #insert(membership: Membership<Member>, room: Room): void {
    const members = this.#rooms.get(room);
    if (members === undefined) {
      this.#rooms.set(room, membership);
      this.#observer.onCreate(room);
    } else if (members instanceof Map) {
      members.set(membership.id, membership);
    } else {
      this.#rooms.set(
        room,
        new Map([
          [members.id, members],
          [membership.id, membership],
        ]),
      );
    }
    this.#observer.onJoin(room, membership.id);
  }

  leave(id: string, room: Room): void {
    const membership = this.#memberships.get(id);
    if (membership === undefined || !roomsIn(membership).delete(room)) return;
    this.#remove(membership, room);
  }

  /** The id still has its rooms while the observer hears about each. */
  leaveAll(id: string): void {
    const membership = this.#memberships.get(id);
    if (membership === undefined) return;
    if (membership.rooms instanceof Set) for (const room of membership.rooms) this.#remove(membership, room);
    else this.#remove(membership, membership.rooms);
    this.#memberships.delete(id);
  }

  #remove(membership: Membership<Member>, room: Room): void {
    const members = this.#rooms.get(room);
    if (members === undefined) return;
    if (members instanceof Map ? !members.delete(membership.id) : members !== membership) return;
    const isEmpty = members instanceof Map ? members.size === 0 : true;
    if (!(members instanceof Map)) this.#rooms.delete(room);
    this.#observer.onLeave(room, membership.id);
    if (!isEmpty) return;
    // Somebody may have joined while the observer listened.
    if (members instanceof Map && members.size === 0 && this.#rooms.get(room) === members) this.#rooms.delete(room);
    if (!this.#rooms.has(room)) this.#observer.onDelete(room);
  }

  /** The live set of rooms of one id, or `undefined`. */
  roomsOf(id: string): Set<Room> | undefined {
    const membership = this.#memberships.get(id);
    return membership === undefined ? undefined : roomsIn(membership);
  }

  /**
   * Visits every member of any of the rooms (of all rooms, when there are none) that is in none of `except`, each once.
   *
   * Hot path: nothing is allocated per member; a member is marked with the number of this visit instead.
   */
  each(rooms: ReadonlySet<Room>, except: ReadonlySet<Room> | undefined, visitor: (member: Member) => void): void {
    if (this.#isVisiting) {
      this.#eachWithin(rooms, except, visitor);
      return;
    }
    this.#isVisiting = true;
    try {
      this.#eachMarking(rooms, except, visitor);
    } finally {
      this.#isVisiting = false;
    }
  }

  /** A visitor that starts a visit of its own must not overwrite the marks of the one it is called from. Rare. */
  #eachWithin(
    rooms: ReadonlySet<Room>,
    except: ReadonlySet<Room> = new Set(),
    visitor: (member: Member) => void,
  ): void {
    const seen = new Set<Membership<Member>>();
    for (const room of except) for (const each of membersById(this.#rooms.get(room)).values()) seen.add(each);
    const sources =
      rooms.size === 0 ? [this.#memberships] : Array.from(rooms, (room) => membersById(this.#rooms.get(room)));
    for (const source of sources) {
      for (const membership of source.values()) {
        if (seen.has(membership)) continue;
        seen.add(membership);
        if (membership.member !== null) visitor(membership.member);
      }
    }
  }

  #eachMarking(
    rooms: ReadonlySet<Room>,
    except: ReadonlySet<Room> | undefined,
    visitor: (member: Member) => void,
  ): void {
    const visit = ++this.#visit;
    if (except !== undefined && except.size > 0) {
      for (const room of except) {
        const members = this.#rooms.get(room);
        if (members instanceof Map) for (const membership of members.values()) membership.visit = visit;
        else if (members !== undefined) members.visit = visit;
      }
    }
    if (rooms.size === 0) {
      for (const membership of this.#memberships.values()) visitOnce(membership, visit, visitor);
      return;
    }
    for (const room of rooms) {
      const members = this.#rooms.get(room);
      if (members instanceof Map) for (const membership of members.values()) visitOnce(membership, visit, visitor);
      else if (members !== undefined) visitOnce(members, visit, visitor);
    }
  }

  has(room: Room): boolean {
    return this.#rooms.has(room);
  }

  /** Live, read-only view as applications know it: room → ids. */
  get rooms(): Map<Room, Set<string>> {
    return new MapView(this.#rooms, (room: Room) => new SetView(() => membersById(this.#rooms.get(room))));
  }

  /** Live, read-only view as applications know it: id → rooms. */
  get sids(): Map<string, Set<Room>> {
    return new MapView(this.#memberships, (_id, membership) => roomsIn(membership));
  }
}

function visitOnce<Member>(membership: Membership<Member>, visit: number, visitor: (member: Member) => void): void {
  if (membership.visit === visit) return;
  membership.visit = visit;
  if (membership.member !== null) visitor(membership.member);
}

/** Adds a room; `false` when it was there. */
function addRoom(membership: Membership<unknown>, room: Room): boolean {
  if (membership.rooms === room) return false;
  const rooms = roomsIn(membership);
  if (rooms.has(room)) return false;
  rooms.add(room);
  return true;
}

/** The rooms as a set, from now on: whoever asks may hold it, and it stays the live one. */
function roomsIn(membership: Membership<unknown>): Set<Room> {
  // Not `typeof`: applications do name rooms by numbers.
  if (!(membership.rooms instanceof Set)) membership.rooms = new Set([membership.rooms]);
  return membership.rooms;
}

function membersById<Member>(members: Members<Member> | undefined): ReadonlyMap<string, Membership<Member>> {
  if (members === undefined) return NOBODY;
  return members instanceof Map ? members : new Map([[members.id, members]]);
}

const NOBODY: ReadonlyMap<string, never> = new Map<string, never>();

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** A `Map` whose content is somebody else's map, converted on the way out. */
class MapView<Key, Source, Value> extends Map<Key, Value> {
  readonly #source: ReadonlyMap<Key, Source>;
  readonly #convert: (key: Key, source: Source) => Value;

  constructor(source: ReadonlyMap<Key, Source>, convert: (key: Key, source: Source) => Value) {
    super();
    this.#source = source;
    this.#convert = convert;
  }

  override get size(): number {
    return this.#source.size;
  }
  override has(key: Key): boolean {
    return this.#source.has(key);
  }
  override get(key: Key): Value | undefined {
    const source = this.#source.get(key);
    return source === undefined ? undefined : this.#convert(key, source);
  }
  override keys(): MapIterator<Key> {
    return this.#source.keys();
  }
  override *values(): MapIterator<Value> {
    for (const [key, source] of this.#source) yield this.#convert(key, source);
  }
  override *entries(): MapIterator<[Key, Value]> {
    for (const [key, source] of this.#source) yield [key, this.#convert(key, source)];
  }
  override [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }
  override forEach(callback: (value: Value, key: Key, map: Map<Key, Value>) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this);
  }
  override set(): never {
    throw readOnly();
  }
  override delete(): never {
    throw readOnly();
  }
  override clear(): never {
    throw readOnly();
  }
  [INSPECT](): Map<Key, Value> {
    return new Map(this.entries());
  }
}

/** A `Set` whose content is the keys of somebody else's map, as it is at each look. */
class SetView extends Set<string> {
  readonly #source: () => ReadonlyMap<string, unknown>;

  constructor(source: () => ReadonlyMap<string, unknown>) {
    super();
    this.#source = source;
  }

  override get size(): number {
    return this.#source().size;
  }
  override has(id: string): boolean {
    return this.#source().has(id);
  }
  override keys(): SetIterator<string> {
    return this.#source().keys();
  }
  override values(): SetIterator<string> {
    return this.#source().keys();
  }
  override *entries(): SetIterator<[string, string]> {
    for (const id of this.#source().keys()) yield [id, id];
  }
  override [Symbol.iterator](): SetIterator<string> {
    return this.#source().keys();
  }
  override forEach(callback: (value: string, key: string, set: Set<string>) => void, thisArg?: unknown): void {
    for (const id of this.#source().keys()) callback.call(thisArg, id, id, this);
  }
  override add(): never {
    throw readOnly();
  }
  override delete(): never {
    throw readOnly();
  }
  override clear(): never {
    throw readOnly();
  }
  [INSPECT](): Set<string> {
    return new Set(this.#source().keys());
  }
}

function readOnly(): TypeError {
  return new TypeError(
    'adapter.rooms and adapter.sids are views: use socket.join(), socket.leave() or io.in(room).socketsLeave()',
  );
}
