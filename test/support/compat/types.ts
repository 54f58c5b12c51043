import type { Context } from './context.js';

/** How a client reaches the server: one transport only, or from polling to WebSocket. */
export type Mode = 'polling' | 'websocket' | 'upgrade';

export const allModes: readonly Mode[] = ['polling', 'websocket', 'upgrade'];

/** A server package under test; the type of the official package is the contract. */
export interface ServerImplementation {
  readonly name: string;
  readonly module: typeof import('socket.io');
  /** What a program that calls the package itself, without `new`, gets hold of. */
  readonly callable: (...args: unknown[]) => InstanceType<typeof import('socket.io').Server>;
}

/** A client package under test; the type of the official package is the contract. */
export interface ClientImplementation {
  readonly name: string;
  readonly module: typeof import('socket.io-client');
}

export interface Pair {
  readonly server: ServerImplementation;
  readonly client: ClientImplementation;
}

/**
 * One piece of behaviour, written once and run over every pair and mode. What an application can observe is
 * handed to `context.record`; two implementations agree when their records are equal.
 */
export interface Scenario {
  readonly name: string;
  /** The modes in which it makes sense; all of them by default. */
  readonly modes?: readonly Mode[];
  /**
   * What it observes depends on who is faster, a time in the options or the parties. It takes its times from
   * `context.time`: when the records differ, the machine may have been too slow, and they are compared again with four and
   * with sixteen times as much time. What differs then, too, is a difference.
   */
  readonly timed?: boolean;
  /** The public members it exercises, as `members.ts` spells them. */
  readonly touches: readonly string[];
  run(context: Context): Promise<void>;
}

/** What a run recorded: one line per observation, in order, for each channel (an actor of the scenario). */
export type Records = Record<string, string[]>;
