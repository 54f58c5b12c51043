/** The kinds of messages between nodes. */
export enum Kind {
  ANNOUNCE = 1,
  REQUEST = 2,
  ANSWER = 3,
  BROADCAST = 4,
  JOIN = 5,
  LEAVE = 6,
  DISCONNECT = 7,
  SERVER_SIDE_EMIT = 8,
}

export enum Announcement {
  /** I am new: who is there? */
  HELLO = 1,
  /** I am here. */
  BEAT = 2,
  /** I go. */
  BYE = 3,
}

export enum AnswerStatus {
  /** The answer. */
  DONE = 0,
  /** A part of it; more follows. */
  PART = 1,
  /** Nobody here handles such requests. */
  UNHANDLED = 2,
  /** The handler failed. */
  FAILED = 3,
}
