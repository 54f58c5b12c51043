import { OptionError } from '../../errors.js';

/** How a server takes part in a cluster, whatever the bus. */
export interface ClusterOptions {
  /** Milliseconds between two signs of life. Default 5000. */
  heartbeatInterval?: number;
  /** Milliseconds of silence after which another node counts as dead; at least twice the interval. Default 10000. */
  heartbeatTimeout?: number;
  /** Milliseconds other nodes have to answer a question, where the call does not say. Default 5000. */
  requestTimeout?: number;
  /**
   * Whether the room that every socket has for itself gets a channel, so that `io.to(id).emit()` is heard by its node
   * only. Costs a subscription per client; all nodes must do the same. Default `true`.
   */
  subscribeToSocketIds?: boolean;
}

export type ResolvedClusterOptions = Readonly<Required<ClusterOptions>>;

/** @throws OptionError when an option cannot work. */
export function resolveClusterOptions(options: ClusterOptions = {}): ResolvedClusterOptions {
  const { subscribeToSocketIds = true } = options;
  const heartbeatInterval = milliseconds('heartbeatInterval', options.heartbeatInterval, 5000);
  const heartbeatTimeout = milliseconds('heartbeatTimeout', options.heartbeatTimeout, 2 * heartbeatInterval);
  const requestTimeout = milliseconds('requestTimeout', options.requestTimeout, 5000);
  if (heartbeatTimeout < 2 * heartbeatInterval) {
    throw new OptionError(
      'heartbeatTimeout',
      heartbeatTimeout,
      `at least twice heartbeatInterval (${heartbeatInterval})`,
    );
  }
  if (typeof subscribeToSocketIds !== 'boolean') {
    throw new OptionError('subscribeToSocketIds', subscribeToSocketIds, 'true or false');
  }
  return Object.freeze({ heartbeatInterval, heartbeatTimeout, requestTimeout, subscribeToSocketIds });
}

function milliseconds(option: string, value: unknown, byDefault: number): number {
  if (value === undefined) return byDefault;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 1) {
    throw new OptionError(option, value, 'a number of milliseconds, at least 1');
  }
  return value;
}
