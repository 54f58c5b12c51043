import type { IncomingMessage } from 'node:http';

/** Tells who sent a request, when that is not the peer of the TCP connection: behind a proxy. */
export type ClientAddress = (request: IncomingMessage) => string;

/** An IPv4 address as it is, also when mapped into IPv6; of IPv6, the first 64 bits: whoever has one has all of those. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1]!;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
