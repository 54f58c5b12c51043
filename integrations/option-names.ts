import { OptionError, type ServerOptions } from '../core/index.js';

/** Names of all options of the server: the compiler says so when one is missing. */
export const SERVER_OPTIONS: Record<keyof ServerOptions, true> = {
  path: true,
  addTrailingSlash: true,
  serveClient: true,
  adapter: true,
  parser: true,
  connectTimeout: true,
  connectionStateRecovery: true,
  retryMemory: true,
  cleanupEmptyChildNamespaces: true,
  pingTimeout: true,
  pingInterval: true,
  upgradeTimeout: true,
  maxHttpBufferSize: true,
  allowRequest: true,
  transports: true,
  allowUpgrades: true,
  perMessageDeflate: true,
  httpCompression: true,
  wsEngine: true,
  initialPacket: true,
  cookie: true,
  cors: true,
  allowEIO3: true,
  destroyUpgrade: true,
  destroyUpgradeTimeout: true,
  maxPacketsPerPayload: true,
  maxFragments: true,
  maxAttachments: true,
  maxArguments: true,
  maxMessageBytes: true,
  maxAttachmentBytes: true,
  maxDepth: true,
  maxNamespaceLength: true,
  maxEmptyNamespaces: true,
  maxNamespacesPerConnection: true,
  maxPendingAcks: true,
  maxBufferedBytes: true,
  maxTotalBufferedBytes: true,
  maxBufferedMessages: true,
  slowConsumerPolicy: true,
  conflateBy: true,
  backpressureThreshold: true,
  flushThreshold: true,
  turnFlushThreshold: true,
  origins: true,
  maxConnectionsPerAddress: true,
  handshakeRate: true,
  clientAddress: true,
  handshakeTimeout: true,
  eventRateLimit: true,
  publishEndpoint: true,
  relaySessions: true,
};

/**
 * Refuses names that are none: nothing would happen, and nobody would know why.
 *
 * @param where what stands in front of the names in messages, such as `route.`
 * @throws OptionError that names the one that may have been meant, or all there are.
 */
export function checkNames(given: object, known: Record<string, true>, where = ''): void {
  for (const name of Object.keys(given)) {
    if (known[name]) continue;
    const similar = Object.keys(known).find((each) => isSimilar(each.toLowerCase(), name.toLowerCase()));
    const hint =
      name === 'server' || name === 'httpServer' ? 'it is attached to the server of the app you give it to' : '';
    const fix = similar ? `did you mean "${where}${similar}"?` : hint || `one of ${Object.keys(known).join(', ')}`;
    throw new OptionError(where + name, (given as Record<string, unknown>)[name], `no option of that name: ${fix}`);
  }
}

/** One letter more, less or different, or two swapped. */
function isSimilar(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  return (left.length <= 1 && right.length <= 1) || (left.length === 2 && left === right[1]! + right[0]);
}
