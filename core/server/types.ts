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

/** Events without acknowledgement. */
export type EventNamesWithoutAck<Map extends EventsMap> = {
  [K in EventNames<Map>]: IsUntyped<Map[K]> extends true ? K : [AckOf<Map[K]>] extends [never] ? K : never;
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

type WithTimeoutError<Params extends any[]> = {
  [K in keyof Params]: Params[K] extends (...args: infer AckParams) => infer Result
    ? AckParams[0] extends Error
      ? Params[K]
      : (error: Error, ...args: AckParams) => Result
    : Params[K];
};

type WithMultipleResponses<Params extends any[]> = {
  [K in keyof Params]: Params[K] extends (...args: infer AckParams) => infer Result
    ? AckParams extends []
      ? () => Result
      : AckParams extends [Error]
        ? (error: Error) => Result
        : AckParams extends [Error, infer First, ...any[]]
          ? (error: Error, responses: First[]) => Result
          : AckParams extends [infer First, ...any[]]
            ? (responses: First[]) => Result
            : Params[K]
    : Params[K];
};

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

export type ReservedOrUserEventNames<Reserved extends EventsMap, User extends EventsMap> =
  | EventNames<Reserved>
  | EventNames<User>;

export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Ev extends ReservedOrUserEventNames<Reserved, User>,
> = ListenerOrAny<Ev extends EventNames<Reserved> ? Reserved[Ev] : Ev extends EventNames<User> ? User[Ev] : never>;

type ListenerOrAny<T> = [T] extends [never] ? (...args: any[]) => void | Promise<void> : T;

type Untyped =
  | typeof EventEmitter.captureRejectionSymbol
  | 'on'
  | 'once'
  | 'off'
  | 'emit'
  | 'addListener'
  | 'removeListener'
  | 'removeAllListeners'
  | 'prependListener'
  | 'prependOnceListener'
  | 'listeners'
  | 'rawListeners'
  | 'listenerCount'
  | 'eventNames'
  | 'setMaxListeners';

/** An `EventEmitter` with typed events: those it hears (`Listen`), sends (`Emit`), and its own (`Reserved`). */
export interface TypedEmitter<Listen extends EventsMap, Emit extends EventsMap, Reserved extends EventsMap = {}>
  extends Omit<EventEmitter, Untyped> {
  /** Adds a listener. */
  on<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    event: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  /** Adds a listener that is called once. */
  once<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    event: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  /** The same as `on`. */
  addListener<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    event: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  /** Adds a listener ahead of the others. */
  prependListener<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    event: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  /** Adds a listener ahead of the others that is called once. */
  prependOnceListener<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    event: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  /** Removes a listener. */
  off(event: ReservedOrUserEventNames<Reserved, Listen>, listener: (...args: any[]) => void): this;
  /** The same as `off`. */
  removeListener(event: ReservedOrUserEventNames<Reserved, Listen>, listener: (...args: any[]) => void): this;
  /** Removes the listeners of an event, or all. */
  removeAllListeners(event?: ReservedOrUserEventNames<Reserved, Listen>): this;
  /** A copy of the listeners of an event. */
  listeners<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    event: Ev,
  ): ReservedOrUserListener<Reserved, Listen, Ev>[];
  /** The same with the wrappers of `once`. */
  rawListeners(event: ReservedOrUserEventNames<Reserved, Listen>): Function[];
  /** How many listeners an event has. */
  listenerCount(event: ReservedOrUserEventNames<Reserved, Listen>, listener?: Function): number;
  /** Events that have listeners. */
  eventNames(): (string | symbol)[];
  /** How many listeners an event may have before Node warns of a leak. */
  setMaxListeners(count: number): this;
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
