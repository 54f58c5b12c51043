// Adapters and the tools around a server.
import { instrument } from '@socket.io/admin-ui';
import { createAdapter as createClusterAdapter } from '@socket.io/cluster-adapter';
import { createAdapter as createPostgresAdapter } from '@socket.io/postgres-adapter';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { createClient } from 'redis';
import { type Namespace, Server, type ServerOptions } from 'socket.io';
import { Adapter } from 'socket.io-adapter';

const io = new Server();
const client = createClient();

//: admin-ui
instrument(io, { auth: false });
instrument(io, { auth: { type: 'basic', username: 'a', password: 'b' }, mode: 'development' });

//: admin-ui on a typed server
interface In {
  a: (n: number) => void;
}
const typed = new Server<In, In>();
instrument(typed, { auth: false });

//: redis, with ioredis
const publish = new Redis();
const subscribe = publish.duplicate();
new Server({ adapter: createAdapter(publish, subscribe) });
io.adapter(createAdapter(publish, subscribe, { requestsTimeout: 1 }));

//: redis, with node-redis
io.adapter(createAdapter(client, client.duplicate()));
io.adapter(createShardedAdapter(client, client.duplicate()));

//: streams, postgres, cluster
io.adapter(createStreamsAdapter(client));
io.adapter(createPostgresAdapter(new Pool()));
io.adapter(createClusterAdapter());

//: the base class
new Server({ adapter: Adapter });
io.adapter(Adapter);

//: a subclass
class Mine extends Adapter {
  override broadcast(packet: any, opts: any) {
    super.broadcast(packet, opts);
  }
}
new Server({ adapter: Mine });
io.adapter(Mine);

//: a function
new Server({ adapter: (nsp) => new Adapter(nsp) });
io.adapter((nsp) => new Adapter(nsp));

//: in options of one's own
const options: Partial<ServerOptions> = { adapter: createClusterAdapter() };

//: what is set
const set = io.adapter();

//: its members
const rooms: Map<string, Set<string>> = io.of('/').adapter.rooms;
const sids: Map<string, Set<string>> = io.of('/').adapter.sids;
async function count() {
  const servers: number = await io.of('/').adapter.serverCount();
}

//: the adapter of a socket's namespace
io.on('connection', (socket) => {
  const members = socket.nsp.adapter.rooms.get('room');
  const size: number = members ? members.size : 0;
});
