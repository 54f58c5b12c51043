import type { Activity } from './activity.js';
import type { ClientBinding } from './client-binding.js';
import type { FailureWatch } from './failure-watch.js';

/** What all clients of one application share. */
export interface Serving {
  readonly activity: Activity;
  /** Clients that gateways have heard of, and have not been told to have left. */
  readonly clients: Set<ClientBinding>;
  /** `undefined` while the application has no filters that answer clients themselves. Global ones may still come. */
  readonly failures: FailureWatch | undefined;
  /** Whether `Invocation.succeed()` is called for each success. */
  readonly isSuccessMarked: boolean;
  /** Milliseconds that messages wait for `handleConnection`. */
  readonly handleConnectionTimeout: number;
  /** Bytes of messages of one client that wait for it. */
  readonly maxPendingBytes: number;
}
