import type { PubSubKind } from './client.js';

/** What decides about the shard of a channel: the part in braces, with them; `''` when there is none. */
export function hashTagOf(channel: string): string {
  const start = channel.indexOf('{');
  const end = start < 0 ? -1 : channel.indexOf('}', start + 1);
  return end > start + 1 ? channel.slice(start, end + 1) : '';
}

/** Groups channels that one command can be about. */
export function groupByShard(channels: readonly string[], kind: PubSubKind): string[][] {
  if (kind !== 'sharded') return [[...channels]];
  const groups = new Map<string, string[]>();
  for (const channel of channels) {
    const key = hashTagOf(channel) || channel;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [channel]);
    else group.push(channel);
  }
  return [...groups.values()];
}
