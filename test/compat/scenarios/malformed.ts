import type { Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';

type Packet = string | Buffer;

/**
 * Sends each sequence on a session of its own, and an event behind it. A session that survives hears the event; of one
 * that does not, the end is recorded as both sides see it.
 */
async function judge(context: Context, sequences: Packet[][]): Promise<void> {
  const io = await context.server();
  for (const sequence of sequences) {
    const channel = name(sequence);
    const judged = new Promise<boolean>((resolve) => {
      io.removeAllListeners('connection');
      io.on('connection', (socket) => {
        socket.onAny((...args) => {
          if (args[0] === 'alive') resolve(true);
          else context.record(channel, 'event', ...args);
        });
        socket.on('disconnect', (reason) => {
          context.record(channel, 'disconnect', reason);
          resolve(false);
        });
      });
    });
    const [peer] = await context.joinedPeer(io);
    const next = peer.receive();
    await peer.send(...sequence, '42["alive"]');
    if (await context.bounded(judged, `the verdict on ${channel}`)) {
      context.record(channel, 'alive');
      for (const socket of io.sockets.sockets.values()) socket.removeAllListeners('disconnect').disconnect(true);
      await next;
    } else {
      context.record(channel, 'end', await next);
    }
  }
}

function name(sequence: Packet[]): string {
  return sequence.map((packet) => (typeof packet === 'string' ? packet : `<${packet.toString('hex')}>`)).join(' + ');
}

export const scenarios: Scenario[] = [
  {
    name: 'packets of no known type',
    touches: ['Socket event:disconnect'],
    run: (context) => judge(context, [['47'], ['49["x"]'], ['4x'], ['4 '], ['4"'], ['4-1'], ['4{}']]),
  },
  {
    name: 'events without a proper payload',
    touches: ['Socket event:disconnect'],
    run: (context) =>
      judge(context, [
        ['42'],
        ['42{}'],
        ['42[]'],
        ['42""'],
        ['421'],
        ['42null'],
        ['42[null]'],
        ['42[{}]'],
        ['42[[]]'],
        ['42[true]'],
        ['42[1.5,2]'],
      ]),
  },
  {
    name: 'events that are not JSON',
    touches: ['Socket event:disconnect'],
    run: (context) =>
      judge(context, [
        ['42["x"'],
        ['42["x",]'],
        ["42['x']"],
        ['42["x"]]'],
        ['42["x" "y"]'],
        ['42[undefined]'],
        ['42["\u0000"]'],
        ['42 ["x"]'],
        ['42["x"] '],
      ]),
  },
  {
    name: 'reserved names from the wire',
    touches: ['Socket event:disconnect'],
    run: (context) =>
      judge(context, [
        ['42["connect"]'],
        ['42["connect_error"]'],
        ['42["disconnect"]'],
        ['42["disconnecting"]'],
        ['42["newListener"]'],
        ['42["removeListener"]'],
        ['42["error","x"]'],
        ['42["__proto__"]'],
        ['42["toString"]'],
      ]),
  },
  {
    name: 'acks without a proper payload',
    touches: ['Socket event:disconnect'],
    run: (context) =>
      judge(context, [
        ['43'],
        ['430'],
        ['430{}'],
        ['430""'],
        ['430["x"]'],
        ['43["no id"]'],
        ['439999999999["x"]'],
        ['430['],
      ]),
  },
  {
    name: 'packets that only a server sends',
    touches: ['Socket event:disconnect'],
    run: (context) => judge(context, [['44{"message":"x"}'], ['44"x"'], ['44'], ['44[]']]),
  },
  {
    name: 'a second CONNECT, with and without sense',
    touches: ['Socket event:disconnect'],
    run: (context) => judge(context, [['40'], ['40{}'], ['40[]'], ['40"x"'], ['40null'], ['401'], ['40{"a":']]),
  },
  {
    name: 'a DISCONNECT with a payload',
    touches: ['Socket event:disconnect'],
    run: (context) => judge(context, [['41{}'], ['41"x"'], ['41[]']]),
  },
  {
    name: 'packets for a namespace that was not joined',
    touches: ['Socket event:disconnect'],
    run: (context) =>
      judge(context, [['42/chat,["x"]'], ['41/chat,'], ['43/chat,0[]'], ['42/["x"]'], ['42/chat'], ['42/,["x"]']]),
  },
  {
    name: 'attachments that do not come as announced',
    touches: ['Socket event:disconnect'],
    run: (context) =>
      judge(context, [
        ['451-["x",{"_placeholder":true,"num":0}]', '42["text in the middle"]'],
        [Buffer.from([1, 2])],
        ['450-["x"]'],
        ['451-["x",{"_placeholder":true,"num":1}]', Buffer.from([1])],
        ['451-["x",{"_placeholder":true,"num":-1}]', Buffer.from([1])],
        ['451-["x",{"_placeholder":true,"num":0.5}]', Buffer.from([1])],
        ['451-["x",{"_placeholder":true,"num":"0"}]', Buffer.from([1])],
        ['451-["x",{"_placeholder":true,"num":"splice"}]', Buffer.from([1])],
        ['451-["x",{"_placeholder":true}]', Buffer.from([1])],
        ['451-["x"]', Buffer.from([1])],
        ['451-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]', Buffer.from([1])],
        ['451-["x",{"_placeholder":false,"num":0}]', Buffer.from([1])],
      ]),
  },
  {
    name: 'numbers of attachments that make no sense',
    touches: ['Socket event:disconnect'],
    run: (context) =>
      judge(context, [
        ['45-["x"]'],
        ['45["x"]'],
        ['45x-["x"]'],
        ['45-1-["x"]'],
        ['451e1-["x"]'],
        ['4511-["x"]'],
        ['45999999999-["x"]'],
        ['451'],
        ['45'],
      ]),
  },
  {
    name: 'binary acks that do not come as announced',
    touches: ['Socket event:disconnect'],
    run: (context) =>
      judge(context, [
        ['460-0[]'],
        ['461-0[{"_placeholder":true,"num":5}]', Buffer.from([1])],
        ['461-7[{"_placeholder":true,"num":0}]', Buffer.from([1])],
        ['461-[]', Buffer.from([1])],
      ]),
  },
  {
    name: 'what may stand before the first CONNECT',
    touches: ['Server event:connection'],
    async run(context) {
      const io = await context.server();
      for (const packet of ['42["x"]', '41', '430[]', '40[]', '40"x"', '40null', '401', '40/chat', '44', 'x', '4']) {
        const peer = await context.peer(io);
        const next = peer.receive();
        await peer.send(packet);
        context.record('peer', packet, await next);
      }
    },
  },
  {
    name: 'names of namespaces from the wire',
    touches: ['Server.of'],
    async run(context) {
      const io = await context.server();
      for (const name of ['/', '//', '/__proto__', '/constructor', '/a,b', '/?x=1', '/é', `/${'a'.repeat(500)}`]) {
        const peer = await context.peer(io);
        await peer.send(`40${name},`);
        context.record('peer', name.slice(0, 20), await peer.receive());
      }
    },
  },
  {
    name: 'one bad client does not hurt the others',
    touches: ['Server.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('good', client);
      const [bad] = await context.joinedPeer(io);
      const end = bad.receive();
      await bad.send('42{');
      context.record('bad', 'end', await end);
      io.emit('still here');
      await context.delivered(socket, client);
    },
  },
];
