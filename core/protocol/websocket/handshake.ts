import { hash } from 'node:crypto';

/** The parts of a request that matter here. */
export interface UpgradeRequest {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/**
 * Whether this is a valid WebSocket handshake with nothing to negotiate: no subprotocol, and no extension that we would
 * take. Source: RFC 6455 §4.2.1.
 *
 * @param takesExtensions whether permessage-deflate is on.
 */
export function isPlainHandshake({ method, headers }: UpgradeRequest, takesExtensions: boolean): boolean {
  const { upgrade } = headers;
  return (
    method === 'GET' &&
    (upgrade === 'websocket' || (typeof upgrade === 'string' && upgrade.toLowerCase() === 'websocket')) &&
    headers['sec-websocket-version'] === '13' &&
    KEY.test(headers['sec-websocket-key'] as string) &&
    headers['sec-websocket-protocol'] === undefined &&
    !(takesExtensions && headers['sec-websocket-extensions'] !== undefined)
  );
}

/** The value of `Sec-WebSocket-Accept`. Source: RFC 6455 §4.2.2. */
export function acceptKey(key: string): string {
  return hash('sha1', key + GUID, 'base64');
}
