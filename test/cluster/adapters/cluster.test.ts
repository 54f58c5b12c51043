import { io } from 'socket.io-client';
import { until } from '../../contract/adapter/node.js';
import { adapterContract } from '../../contract/adapter/suite.js';
import { overWorkers } from '../support/workers/cluster.js';

const traits = { official: true };

adapterContract('@socket.io/cluster-adapter', () => overWorkers(['carillon', 'carillon', 'carillon']), traits);
adapterContract('@socket.io/cluster-adapter, mixed', () => overWorkers(['carillon', 'official', 'carillon']), traits);

describe('@socket.io/sticky', () => {
  test('brings each client back to its worker, by polling and after the upgrade, and broadcasts reach all', async () => {
    const cluster = await overWorkers(['carillon', 'carillon']);
    const url = `http://127.0.0.1:${cluster.stickyPort}`;
    const ways = [['polling'], ['polling'], ['polling', 'websocket'], ['polling', 'websocket'], ['websocket']];
    const clients = ways.map((transports) => io(url, { transports, forceNew: true, reconnection: false }));
    try {
      await Promise.all(
        clients.map(
          (client) =>
            new Promise((resolve, reject) => client.once('connect', () => resolve(0)).once('connect_error', reject)),
        ),
      );
      for (const [i, client] of clients.entries()) {
        await until(() => client.io.engine.transport.name === ways[i]!.at(-1));
      }
      const sizes = await Promise.all(cluster.nodes.map((node) => node.run((server) => server.of('/').sockets.size)));
      expect(Math.min(...sizes)).toBeGreaterThan(0);
      expect(sizes[0]! + sizes[1]!).toBe(clients.length);
      for (const node of cluster.nodes) {
        const heard = clients.map((client) => new Promise((resolve) => client.once('news', resolve)));
        await node.run((server) => void server.emit('news', 'x'.repeat(100_000)));
        expect(await Promise.all(heard)).toEqual(clients.map(() => 'x'.repeat(100_000)));
      }
      // Bodies of requests travel in pieces between the processes.
      await Promise.all(
        cluster.nodes.map((node) =>
          node.run((server) => {
            for (const socket of server.of('/').sockets.values()) {
              socket.on('length of', (text: string, answer: (length: number) => void) => answer(text.length));
            }
          }),
        ),
      );
      const lengths = await Promise.all(
        clients.map((client) => client.timeout(60_000).emitWithAck('length of', 'y'.repeat(200_000))),
      );
      expect(lengths).toEqual(clients.map(() => 200_000));
    } finally {
      for (const client of clients) client.disconnect();
      await cluster.stop();
    }
  });
});
