import { getHeapStatistics } from 'node:v8';
import type { BacklogLimits, SlowConsumerPolicy } from '../engine/backlog.js';
import { type ConflateBy, droppableKeys } from '../protocol/droppable.js';
import { anything, callback, checkAll, oneOf, positive, type Table, time } from './check.js';

/** What the engine takes: how connections live, and what may wait for them. */
export interface EngineSettings {
  /** Milliseconds without an answer to a ping after which a connection is over. @default 20000 */
  pingTimeout?: number;
  /** Milliseconds between a pong and the next ping. @default 25000 */
  pingInterval?: number;
  /** Milliseconds an upgrade may take. @default 10000 */
  upgradeTimeout?: number;
  /** Sent to every client right behind the handshake. */
  initialPacket?: any;

  /** Bytes that may wait for one connection whose client reads slowly. @default 100000000 */
  maxBufferedBytes?: number;
  /**
   * Bytes that may wait for all connections together, with what has not arrived whole and what is kept for clients that are
   * away. Beyond, those that hold most are closed (`slow consumer`), or forgotten, first. @default a quarter of V8's heap limit
   */
  maxTotalBufferedBytes?: number;
  /** Messages that may wait for one connection. @default 1000000 */
  maxBufferedMessages?: number;
  /**
   * What happens when more waits: `close` the connection (`slow consumer`), drop the oldest or the newest events, or keep
   * of each kind of event the newest only (`conflate`). Answers and what belongs to the protocol are never dropped: a
   * connection with too much of it is closed. @default "close"
   */
  slowConsumerPolicy?: SlowConsumerPolicy;
  /** With `conflate`: what makes two events the same kind. @default the name of the event */
  conflateBy?: ConflateBy;
  /** Bytes waiting for one connection from which `backpressure` is emitted. @default 1000000 */
  backpressureThreshold?: number;
  /**
   * Bytes sent to one connection in one turn of the event loop from which on they are written, or judged by
   * `slowConsumerPolicy`, at once instead of at the end of the turn. @default 1000000
   */
  flushThreshold?: number;
  /** The same for all connections together; what many of them receive counts once. @default 16000000 */
  turnFlushThreshold?: number;
}

export interface ResolvedEngineSettings {
  readonly pingTimeout: number;
  readonly pingInterval: number;
  readonly upgradeTimeout: number;
  readonly initialPacket: any;
  readonly backlogLimits: BacklogLimits;
  readonly maxTotalBufferedBytes: number;
}

const POLICIES: readonly SlowConsumerPolicy[] = ['close', 'drop-oldest', 'drop-newest', 'conflate'];

const table = {
  pingTimeout: time(20_000),
  pingInterval: time(25_000),
  upgradeTimeout: time(10_000),
  initialPacket: anything(),
  maxBufferedBytes: positive(100_000_000),
  maxTotalBufferedBytes: positive(Math.floor(getHeapStatistics().heap_size_limit / 4)),
  maxBufferedMessages: positive(1_000_000),
  slowConsumerPolicy: oneOf(POLICIES, 'close'),
  conflateBy: callback<ConflateBy>('(event, args, namespace) => key'),
  backpressureThreshold: positive(1_000_000),
  flushThreshold: positive(1_000_000),
  turnFlushThreshold: positive(16_000_000),
} satisfies Table<EngineSettings>;

export function resolveEngineSettings(given: EngineSettings): ResolvedEngineSettings {
  const checked = checkAll(table, given);
  return {
    pingTimeout: checked.pingTimeout,
    pingInterval: checked.pingInterval,
    upgradeTimeout: checked.upgradeTimeout,
    initialPacket: checked.initialPacket,
    maxTotalBufferedBytes: checked.maxTotalBufferedBytes,
    backlogLimits: Object.freeze({
      maxBytes: checked.maxBufferedBytes,
      maxMessages: checked.maxBufferedMessages,
      pressureBytes: checked.backpressureThreshold,
      flushBytes: checked.flushThreshold,
      turnFlushBytes: checked.turnFlushThreshold,
      policy: checked.slowConsumerPolicy,
      keyOf: droppableKeys(checked.conflateBy),
    }),
  };
}
