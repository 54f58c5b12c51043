import type { Socket as ClientSocket } from 'socket.io-client';
import type { Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';
import { puppet, watch } from './support.js';

const once: Scenario['modes'] = ['websocket'];

/** Records why, and how the description looks. */
function why(context: Context, client: ClientSocket): Promise<void> {
  client.on('disconnect', (reason, description) =>
    context.record('client', reason, description === undefined ? 'no description' : typeof description, client.active),
  );
  return context.recorded('client', 1);
}

/** A puppet that lets the client into its namespace and then does something. */
const onceJoined = (context: Context, then: (socket: import('ws').WebSocket) => void, handshake?: object) =>
  puppet(
    context,
    (socket) =>
      socket.on('message', (data) => {
        if (String(data) !== '40') return;
        socket.send('40{"sid":"abc"}');
        then(socket);
      }),
    handshake,
  );

export const scenarios: Scenario[] = [
  {
    name: 'client: reason, disconnected by itself',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io);
      const done = why(context, client);
      client.disconnect();
      await done;
    },
  },
  {
    name: 'client: reason, put out of the namespace',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const done = why(context, client);
      socket.disconnect();
      await done;
    },
  },
  {
    name: 'client: reason, the server closes',
    touches: [],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const done = why(context, connected.client);
      void io.close();
      await done;
    },
  },
  {
    name: 'client: reason, the manager is closed',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io);
      const done = why(context, client);
      client.io._close();
      await done;
    },
  },
  {
    name: 'client: reason, the engine is closed',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io);
      const done = why(context, client);
      client.io.engine.close();
      await done;
    },
  },
  {
    name: 'client: reason, a closing frame',
    touches: [],
    modes: once,
    async run(context) {
      await why(context, context.client(await onceJoined(context, (socket) => socket.close(1001))));
    },
  },
  {
    name: 'client: reason, no goodbye',
    touches: [],
    modes: once,
    async run(context) {
      await why(context, context.client(await onceJoined(context, (socket) => socket.terminate())));
    },
  },
  {
    name: 'client: reason, silence',
    timed: true,
    touches: [],
    modes: once,
    async run(context) {
      const server = await onceJoined(context, () => {}, {
        pingInterval: context.time(20),
        pingTimeout: context.time(20),
      });
      await why(context, context.client(server));
    },
  },
  ...[
    ['4', 'an empty message'],
    ['47', 'an unknown packet type'],
    ['42[]', 'an event without a name'],
    ['42{}', 'an event that is no array'],
    ['42["x"', 'broken JSON'],
    ['42["connect"]', 'a reserved name'],
    ['430{}', 'an answer that is no array'],
    ['451-["x",{"_placeholder":true,"num":0}]|42["y"]', 'text instead of the attachment'],
    ['45-["x"]', 'no count of attachments'],
    ['41{"a":1}', 'a goodbye with data'],
    ['40["x"]', 'a greeting that is an array'],
    ['44[1]', 'a refusal that is an array'],
  ].map(
    ([messages, name]): Scenario => ({
      name: `client: reason, ${name}`,
      touches: [],
      modes: once,
      async run(context) {
        const server = await onceJoined(context, (socket) => {
          for (const message of messages!.split('|')) socket.send(message);
        });
        await why(context, context.client(server));
      },
    }),
  ),
  {
    name: 'client: reason, binary that belongs to nothing',
    touches: [],
    modes: once,
    async run(context) {
      await why(context, context.client(await onceJoined(context, (socket) => socket.send(Buffer.from([1])))));
    },
  },
  {
    name: 'client: reason, a wrong placeholder',
    touches: [],
    modes: once,
    async run(context) {
      const server = await onceJoined(context, (socket) => {
        socket.send('451-["x",{"_placeholder":true,"num":"splice"}]');
        socket.send(Buffer.from([1]));
      });
      await why(context, context.client(server));
    },
  },
  {
    name: 'client: packets it does not mind',
    touches: [],
    modes: once,
    async run(context) {
      const harmless = ['6', '43', '42/other,["x"]', '43999[1]', '41/other,', '42["fine",1]'];
      const server = await onceJoined(context, (socket) => {
        for (const message of harmless.filter((each) => each !== '43')) socket.send(message);
      });
      const client = context.client(server);
      watch(context, client);
      client.onAny((...args) => context.record('client', ...(args as [string])));
      await context.recorded('client', 2);
    },
  },
  {
    name: 'client: the server greets a second time',
    touches: [],
    modes: once,
    async run(context) {
      const server = await onceJoined(context, (socket) => socket.send('42["end"]'));
      const client = context.client(server);
      watch(context, client);
      client.on('end', () => context.record('client', 'end', client.id));
      await context.recorded('client', 2);
    },
  },
];
