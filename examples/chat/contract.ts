// What the server and the page say to each other. Both import this file, so a change that breaks one breaks the build.

/** Both sides keep these limits: the page to be helpful, the server because a page can be anyone's. */
export const limits = {
  /** Characters of a nickname and of a room's name. */
  name: 20,
  /** Characters of a message. */
  text: 2_000,
  /** Bytes of a picture. */
  picture: 400_000,
  /** Pixels of a picture's longer side. */
  pictureSide: 1_600,
} as const;

export interface Person {
  /** Stays the same when a person reconnects or reloads the page. */
  id: string;
  nickname: string;
}

export interface Picture {
  /** A Buffer on the server, an ArrayBuffer in the page: binary all the way, never base64. */
  bytes: Uint8Array<ArrayBuffer> | ArrayBuffer;
  type: 'image/jpeg' | 'image/png';
  width: number;
  height: number;
}

export interface Message {
  /** Chosen by the sender, so that a message sent twice (a lost answer, a reconnection) is still one message. */
  id: string;
  room: string;
  from: Person;
  /** Milliseconds since 1970, by the server's clock. */
  at: number;
  text: string;
  picture?: Picture;
}

/** What a page asks the server to pass on. The picture's type and size are read from its bytes. */
export interface Draft {
  id: string;
  room: string;
  text: string;
  picture?: Picture['bytes'];
}

export interface RoomSummary {
  name: string;
  people: number;
}

/** Every request is answered: with what was asked for, or with a reason to show. */
export type Reply<T = unknown> = ({ ok: true } & T) | { ok: false; reason: string };
type Answer<T = unknown> = (reply: Reply<T>) => void;

export interface ClientToServer {
  join(room: string, answer: Answer<{ room: string }>): void;
  say(draft: Draft, answer: Answer<{ at: number }>): void;
  /** "I have read everything up to this message." */
  seen(messageId: string, answer: Answer): void;
  typing(): void;
}

export interface ServerToClient {
  welcome(me: Person, room: string): void;
  rooms(rooms: RoomSummary[]): void;
  people(room: string, people: Person[]): void;
  message(message: Message): void;
  seen(by: Person, messageId: string): void;
  typing(by: Person): void;
}

/** What the page tells about its user when it connects. */
export interface Introduction {
  nickname: string;
  room: string;
  /** A secret made by the page. Whoever has it is the same person, so a nickname survives a reload. */
  key: string;
}

/** What the server remembers of a connection. */
export interface SocketData {
  me: Person;
  room: string;
}
