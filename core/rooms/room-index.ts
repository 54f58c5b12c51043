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
  readonly rooms: Set<Room>;
  /** Number of the visit that saw this member last: deduplicates without a set per broadcast. */
  visit: number;
}

/**
 * Who is in which room. A data structure: it knows nothing of sockets or packets.
 *
 * Rooms hold memberships, not ids, so that a broadcast walks straight to its receivers.
 */
export class RoomIndex<Member> {
  readonly #rooms = new Map<Room, Map<string, Membership<Member>>>();
  readonly #memberships = new Map<string, Membership<Member>>();
  readonly #lookup: (id: string) => Member | undefined;
  readonly #observer: RoomObserver;
  #visit = 0;

  /** @param lookup finds the member of an id, or `undefined` while there is none. */
  constructor(lookup: (id: string) => Member | undefined, observer: RoomObserver) {
    this.#lookup = lookup;
    this.#observer = observer;
  }

  join(id: string, rooms: Iterable<Room>): void {
    let membership = this.#memberships.get(id);
    if (membership === undefined) {
      membership = { member: null, id, rooms: new Set(), visit: 0 };
      this.#memberships.set(id, membership);
    }
    membership.member ??= this.#lookup(id) ?? null;
    for (const room of rooms) {
      if (membership.rooms.has(room)) continue;
      membership.rooms.add(room);
      let members = this.#rooms.get(room);
      if (members === undefined) {
        members = new Map();
        this.#rooms.set(room, members);
        this.#observer.onCreate(room);
      }
      members.set(id, membership);
      this.#observer.onJoin(room, id);
    }
  }

  leave(id: string, room: Room): void {
    if (this.#memberships.get(id)?.rooms.delete(room)) this.#remove(id, room);
  }

  /** The id still has its rooms while the observer hears about each. */
  leaveAll(id: string): void {
    const membership = this.#memberships.get(id);
    if (membership === undefined) return;
    for (const room of membership.rooms) this.#remove(id, room);
    this.#memberships.delete(id);
  }

  #remove(id: string, room: Room): void {
    const members = this.#rooms.get(room);
    if (members === undefined || !members.delete(id)) return;
    this.#observer.onLeave(room, id);
    if (members.size === 0 && this.#rooms.get(room) === members) {
      this.#rooms.delete(room);
      this.#observer.onDelete(room);
    }
  }

  /** The live set of rooms of one id, or `undefined`. */
  roomsOf(id: string): Set<Room> | undefined {
    return this.#memberships.get(id)?.rooms;
  }

  /**
   * Visits every member of any of the rooms (of all rooms, when there are none) that is in none of `except`, each once.
   *
   * Hot path: nothing is allocated per member; a member is marked with the number of this visit instead.
   */
  each(rooms: ReadonlySet<Room>, except: ReadonlySet<Room> | undefined, visitor: (member: Member) => void): void {
    const visit = ++this.#visit;
    if (except !== undefined && except.size > 0) {
      for (const room of except) {
        const members = this.#rooms.get(room);
        if (members !== undefined) for (const membership of members.values()) membership.visit = visit;
      }
    }
    if (rooms.size === 0) {
      for (const membership of this.#memberships.values()) visitOnce(membership, visit, visitor);
      return;
    }
    for (const room of rooms) {
      const members = this.#rooms.get(room);
      if (members !== undefined) for (const membership of members.values()) visitOnce(membership, visit, visitor);
    }
  }

  has(room: Room): boolean {
    return this.#rooms.has(room);
  }

  /** Live, read-only view as applications know it: room → ids. */
  get rooms(): Map<Room, Set<string>> {
    return new MapView(this.#rooms, (members) => new SetView(members));
  }

  /** Live, read-only view as applications know it: id → rooms. */
  get sids(): Map<string, Set<Room>> {
    return new MapView(this.#memberships, (membership) => membership.rooms);
  }
}

function visitOnce<Member>(membership: Membership<Member>, visit: number, visitor: (member: Member) => void): void {
  if (membership.visit === visit) return;
  membership.visit = visit;
  if (membership.member !== null) visitor(membership.member);
}

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** A `Map` whose content is somebody else's map, converted on the way out. */
class MapView<Key, Source, Value> extends Map<Key, Value> {
  readonly #source: ReadonlyMap<Key, Source>;
  readonly #convert: (source: Source) => Value;

  constructor(source: ReadonlyMap<Key, Source>, convert: (source: Source) => Value) {
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
    return source === undefined ? undefined : this.#convert(source);
  }
  override keys(): MapIterator<Key> {
    return this.#source.keys();
  }
  override *values(): MapIterator<Value> {
    for (const source of this.#source.values()) yield this.#convert(source);
  }
  override *entries(): MapIterator<[Key, Value]> {
    for (const [key, source] of this.#source) yield [key, this.#convert(source)];
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

/** A `Set` whose content is the keys of somebody else's map. */
class SetView extends Set<string> {
  readonly #source: ReadonlyMap<string, unknown>;

  constructor(source: ReadonlyMap<string, unknown>) {
    super();
    this.#source = source;
  }

  override get size(): number {
    return this.#source.size;
  }
  override has(id: string): boolean {
    return this.#source.has(id);
  }
  override keys(): SetIterator<string> {
    return this.#source.keys();
  }
  override values(): SetIterator<string> {
    return this.#source.keys();
  }
  override *entries(): SetIterator<[string, string]> {
    for (const id of this.#source.keys()) yield [id, id];
  }
  override [Symbol.iterator](): SetIterator<string> {
    return this.#source.keys();
  }
  override forEach(callback: (value: string, key: string, set: Set<string>) => void, thisArg?: unknown): void {
    for (const id of this.#source.keys()) callback.call(thisArg, id, id, this);
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
    return new Set(this.#source.keys());
  }
}

function readOnly(): TypeError {
  return new TypeError(
    'adapter.rooms and adapter.sids are views: use socket.join(), socket.leave() or io.in(room).socketsLeave()',
  );
}
