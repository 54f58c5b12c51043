// Who is where and what was said: plain data, with every bound that keeps one visitor from filling the memory.
import { Refusal } from './check.js';
import type { Message, Person, RoomSummary } from './contract.js';

const standing = ['Belfry', 'Garden', 'Workshop'];
const maxRooms = 50;
const maxPeople = 200;
const maxMessages = 100;
const maxBytes = 2_000_000;

export class Room {
  readonly name: string;
  readonly #people = new Map<string, Person>();
  readonly #messages: Message[] = [];
  #bytes = 0;

  constructor(name: string) {
    this.name = name;
  }

  get people(): Person[] {
    return [...this.#people.values()];
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  enter(socketId: string, person: Person): void {
    this.#people.set(socketId, person);
  }

  leave(socketId: string): void {
    this.#people.delete(socketId);
  }

  find(messageId: string): Message | undefined {
    return this.#messages.find((message) => message.id === messageId);
  }

  add(message: Message): void {
    this.#messages.push(message);
    this.#bytes += size(message);
    while (this.#messages.length > maxMessages || this.#bytes > maxBytes) this.#bytes -= size(this.#messages.shift()!);
  }
}

const size = (message: Message): number => message.text.length * 2 + (message.picture?.bytes.byteLength ?? 0);

/** Names that differ in case only are the same name. */
export const fold = (name: string): string => name.toLowerCase();

export class Rooms {
  readonly #rooms = new Map(standing.map((name) => [fold(name), new Room(name)]));

  get(name: string): Room | undefined {
    return this.#rooms.get(fold(name));
  }

  /** Puts a person into the room of that name, which is opened if it does not exist. */
  enter(name: string, socketId: string, person: Person): Room {
    this.check(name);
    const room = this.get(name) ?? new Room(name);
    this.#rooms.set(fold(name), room);
    room.enter(socketId, person);
    return room;
  }

  /** Throws a Refusal if one more person cannot go there. */
  check(name: string): void {
    const room = this.get(name);
    if (!room && this.#rooms.size >= maxRooms) throw new Refusal('There are enough rooms: choose one that exists.');
    if (room && room.people.length >= maxPeople) throw new Refusal('This room is full.');
  }

  /** A room somebody opened goes with the last who leaves it, and takes its history along. */
  leave(name: string, socketId: string): void {
    const room = this.get(name);
    room?.leave(socketId);
    if (room?.people.length === 0 && !standing.includes(room.name)) this.#rooms.delete(fold(name));
  }

  summaries(): RoomSummary[] {
    return [...this.#rooms.values()].map((room) => ({ name: room.name, people: room.people.length }));
  }
}
