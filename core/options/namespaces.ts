import { OptionError } from '../errors.js';
import {
  type Checked,
  checkAll,
  flag,
  group,
  isAbsent,
  number,
  offUnlessGiven,
  positive,
  type Table,
  time,
} from './check.js';

/** Makes the adapter of a namespace: a class, or a function such as `createAdapter()` of an adapter's package returns. */
export type AdapterConstructor = (new (namespace: any) => object) | ((namespace: any) => object);

/** What namespaces and sockets take. */
export interface NamespaceSettings {
  /** Makes the adapter of each namespace: a class, or a function. @default the in-memory adapter */
  adapter?: AdapterConstructor | undefined;
  /** Milliseconds a client has to join its first namespace. @default 45000 */
  connectTimeout?: number;
  /** Keeps the sessions of clients that lost their connection, for a while. @default off */
  connectionStateRecovery?: ConnectionStateRecoveryOptions;
  /** Whether namespaces made by a pattern go away with their last socket. @default false */
  cleanupEmptyChildNamespaces?: boolean;
  /**
   * Namespaces made by a pattern for clients that nobody is in any more, and that are kept nevertheless, because
   * `cleanupEmptyChildNamespaces` is off: beyond this, those that are empty for longest go. @default 10000
   */
  maxEmptyNamespaces?: number;
  /** Namespaces one connection may be in. @default 256 */
  maxNamespacesPerConnection?: number;
  /** Acknowledgements one socket may have outstanding. @default 65536 */
  maxPendingAcks?: number;
}

export interface ConnectionStateRecoveryOptions {
  /** Milliseconds a session is kept after the connection was lost. @default 120000 */
  maxDisconnectionDuration?: number;
  /** Whether a recovered socket skips the middlewares of its namespace. @default true */
  skipMiddlewares?: boolean;
  /** Bytes of missed events kept per namespace; the oldest go first. @default 50000000 */
  maxBytes?: number;
  /** Sessions of absent clients kept per namespace; the oldest go first. @default 100000 */
  maxSessions?: number;
}

export type ResolvedNamespaceSettings = Checked<typeof table>;

const recoveryTable = {
  maxDisconnectionDuration: positive(120_000),
  skipMiddlewares: flag(true),
  maxBytes: number(50_000_000, 0),
  maxSessions: number(100_000, 0),
} satisfies Table<ConnectionStateRecoveryOptions>;

const table = {
  adapter,
  connectTimeout: time(45_000, 0),
  connectionStateRecovery: offUnlessGiven(group(recoveryTable, 'an object')),
  cleanupEmptyChildNamespaces: flag(false),
  maxEmptyNamespaces: number(10_000, 0),
  maxNamespacesPerConnection: positive(256),
  maxPendingAcks: positive(65_536),
} satisfies Table<NamespaceSettings>;

export function resolveNamespaceSettings(given: NamespaceSettings): ResolvedNamespaceSettings {
  return checkAll(table, given);
}

function adapter(value: unknown, name: string): AdapterConstructor | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'function') throw new OptionError(name, value, 'a class or a function (namespace) => adapter');
  return value as AdapterConstructor;
}
