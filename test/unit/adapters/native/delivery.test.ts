// What clients of a cluster get, against a model of one server: rooms as sets, and a look at each socket for each emit.
import fc from 'fast-check';
import { NativeAdapter } from '../../../../core/adapters/native/adapter.js';
import { Selection } from '../../../../core/rooms/selection.js';
import { connect, event, TestNamespace, type TestSocket } from '../../../support/adapter.js';
import { TestCluster } from '../../../support/cluster.js';

const NODES = 3;
const SOCKETS_PER_NODE = 2;
const ROOMS = ['red', 'green', '7', 7 as never];

interface Emit {
  kind: 'emit';
  rooms: number[];
  /** Whether to a socket's own room instead. */
  toSocket: number | null;
  except: number[];
  isLocal: boolean;
  isVolatile: boolean;
  compress: boolean;
  isBinary: boolean;
}
interface Move {
  kind: 'join' | 'leave';
  rooms: number[];
  targets: number[];
}
/** What one node does in one turn. Only the only speaker of a turn moves sockets of others: there is one order then. */
interface Turn {
  /** Sockets join or leave by themselves, before. */
  moves: { socket: number; room: number; joins: boolean }[];
  speakers: { node: number; emits: Emit[] }[];
  mover: { node: number; steps: (Emit | Move)[] } | null;
}

const room = fc.nat(ROOMS.length - 1);
const emit: fc.Arbitrary<Emit> = fc.record({
  kind: fc.constant('emit' as const),
  rooms: fc.oneof({ weight: 2, arbitrary: room.map((only) => [only]) }, fc.uniqueArray(room, { maxLength: 3 })),
  toSocket: fc.option(fc.nat(NODES * SOCKETS_PER_NODE - 1), { freq: 1 }),
  except: fc.uniqueArray(room, { maxLength: 1 }),
  isLocal: fc.boolean(),
  isVolatile: fc.boolean(),
  compress: fc.boolean(),
  isBinary: fc.boolean(),
});
const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom('join' as const, 'leave' as const),
  rooms: fc.uniqueArray(room, { minLength: 1, maxLength: 2 }),
  targets: fc.uniqueArray(room, { minLength: 1, maxLength: 2 }),
});
const node = fc.nat(NODES - 1);
const turn: fc.Arbitrary<Turn> = fc.record({
  moves: fc.array(fc.record({ socket: fc.nat(NODES * SOCKETS_PER_NODE - 1), room, joins: fc.boolean() }), {
    maxLength: 4,
  }),
  speakers: fc.array(fc.record({ node, emits: fc.array(emit, { minLength: 1, maxLength: 4 }) }), { maxLength: 3 }),
  mover: fc.option(fc.record({ node, steps: fc.array(fc.oneof(emit, move), { minLength: 2, maxLength: 6 }) })),
});

/** One client: its socket, what it should be in, and what it should have got, by the node that sent it. */
interface Client {
  readonly home: number;
  readonly id: string;
  readonly socket: TestSocket;
  readonly rooms: Set<unknown>;
  readonly expected: string[][];
}

async function setup(name: string) {
  const cluster = new TestCluster();
  const adapters: NativeAdapter[] = [];
  const clients: Client[] = [];
  const namespaces: TestNamespace[] = [];
  for (let home = 0; home < NODES; home++) {
    const namespace = new TestNamespace(name);
    const adapter = new NativeAdapter(namespace, cluster.make().node);
    adapters.push(adapter);
    namespaces.push(namespace);
    await cluster.during(adapter.init());
    for (let i = 0; i < SOCKETS_PER_NODE; i++) {
      const id = `socket${home}-${i}-_-_-_-_-_-`;
      const socket = connect(namespace, adapter, id);
      clients.push({ home, id, socket, rooms: new Set([id]), expected: adapters.map(() => []) });
    }
  }
  for (const client of clients) while (client.expected.length < NODES) client.expected.push([]);
  await cluster.settle();
  return { cluster, adapters, clients };
}

const isIn = (client: Client, rooms: readonly unknown[]) => rooms.some((each) => client.rooms.has(each));

test.each(['/', '/chat'])(
  'every client of %s gets what one server would have sent it, in the order of each sender',
  async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 2, maxLength: 5 }), async (turns) => {
        const { cluster, adapters, clients } = await setup(name);
        let number = 0;

        const speak = (sender: number, { rooms, toSocket, except, isLocal, isVolatile, compress, isBinary }: Emit) => {
          const to = toSocket === null ? rooms.map((each) => ROOMS[each]!) : [clients[toSocket]!.id];
          const but = except.map((each) => ROOMS[each]!);
          const id = ++number;
          const flags = { ...(isLocal && { local: true }), ...(isVolatile && { volatile: true }), compress };
          const packet = event('event', id, ...(isBinary ? [Buffer.from([id])] : []));
          adapters[sender]!.broadcast(packet, new Selection(new Set(to), new Set(but), flags));
          const receives = (client: Client) =>
            (!isLocal || client.home === sender) && (to.length === 0 || isIn(client, to)) && !isIn(client, but);
          for (const client of clients) {
            if (receives(client)) client.expected[sender]!.push(`${id} ${isVolatile} ${compress} ${isBinary}`);
          }
        };

        const moveOthers = (sender: number, { kind, rooms, targets }: Move) => {
          const from = rooms.map((each) => ROOMS[each]!);
          const into = targets.map((each) => ROOMS[each]!);
          const selection = new Selection(new Set(from), new Set(), {});
          const moved = clients.filter((client) => isIn(client, from));
          if (kind === 'join') adapters[sender]!.addSockets(selection, into);
          else adapters[sender]!.delSockets(selection, into);
          for (const { rooms: theirs } of moved) {
            for (const each of into) kind === 'join' ? theirs.add(each) : theirs.delete(each);
          }
        };

        for (const { moves, speakers, mover } of turns) {
          for (const { socket: index, room: target, joins } of moves) {
            const { socket, rooms } = clients[index]!;
            if (joins) socket.join(ROOMS[target]!);
            else socket.leave(ROOMS[target]!);
            joins ? rooms.add(ROOMS[target]) : rooms.delete(ROOMS[target]);
          }
          await cluster.settle();
          for (const { node: sender, emits } of speakers) for (const each of emits) speak(sender, each);
          await cluster.settle();
          if (mover !== null) {
            for (const step of mover.steps)
              step.kind === 'emit' ? speak(mover.node, step) : moveOthers(mover.node, step);
          }
          await cluster.settle();
        }

        const senderOf = new Map<string, number>();
        clients.forEach(({ expected }) => {
          expected.forEach((list, sender) => {
            for (const each of list) senderOf.set(each.split(' ')[0]!, sender);
          });
        });
        for (const { socket, expected } of clients) {
          const received: string[][] = expected.map(() => []);
          for (const { message, isVolatile } of socket.delivered) {
            const [text, ...attachments] = message.parts as [string, ...Buffer[]];
            const id = /"event",(\d+)/.exec(text)![1]!;
            for (const attachment of attachments) expect(attachment).toEqual(Buffer.from([Number(id)]));
            expect(text).toBe(
              `4${attachments.length ? '51-' : '2'}${name === '/' ? '' : `${name},`}["event",${id}${attachments.length ? ',{"_placeholder":true,"num":0}' : ''}]`,
            );
            received[senderOf.get(id)!]!.push(`${id} ${isVolatile} ${message.compress} ${attachments.length > 0}`);
          }
          expect(received).toEqual(expected);
        }
        for (const each of cluster.nodes) expect(each.errors).toEqual([]);
      }),
      { numRuns: 60 },
    );
  },
);
