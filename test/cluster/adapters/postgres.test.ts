import { createAdapter } from '@socket.io/postgres-adapter';
import { Pool } from 'pg';
import { type AdapterCluster, type Library, startNode } from '../../contract/adapter/node.js';
import { adapterContract } from '../../contract/adapter/suite.js';
import { startPostgres } from '../../support/servers/index.js';

const TABLE = `CREATE TABLE socket_io_attachments (
  id bigserial UNIQUE, created_at timestamptz DEFAULT now(), payload bytea
)`;

/** Servers around one PostgreSQL, each with a pool of its own. */
async function overPostgres(libraries: Library[]): Promise<AdapterCluster> {
  const postgres = await startPostgres();
  // One connection listens. With more than one to send, what is sent may be overtaken by what is sent after it.
  const pools = libraries.map(() => new Pool({ connectionString: postgres.url, max: 2 }));
  for (const pool of pools) pool.on('error', () => {});
  await pools[0]!.query(TABLE);
  const nodes = await Promise.all(
    libraries.map((library, i) => startNode(library, { adapter: createAdapter(pools[i]!) })),
  );
  return {
    nodes: [...nodes],
    async stop() {
      await Promise.all(nodes.map((node) => node.close()));
      await Promise.all(pools.map((pool) => pool.end()));
      await postgres.stop();
    },
  };
}

const traits = { official: true, largeMayLag: true };

adapterContract('@socket.io/postgres-adapter', () => overPostgres(['carillon', 'carillon', 'carillon']), traits);
adapterContract('@socket.io/postgres-adapter, mixed', () => overPostgres(['carillon', 'official', 'carillon']), traits);
