/**
 * Types of events: an interface whose keys are event names and whose values are listeners. The same interface serves
 * both sides: what one side emits is what the other listens to.
 */
export interface EventsMap {
  [event: string]: any;
}

/** The map that is used when none is given: every name, any arguments. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

/** The names of an event map. */
export type EventNames<Events extends EventsMap> = keyof Events & (string | symbol);

/** The arguments of an event's listener, the acknowledgement callback included. */
export type EventParams<Events extends EventsMap, Event extends EventNames<Events>> = Parameters<Events[Event]>;

/** Events whose last argument is an acknowledgement, which may be optional. */
export type EventNamesWithAck<Events extends EventsMap> = {
  [Event in EventNames<Events>]: Events[Event] extends (...args: infer Params) => any
    ? Params extends []
      ? never
      : Last<Params> extends (...args: any[]) => any
        ? Event
        : never
    : never;
}[EventNames<Events>];

/** What `send()` takes: the arguments of the `message` event, if there is one in the map. */
export type MessageParams<Events extends EventsMap> = 'message' extends keyof Events
  ? Parameters<Events['message']>
  : any[];

/** The listener of a reserved or user event. */
export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Event extends EventNames<Reserved> | EventNames<User>,
> = FallbackToUntyped<
  Event extends EventNames<Reserved> ? Reserved[Event] : Event extends EventNames<User> ? User[Event] : never
>;

// A generic event name makes the conditional type above `never`: such code gets an untyped listener instead of an error.
type FallbackToUntyped<T> = [T] extends [never] ? (...args: any[]) => void | Promise<void> : T;

// An acknowledgement may be optional: it is the last parameter all the same.
export type Last<T extends any[]> = Required<T> extends [...infer _Head, infer Tail] ? Tail : any;
export type AllButLast<T extends any[]> = T extends [...infer Head, infer _Tail]
  ? Head
  : Required<T> extends [...infer Head, infer _Tail]
    ? Head
    : any[];
export type FirstArg<T> = T extends (...args: infer Params) => any ? (Params extends [] ? undefined : Params[0]) : any;

declare const acknowledgement: unique symbol;

/**
 * An acknowledgement callback behind `timeout()`: called with `null` and the answer, or with the error alone.
 *
 * The brand keeps the undecorated callback, for `timeout(…).emitWithAck()`, which resolves with the answer. A callback
 * whose first parameter is annotated as `Error` is accepted too, as it is by Socket.IO's types.
 */
export type TimedAcknowledgement<Params extends any[], Result> = {
  bivariant(error: Error | null, ...args: Params): Result;
}['bivariant'] & { readonly [acknowledgement]?: (...args: Params) => Result };

// An acknowledgement may be optional: it is decorated all the same.
type DecorateParams<Params extends any[]> = {
  [Index in keyof Params]: DecorateParam<Exclude<Params[Index], undefined>, Params[Index]>;
};

type DecorateParam<Callback, Param> = [Callback] extends [never]
  ? Param
  : Callback extends (...args: infer AckParams) => infer Result
    ? TimedAcknowledgement<AckParams, Result>
    : Param;

/** An event map whose acknowledgement callbacks get an error first: what `timeout()` makes of `EmitEvents`. */
export type DecorateAcknowledgements<Events> = {
  [Event in keyof Events]: Events[Event] extends (...args: infer Params) => infer Result
    ? (...args: DecorateParams<Params>) => Result
    : Events[Event];
};

/** What `emitWithAck` resolves with: the first argument the other side answers with. */
export type AcknowledgedValue<Callback> = Callback extends { readonly [acknowledgement]?: infer Plain }
  ? unknown extends Plain
    ? FirstArg<Callback>
    : FirstArg<NonNullable<Plain>>
  : FirstArg<Callback>;
