// Others who serve WebSockets on the same HTTP server: each is used as its documentation says, whoever came first.
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve, upgradeWebSocket } from '@hono/node-server';
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { createClient } from 'graphql-ws';
import { useServer as serveGraphqlOn } from 'graphql-ws/use/ws';
import { Hono } from 'hono';
import { WebSocket, WebSocketServer } from 'ws';
import { Server } from '../../core/index.js';
import { bounded, once } from '../support/compat/wait.js';
import { cleanUp, connected, defer } from '../support/fastify.js';

afterEach(cleanUp);

const addressOf = (server: HttpServer) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function attach(server: HttpServer): Server {
  const io = new Server(server);
  io.on('connection', (socket) => socket.on('echo', (value, answer) => answer(value)));
  return io;
}

async function expectCarillon(url: string): Promise<void> {
  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    const socket = await connected(url, { transports });
    expect(await socket.timeout(60_000).emitWithAck('echo', transports)).toEqual(transports);
  }
}

describe.each(['before', 'after'])('that came %s carillon:', (when) => {
  it('graphql-ws', async () => {
    const server = createServer();
    const schema = new GraphQLSchema({
      query: new GraphQLObjectType({
        name: 'Query',
        fields: { hello: { type: GraphQLString, resolve: () => 'world' } },
      }),
    });
    // With a path, this one answers every upgrade it sees that is not its own with 400.
    const serveGraphql = () => serveGraphqlOn({ schema }, new WebSocketServer({ server, path: '/graphql' }));
    if (when === 'before') serveGraphql();
    const io = attach(server);
    if (when === 'after') serveGraphql();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    defer(() => io.close());
    const url = addressOf(server);
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    defer(() => client.dispose());
    const result = client.iterate({ query: '{ hello }' }).next();
    expect((await bounded(result, 'the answer of GraphQL')).value).toEqual({ data: { hello: 'world' } });
    await expectCarillon(url);
  });

  it('upgradeWebSocket of Hono', async () => {
    const app = new Hono();
    app.get(
      '/ws',
      upgradeWebSocket(() => ({ onMessage: (event, peer) => peer.send(`hono: ${event.data}`) })),
    );
    // Hono makes the server and listens for upgrades in one; carillon may be first only to hear of them.
    const websocket = { server: new WebSocketServer({ noServer: true }) };
    let io: Server | undefined;
    const server = serve({
      fetch: app.fetch,
      port: 0,
      hostname: '127.0.0.1',
      websocket,
      createServer: ((...args: Parameters<typeof createServer>) => {
        const made = createServer(...args);
        if (when === 'after') io = attach(made);
        return made;
      }) as typeof createServer,
    }) as HttpServer;
    await once(server, 'listening');
    io ??= attach(server);
    defer(() => io?.close());
    const url = addressOf(server);
    const peer = new WebSocket(`${url.replace('http', 'ws')}/ws`);
    defer(() => peer.terminate());
    await once(peer, 'open');
    const answer = once(peer, 'message');
    peer.send('hi');
    expect(String((await answer)[0])).toBe('hono: hi');
    await expectCarillon(url);
  });
});

it('an upgrade that nobody answers does not hold up the end', async () => {
  const server = createServer();
  // It would be ended after this time, were there no end of the server.
  const io = new Server(server, { destroyUpgradeTimeout: 60_000 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // In front of carillon's, and gone before it: whoever stays would be somebody who may answer.
  const upgraded = new Promise((resolve) => server.prependOnceListener('upgrade', resolve));
  const peer = new WebSocket(`${addressOf(server).replace('http', 'ws')}/nobody`);
  const refused = once(peer, 'error');
  await bounded(
    upgraded.then(() => io.close()),
    'the end',
  );
  expect(String((await refused)[0])).toContain('socket hang up');
});
