import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as officialServer from 'socket.io';
import * as officialClient from 'socket.io-client';
import type { ClientImplementation, Pair, ServerImplementation } from '../support/compat/types.js';

const officialCallable = createRequire(import.meta.url)('socket.io') as ServerImplementation['callable'];

/** The packages to compare; the first of each kind is the oracle. */
const servers: ServerImplementation[] = [
  { name: 'official', module: officialServer, callable: officialCallable },
  ...(await ours()),
];

const clients: ClientImplementation[] = [{ name: 'official', module: officialClient }, ...(await ourClient())];

const all: Pair[] = servers.flatMap((server) => clients.map((client) => ({ server, client })));

/** The pair whose records are right by definition. */
export const oracle = all[0]!;

/** The pairs that are held against the oracle; the oracle itself as long as there is no other. */
export const candidates: readonly Pair[] = all.length > 1 ? all.slice(1) : [oracle];

async function ours(): Promise<ServerImplementation[]> {
  if (!existsSync(new URL('../../core/index.ts', import.meta.url))) return [];
  // A variable, because the types of the official package are the contract here, not our own.
  const path = '../../core/index.js';
  const module = await import(path);
  return [{ name: 'carillon', module, callable: module.default }];
}

async function ourClient(): Promise<ClientImplementation[]> {
  if (!existsSync(new URL('../../core/client/node.ts', import.meta.url))) return [];
  const path = '../../core/client/node.js';
  return [{ name: 'carillon', module: await import(path) }];
}
