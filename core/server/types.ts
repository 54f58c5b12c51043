import type { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';

/** Event names and the signatures of their listeners: `{ chat: (text: string, ack: (ok: boolean) => void) => void }`. */
export interface EventsMap {
  [event: string]: any;
}

/** Any event, any arguments: what applies when no map is given. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

type IsAny<T> = 0 extends 1 & T ? true : false;
type AnyFunction = (...args: any[]) => any;

export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);
export type EventParams<Map extends EventsMap, Ev extends EventNames<Map>> = Parameters<Map[Ev]>;

export type Last<T extends readonly unknown[]> =
  Required<T> extends readonly [...unknown[], infer L] ? L : T extends readonly (infer E)[] ? E : never;
export type AllButLast<T extends any[]> = T extends [...infer Head, any] ? Head : any[];

/** What the last argument of a listener is, when that is an acknowledgement. */
type AckOf<Listener> = Listener extends (...args: infer Params) => any
  ? Params extends readonly []
    ? never
    : Extract<Last<Params>, AnyFunction>
  : never;

type IsUntyped<Listener> =
  IsAny<Listener> extends true
    ? true
    : Listener extends (...args: infer Params) => any
      ? IsAny<Params[number]> extends true
        ? true
        : false
      : false;

/** Events whose last argument is an acknowledgement. */
export type EventNamesWithAck<Map extends EventsMap> = {
  [K in EventNames<Map>]: IsUntyped<Map[K]> extends true ? K : [AckOf<Map[K]>] extends [never] ? never : K;
}[EventNames<Map>];

/** An acknowledgement that must be given; one that may be left out is none here. */
type RequiredAckOf<Listener> = Listener extends (...args: infer Params) => any
  ? Params extends readonly [...unknown[], infer Tail]
    ? Extract<Tail, AnyFunction>
    : never
  : never;

/** Events that can be sent without acknowledgement: those that have none, and those where it is optional. */
export type EventNamesWithoutAck<Map extends EventsMap> = {
  [K in EventNames<Map>]: IsUntyped<Map[K]> extends true ? K : [RequiredAckOf<Map[K]>] extends [never] ? K : never;
}[EventNames<Map>];

/** Events whose acknowledgement starts with an error: those a broadcast can wait for. */
export type EventNamesWithError<Map extends EventsMap> = {
  [K in EventNamesWithAck<Map>]: IsUntyped<Map[K]> extends true
    ? K
    : AckOf<Map[K]> extends (error: infer First, ...rest: any[]) => any
      ? First extends Error
        ? K
        : never
      : never;
}[EventNamesWithAck<Map>];

export type RemoveAcknowledgements<Map extends EventsMap> = { [K in EventNamesWithoutAck<Map>]: Map[K] };

/** What a promise for this acknowledgement resolves to: its first argument that is not an error. */
export type FirstNonErrorArg<Ack> =
  IsAny<Ack> extends true
    ? any
    : Ack extends (...args: infer Params) => any
      ? Params[0] extends Error
        ? Params[1]
        : Params[0]
      : any;

/** Each parameter; acknowledgements, also those that may be left out, get another shape. */
type WithTimeoutError<Params extends any[]> = {
  [K in keyof Params]: TimedAck<Exclude<Params[K], undefined>, Params[K]>;
};

type TimedAck<Ack, Param> = [Ack] extends [never]
  ? Param
  : Ack extends (...args: infer AckParams) => infer Result
    ? AckParams[0] extends Error
      ? Param
      : (error: Error, ...args: AckParams) => Result
    : Param;

type WithMultipleResponses<Params extends any[]> = {
  [K in keyof Params]: CollectingAck<Exclude<Params[K], undefined>, Params[K]>;
};

type CollectingAck<Ack, Param> = [Ack] extends [never]
  ? Param
  : Ack extends (...args: infer AckParams) => infer Result
    ? AckParams extends []
      ? () => Result
      : AckParams extends [Error]
        ? (error: Error) => Result
        : AckParams extends [Error, infer First, ...any[]]
          ? (error: Error, responses: First[]) => Result
          : AckParams extends [infer First, ...any[]]
            ? (responses: First[]) => Result
            : Param
    : Param;

/** With `timeout()`, acknowledgements get an error first. */
export type DecorateAcknowledgements<Map> = {
  [K in keyof Map]: Map[K] extends (...args: infer Params) => infer Result
    ? (...args: WithTimeoutError<Params>) => Result
    : Map[K];
};

/** Broadcasts collect the answers of all receivers in an array. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [K in keyof Map]: Map[K] extends (...args: infer Params) => infer Result
    ? (...args: WithMultipleResponses<Params>) => Result
    : Map[K];
};

export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [K in keyof Map]: Map[K] extends (...args: infer Params) => infer Result
    ? (...args: WithMultipleResponses<WithTimeoutError<Params>>) => Result
    : Map[K];
};

/**
 * The listener of a reserved or user event. A name that is close to `connection` without being it, on an emitter whose own
 * events may have any name, is answered with the question in the compiler's message.
 */
export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Ev extends EventNames<Reserved> | EventNames<User>,
> = ListenerOrAny<
  Ev extends EventNames<Reserved>
    ? Reserved[Ev]
    : Ev extends EventNames<User>
      ? Ev extends MisspeltConnection
        ? IfAnyName<Reserved, User, User[Ev]>
        : User[Ev]
      : never
>;

type ListenerOrAny<T> = [T] extends [never] ? (...args: any[]) => void | Promise<void> : T;

/** Slips of the pen: no program names events of its own like this. */
type MisspeltConnection =
  | 'conection'
  | 'connnection'
  | 'connecion'
  | 'connecton'
  | 'connetion'
  | 'conneciton'
  | 'connectoin'
  | 'conenction'
  | 'connectionn'
  | 'connections'
  | 'connexion'
  | 'connnect'
  | 'conect'
  | 'Connection'
  | 'onconnection'
  | 'onConnection';

type IfAnyName<Reserved, User, Listener> = 'connection' extends keyof Reserved
  ? string extends keyof User
    ? "There is no such event. Did you mean 'connection'?"
    : Listener
  : Listener;

/**
 * An `EventEmitter` with typed events: those it hears (`Listen`), sends (`Emit`), and its own (`Reserved`).
 *
 * Names are written out where they are asked for, so that a compiler that refuses one lists those there are.
 */
export interface TypedEmitter<Listen extends EventsMap, Emit extends EventsMap, Reserved extends EventsMap = {}>
  extends EventEmitter {
  /** Adds a listener. */
  on<Ev extends EventNames<Reserved> | EventNames<Listen>>(
    event: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  /** Adds a listener that is called once. */
  once<Ev extends EventNames<Reserved> | EventNames<Listen>>(
    event: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  /** The same as `on`; also for events that are in no map, such as `newListener`. */
  addListener<Ev extends EventNames<Reserved> | EventNames<Listen>>(
    event: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  addListener(event: string | symbol, listener: (...args: any[]) => void): this;
  /** Adds a listener ahead of the others. */
  prependListener<Ev extends EventNames<Reserved> | EventNames<Listen>>(
    event: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  prependListener(event: string | symbol, listener: (...args: any[]) => void): this;
  /** Adds a listener ahead of the others that is called once. */
  prependOnceListener<Ev extends EventNames<Reserved> | EventNames<Listen>>(
    event: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  prependOnceListener(event: string | symbol, listener: (...args: any[]) => void): this;
  /** A copy of the listeners of an event. */
  listeners<Ev extends EventNames<Reserved> | EventNames<Listen>>(
    event: Ev,
  ): ReservedOrUserListener<Reserved, Listen, Ev>[];
  /** Sends an event. Returns `true`. @throws Error when the name is reserved. */
  emit<Ev extends EventNames<Emit>>(event: Ev, ...args: EventParams<Emit, Ev>): boolean;
}

/** Something that sends typed events without being an emitter itself. */
export interface TypedEventBroadcaster<Emit extends EventsMap> {
  /** Sends an event. Returns `true`. @throws Error when the name is reserved. */
  emit<Ev extends EventNames<Emit>>(event: Ev, ...args: EventParams<Emit, Ev>): boolean;
}

/** An error with details for the client: `connect_error` carries them as `err.data`. */
export interface ExtendedError extends Error {
  data?: any;
}

/** What is known of the request that opened the connection. */
export interface Handshake {
  /** Headers of the request. */
  headers: IncomingHttpHeaders;
  /** When the socket was made, as a string. */
  time: string;
  /** Address of the client. */
  address: string;
  /** Whether the request carried an `Origin`. */
  xdomain: boolean;
  /** Whether the connection is encrypted. */
  secure: boolean;
  /** When the socket was made, in milliseconds since the epoch. */
  issued: number;
  /** Path and query of the request. */
  url: string;
  /** Query parameters, as an object without a prototype. */
  query: ParsedUrlQuery;
  /** What the client gave as `auth`. */
  auth: { [key: string]: any };
}

/** Name and arguments, as socket middlewares see them. */
export type Event = [event: string, ...args: any[]];
