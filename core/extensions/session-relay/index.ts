import type { Extension } from '../../extension.js';
import { ClusterSessionRelay, type SessionRelayOptions } from './relay.js';

/** Serves polling requests that arrive at another node than the session's, over the bus: no sticky sessions are needed. */
export function sessionRelay(
  face: Pick<Extension, 'cluster' | 'connections' | 'readBody' | 'onClose'>,
  options: SessionRelayOptions,
): void {
  const relay = new ClusterSessionRelay(face, options);
  const stop = face.connections.serveForeign(relay);
  face.onClose(() => {
    stop();
    relay.close();
  });
}
