// The adapters of the ecosystem fit the options as they are.
import { createAdapter as createClusterAdapter } from '@socket.io/cluster-adapter';
import { createAdapter as createPostgresAdapter } from '@socket.io/postgres-adapter';
import { createAdapter, createShardedAdapter, type RedisAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { createClient } from 'redis';
import { Adapter } from 'socket.io-adapter';
import { Server, type ServerOptions } from '../../../core/index.js';

const publish = new Redis();
const subscribe = publish.duplicate();
const client = createClient();

new Server({ adapter: createAdapter(publish, subscribe) });
new Server(3000, { adapter: createAdapter(client, client.duplicate(), { key: 'chat' }) });
new Server({ adapter: createShardedAdapter(client, client.duplicate(), { subscriptionMode: 'dynamic' }) });
new Server({ adapter: createPostgresAdapter(new Pool()) });
new Server({ adapter: createClusterAdapter() });
new Server({ adapter: Adapter });

const options: Partial<ServerOptions> = {
  adapter: createStreamsAdapter(client),
  connectionStateRecovery: { maxDisconnectionDuration: 60_000 },
};
const io = new Server(options);
io.adapter(createAdapter(publish, subscribe));

const adapter: RedisAdapter = io.of('/').adapter as unknown as RedisAdapter;
adapter.allRooms().then((rooms: Set<string>) => rooms.size);
