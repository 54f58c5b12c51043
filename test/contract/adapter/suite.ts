// What an adapter owes, whoever wrote it and whoever serves: one suite, over every kind of cluster.
import { TestClient } from './client.js';
import { type AdapterCluster, type ClusterNode, until } from './node.js';

export interface Traits {
  /**
   * One of Socket.IO's own adapters for many servers: what a node does to itself may take the way over their server, so the
   * order of the calls is not kept there, and `allSockets()` is about one server.
   */
  official?: boolean;
  /** Nodes hear of a room only once they have subscribed to it. */
  subscribesToRooms?: boolean;
  /** What is large or binary goes another way, and may be overtaken by what is emitted after it. */
  largeMayLag?: boolean;
}

/**
 * The contract, over one cluster.
 *
 * @param title names the adapter and who serves.
 * @param start brings the cluster up.
 */
export function adapterContract(title: string, start: () => Promise<AdapterCluster>, traits: Traits = {}): void {
  describe(title, () => {
    let cluster: AdapterCluster;
    let nodes: ClusterNode[];
    let clients: TestClient[];

    /** One test for each node it may start from. */
    const fromEach = async (check: (origin: ClusterNode, index: number) => Promise<void>): Promise<void> => {
      for (const [index, origin] of nodes.entries()) await check(origin, index);
    };
    const others = (node: ClusterNode): ClusterNode[] => nodes.filter((each) => each !== node);
    const ids = (list: TestClient[] = clients): string[] => list.map((client) => client.id).sort();

    async function connectAll(nsp = '/'): Promise<TestClient[]> {
      return Promise.all(nodes.map((node) => TestClient.connect(node, nsp)));
    }

    /** Every node counts every other, and every client hears what any node sends. */
    async function untilComplete(nsp: string, list: TestClient[]): Promise<void> {
      for (const node of nodes) {
        await until(async () => {
          const count = await node.run((io, name) => io.of(name).adapter.serverCount(), nsp);
          return count === nodes.length;
        });
      }
      await Promise.all(list.flatMap((client) => nodes.map((node) => client.hears(node))));
    }

    /** The client is in the rooms, and whoever sends there reaches it. */
    async function join(client: TestClient, ...rooms: string[]): Promise<void> {
      await client.join(...rooms);
      if (traits.subscribesToRooms) {
        await Promise.all(rooms.flatMap((room) => nodes.map((node) => client.hears(node, room))));
      }
    }

    /** Every client hears the last event of this node; what each heard before it. */
    async function afterwards(origin: ClusterNode, list = clients, nsp = '/'): Promise<unknown[][][]> {
      await origin.run((io, name) => void io.of(name).emit('end'), nsp);
      return Promise.all(list.map((client) => client.heardUntil('end')));
    }

    const isIn = (client: TestClient, room: string): Promise<boolean> =>
      client.node.run(
        (io, nsp, id, name) => io.of(nsp).adapter.rooms.get(name)?.has(id) === true,
        client.nsp,
        client.id,
        room,
      );

    beforeAll(async () => {
      cluster = await start();
      nodes = cluster.nodes;
      await Promise.all(
        nodes.map((node) =>
          node.run((io) => {
            io.of('/named');
            io.pattern = io.of(/^\/dynamic-\d+$/);
          }),
        ),
      );
      const first = [...(await connectAll()), ...(await connectAll('/named'))];
      await untilComplete('/', first.slice(0, nodes.length));
      await untilComplete('/named', first.slice(nodes.length));
      await Promise.all(first.map((client) => client.leave()));
    });

    afterAll(() => cluster?.stop());

    beforeEach(async () => {
      clients = await connectAll();
    });

    afterEach(() => Promise.all(clients.map((client) => client.leave())));

    test('counts its servers', async () => {
      await fromEach(async (origin) => {
        expect(await origin.run((io) => io.of('/').adapter.serverCount())).toBe(nodes.length);
      });
    });

    describe('a broadcast', () => {
      test('to everybody arrives once, with its arguments', async () => {
        await fromEach(async (origin) => {
          await origin.run(
            (io) => void io.emit('news', 1, 'zwei', ['三', null], { four: { five: true } }, 'ⓤⓝⓘ\u2028😀'),
          );
          const expected = [['news', 1, 'zwei', ['三', null], { four: { five: true } }, 'ⓤⓝⓘ\u2028😀']];
          expect(await afterwards(origin)).toEqual(clients.map(() => expected));
        });
      });

      test('without arguments, and one of 200 kB', async () => {
        await fromEach(async (origin) => {
          await origin.run((io) => void io.emit('nothing'));
          await origin.run((io) => void io.emit('much', 'x'.repeat(200_000)));
          const expected = [['nothing'], ['much', 'x'.repeat(200_000)]];
          if (traits.largeMayLag) await Promise.all(clients.map((client) => until(() => client.heard.length === 2)));
          expect(await afterwards(origin)).toEqual(clients.map(() => expected));
        });
      });

      test('to a room reaches its members', async () => {
        const room = 'room of one';
        await join(clients.at(-1)!, room);
        await fromEach(async (origin) => {
          await origin.run((io, name) => void io.to(name).emit('for members'), room);
          const heard = await afterwards(origin);
          expect(heard).toEqual(clients.map((client) => (client === clients.at(-1) ? [['for members']] : [])));
        });
      });

      test('to a room with a name that looks like a number, has other letters, or the length of a socket id', async () => {
        const rooms = ['42', 'Ω/#', 'abcdefghij0123456789', '1e3'];
        for (const client of clients) await join(client, ...rooms);
        await fromEach(async (origin) => {
          for (const room of rooms) await origin.run((io, name) => void io.to(name).emit('for', name), room);
          const heard = await afterwards(origin);
          expect(heard.map((list) => list.map(([, room]) => room).sort())).toEqual(
            clients.map(() => [...rooms].sort()),
          );
        });
      });

      test('to several rooms arrives once', async () => {
        await join(clients[0]!, 'first', 'second');
        await join(clients.at(-1)!, 'second', 'third');
        await fromEach(async (origin) => {
          await origin.run((io) => void io.to('first').to(['second', 'third']).emit('once'));
          const heard = await afterwards(origin);
          const members = new Set([clients[0], clients.at(-1)]);
          expect(heard).toEqual(clients.map((client) => (members.has(client) ? [['once']] : [])));
        });
      });

      test('to one socket, by its id', async () => {
        // Its own room may have a channel of its own, which is only asked for when the client is told that it is connected.
        for (const client of clients) await join(client, client.id);
        await fromEach(async (origin) => {
          for (const client of clients) {
            await origin.run((io, id) => void io.to(id).emit('private', id), client.id);
          }
          expect(await afterwards(origin)).toEqual(clients.map((client) => [['private', client.id]]));
        });
      });

      test('leaves out rooms and sockets', async () => {
        await join(clients.at(-1)!, 'muted');
        await fromEach(async (origin) => {
          await origin.run((io) => void io.except('muted').emit('not muted'));
          await origin.run((io, id) => void io.except(['muted', id]).emit('not first'), clients[0]!.id);
          const heard = await afterwards(origin);
          const expected = clients.map((client) => {
            if (client === clients.at(-1)) return [];
            return client === clients[0] ? [['not muted']] : [['not muted'], ['not first']];
          });
          expect(heard).toEqual(expected);
        });
      });

      test('from a socket reaches everybody else', async () => {
        await Promise.all(clients.map((client) => join(client, 'all of them')));
        for (const sender of clients) {
          await sender.node.run((io, id) => {
            const socket = io.of('/').sockets.get(id);
            socket.broadcast.emit('everybody else');
            socket.to('all of them').emit('others of the room');
          }, sender.id);
          const heard = await afterwards(sender.node);
          const expected = clients.map((client) =>
            client === sender ? [] : [['everybody else'], ['others of the room']],
          );
          expect(heard.map((list) => list.sort())).toEqual(expected);
        }
      });

      test('that is local stays here', async () => {
        await fromEach(async (origin, index) => {
          await origin.run((io) => void io.local.emit('here'));
          expect(await afterwards(origin)).toEqual(clients.map((_, i) => (i === index ? [['here']] : [])));
        });
      });

      test('that is volatile reaches clients that are ready; one that may not be compressed, all', async () => {
        await fromEach(async (origin) => {
          await origin.run((io) => void io.volatile.emit('volatile'));
          expect(await Promise.all(clients.map((client) => client.heardUntil('volatile')))).toEqual(
            clients.map(() => []),
          );
          await origin.run((io) => void io.compress(false).emit('plain'));
          expect(await afterwards(origin)).toEqual(clients.map(() => [['plain']]));
        });
      });

      test('carries bytes', async () => {
        await fromEach(async (origin) => {
          await origin.run(
            (io) => void io.emit('bytes', Buffer.from([0, 1, 255]), { deep: [Buffer.from('é')] }, 'text'),
          );
          if (traits.largeMayLag) await Promise.all(clients.map((client) => until(() => client.heard.length === 1)));
          const heard = await afterwards(origin);
          expect(heard).toEqual(
            clients.map(() => [['bytes', Buffer.from([0, 1, 255]), { deep: [Buffer.from('é')] }, 'text']]),
          );
        });
      });

      test('keeps the order of the calls', async () => {
        await Promise.all(clients.map((client) => join(client, 'ordered')));
        await fromEach(async (origin) => {
          await origin.run((io) => {
            for (let i = 0; i < 100; i++) (i % 3 === 0 ? io.to('ordered') : io).emit('number', i);
          });
          const numbers = Array.from({ length: 100 }, (_, i) => ['number', i]);
          expect(await afterwards(origin)).toEqual(clients.map(() => numbers));
        });
      });

      if (!traits.official) {
        test('keeps its place among other emits, and counts those who joined before it', async () => {
          await fromEach(async (origin, index) => {
            await origin.run((io, id) => {
              io.emit('broadcast');
              io.of('/').sockets.get(id).emit('private');
              io.in(id).socketsJoin('just now');
              io.to('just now').emit('for those who joined');
            }, clients[index]!.id);
            const heard = await afterwards(origin);
            expect(heard[index]).toEqual([['broadcast'], ['private'], ['for those who joined']]);
            await origin.run((io, id) => void io.in(id).socketsLeave('just now'), clients[index]!.id);
          });
        });
      }
    });

    describe('acknowledgements', () => {
      test('of everybody are collected', async () => {
        for (const [i, client] of clients.entries()) {
          client.socket.on('question', (value, answer) => answer({ value, from: i }));
        }
        await fromEach(async (origin) => {
          const answers = await origin.run((io) => io.timeout(60_000).emitWithAck('question', 'x'));
          answers.sort((a: any, b: any) => a.from - b.from);
          expect(answers).toEqual(clients.map((_, i) => ({ value: 'x', from: i })));
        });
      });

      test('of a room, with bytes', async () => {
        await join(clients.at(-1)!, 'asked');
        for (const client of clients)
          client.socket.on('question', (bytes, answer) => answer(Buffer.from([...bytes, 9])));
        await fromEach(async (origin) => {
          const answers = await origin.run((io) =>
            io
              .to('asked')
              .timeout(60_000)
              .emitWithAck('question', Buffer.from([1, 2])),
          );
          expect(answers.map((answer: Buffer) => [...answer])).toEqual([[1, 2, 9]]);
        });
      });

      test('of nobody are complete at once', async () => {
        await fromEach(async (origin) => {
          expect(await origin.run((io) => io.to('nobody').timeout(60_000).emitWithAck('question'))).toEqual([]);
        });
      });

      test('that do not come are an error, with those that came', async () => {
        const silent = clients.at(-1)!;
        for (const client of clients) {
          client.socket.on('question', (answer) => {
            if (client !== silent) answer(client.id);
          });
        }
        await Promise.all(
          nodes.map(async (origin) => {
            const { message, responses } = await origin.run((io) =>
              io
                .timeout(3_000)
                .emitWithAck('question')
                .then(
                  () => ({ message: 'complete', responses: [] }),
                  (error: any) => ({ message: error.message, responses: error.responses }),
                ),
            );
            expect(message).toBe('operation has timed out');
            expect(responses.sort()).toEqual(ids(clients.slice(0, -1)));
          }),
        );
      });

      test('of one socket, wherever it is', async () => {
        for (const client of clients) client.socket.on('who', (answer) => answer(client.id));
        await fromEach(async (origin) => {
          for (const client of clients) {
            const answer = await origin.run(async (io, id) => {
              const [socket] = await io.in(id).fetchSockets();
              return socket.timeout(60_000).emitWithAck('who');
            }, client.id);
            expect(answer).toBe(client.id);
          }
        });
      });
    });

    describe('sockets', () => {
      test('are fetched with what is known of them', async () => {
        for (const client of clients) {
          await client.join('fetched');
          await client.node.run((io, id) => {
            io.of('/').sockets.get(id).data = { name: `n-${id}`, list: [1, { two: 2 }] };
          }, client.id);
        }
        await fromEach(async (origin) => {
          const fetched = await origin.run(async (io) => {
            const sockets = await io.fetchSockets();
            return sockets.map(({ id, rooms, data, handshake }: any) => ({
              id,
              rooms: [...rooms].sort(),
              data,
              url: handshake.url,
              address: handshake.address,
              headers: typeof handshake.headers,
              transport: handshake.query.transport,
            }));
          });
          const byId = (a: any, b: any) => (a.id < b.id ? -1 : 1);
          expect(fetched.sort(byId)).toEqual(
            clients
              .map(({ id }) => ({
                id,
                rooms: [id, 'fetched'].sort(),
                data: { name: `n-${id}`, list: [1, { two: 2 }] },
                url: expect.stringContaining('/socket.io/'),
                address: expect.stringContaining('127.0.0.1'),
                headers: 'object',
                transport: 'websocket',
              }))
              .sort(byId),
          );
        });
      });

      test('are fetched by room, without those left out, or here only', async () => {
        await clients[0]!.join('a', 'b');
        await clients.at(-1)!.join('b', 'c');
        await fromEach(async (origin, index) => {
          const fetched = await origin.run(async (io) => {
            const idsOf = async (operator: any) =>
              (await operator.fetchSockets()).map((socket: any) => socket.id).sort();
            return [
              await idsOf(io.in('b')),
              await idsOf(io.in(['a', 'c'])),
              await idsOf(io.in('b').except('c')),
              await idsOf(io.local),
              await idsOf(io.in('none')),
            ];
          });
          const both = [...new Set(ids([clients[0]!, clients.at(-1)!]))];
          const first = clients.length > 1 ? [clients[0]!.id] : [];
          expect(fetched).toEqual([both, both, first, [clients[index]!.id], []]);
        });
      });

      if (!traits.official) {
        test('of all servers are counted by their ids', async () => {
          await fromEach(async (origin) => {
            expect([...(await origin.run((io) => io.allSockets()))].sort()).toEqual(ids());
          });
        });
      }

      test('join and leave rooms, wherever they are', async () => {
        await fromEach(async (origin, index) => {
          const room = `joined from ${index}`;
          await origin.run((io, name) => void io.socketsJoin([name, `${name}, too`]), room);
          for (const client of clients) await until(() => isIn(client, room));
          for (const client of clients) await until(() => isIn(client, `${room}, too`));
          await origin.run((io, name, id) => void io.in(name).except(id).socketsLeave(name), room, clients[0]!.id);
          for (const client of clients.slice(1)) await until(async () => !(await isIn(client, room)));
          expect(await isIn(clients[0]!, room)).toBe(true);
          for (const client of clients) expect(await isIn(client, `${room}, too`)).toBe(true);
        });
      });

      test('of other nodes can be told to join, leave and disconnect', async () => {
        const client = clients[0]!;
        const origin = nodes.at(-1)!;
        const remote = (action: string, ...args: unknown[]) =>
          origin.run(
            async (io, id, name, rest) => {
              const [socket] = await io.in(id).fetchSockets();
              socket[name](...rest);
            },
            client.id,
            action,
            args,
          );
        await remote('join', 'told');
        await until(() => isIn(client, 'told'));
        await remote('leave', 'told');
        await until(async () => !(await isIn(client, 'told')));
        await remote('emit', 'hello', 1);
        expect(await client.heardUntil('hello')).toEqual([]);
        const gone = new Promise((resolve) => client.socket.once('disconnect', resolve));
        await remote('disconnect', true);
        expect(['io server disconnect', 'transport close']).toContain(await gone);
      });

      test('are disconnected, and their connections closed', async () => {
        await fromEach(async (origin, index) => {
          const leavers = await connectAll();
          const stayers = await connectAll();
          for (const client of leavers) await client.join(`leavers ${index}`);
          const reasons = leavers.map(
            (client) => new Promise((resolve) => client.socket.once('disconnect', (reason) => resolve(reason))),
          );
          await origin.run((io, room) => void io.in(room).disconnectSockets(), `leavers ${index}`);
          expect(await Promise.all(reasons)).toEqual(leavers.map(() => 'io server disconnect'));
          await origin.run((io, room) => void io.in(room).disconnectSockets(true), ids(stayers));
          await Promise.all(stayers.map((client) => until(() => client.socket.disconnected)));
        });
        expect(clients.map((client) => client.socket.connected)).toEqual(clients.map(() => true));
      });
    });

    describe('servers', () => {
      const listen = (event: string, answer?: string): Promise<unknown> =>
        Promise.all(
          nodes.map((node, i) =>
            node.run(
              (io, name, reply) => {
                io.serverEvents = [];
                io.removeAllListeners(name);
                io.on(name, (...args: any[]) => {
                  const ack = reply === undefined ? undefined : args.pop();
                  io.serverEvents.push(args);
                  ack?.(reply);
                });
              },
              event,
              answer === undefined ? undefined : `${answer} ${i}`,
            ),
          ),
        );
      const received = (node: ClusterNode): Promise<any> => node.run((io) => io.serverEvents);

      test('tell each other', async () => {
        await fromEach(async (origin) => {
          await listen('told');
          await origin.run((io) => void io.serverSideEmit('told', 1, { two: ['x'] }));
          for (const node of others(origin)) await until(async () => (await received(node)).length > 0);
          for (const node of others(origin)) expect(await received(node)).toEqual([[1, { two: ['x'] }]]);
          expect(await received(origin)).toEqual([]);
        });
      });

      test('ask each other', async () => {
        await fromEach(async (origin, index) => {
          await listen('asked', 'answer of');
          const answers = await origin.run((io) => io.serverSideEmitWithAck('asked', 'x'));
          const expected = nodes.map((_, i) => `answer of ${i}`).filter((_, i) => i !== index);
          expect(answers.sort()).toEqual(expected);
          for (const node of others(origin)) expect(await received(node)).toEqual([['x']]);
        });
      });
    });

    describe('namespaces', () => {
      test('are apart', async () => {
        const named = await connectAll('/named');
        try {
          for (const client of named) await join(client, 'shared name');
          for (const client of clients) await join(client, 'shared name');
          await fromEach(async (origin) => {
            await origin.run((io) => void io.of('/named').emit('in /named'));
            await origin.run((io) => void io.of('/named').to('shared name').emit('in its room'));
            expect(await afterwards(origin, named, '/named')).toEqual(
              named.map(() => [['in /named'], ['in its room']]),
            );
            expect(await afterwards(origin)).toEqual(clients.map(() => []));
            const fetched = await origin.run(async (io) =>
              (await io.of('/named').fetchSockets()).map((socket: any) => socket.id).sort(),
            );
            expect(fetched).toEqual(ids(named));
          });
        } finally {
          await Promise.all(named.map((client) => client.leave()));
        }
      });

      test('made by a pattern are in the cluster, too', async () => {
        const dynamic = await connectAll('/dynamic-7');
        try {
          await untilComplete('/dynamic-7', dynamic);
          await fromEach(async (origin) => {
            await origin.run((io) => void io.of('/dynamic-7').emit('in /dynamic-7', 1));
            await origin.run((io) => void io.pattern.emit('in all of them', 2));
            const expected = [
              ['in /dynamic-7', 1],
              ['in all of them', 2],
            ];
            expect(await afterwards(origin, dynamic, '/dynamic-7')).toEqual(dynamic.map(() => expected));
          });
        } finally {
          await Promise.all(dynamic.map((client) => client.leave()));
        }
      });
    });

    test('rooms come and go with their events', async () => {
      for (const client of clients) {
        const events = await client.node.run((io, id) => {
          const { adapter } = io.of('/');
          const heard: unknown[][] = [];
          for (const name of ['create-room', 'join-room', 'leave-room', 'delete-room']) {
            adapter.on(name, (...args: unknown[]) => heard.push([name, ...args]));
          }
          const socket = io.of('/').sockets.get(id);
          socket.join('announced');
          socket.join('announced');
          heard.push(['rooms', [...socket.rooms].includes('announced'), adapter.rooms.get('announced').size]);
          socket.leave('announced');
          heard.push(['rooms', [...socket.rooms].includes('announced'), adapter.rooms.has('announced')]);
          adapter.removeAllListeners();
          return heard;
        }, client.id);
        expect(events).toEqual([
          ['create-room', 'announced'],
          ['join-room', 'announced', client.id],
          ['rooms', true, 1],
          ['leave-room', 'announced', client.id],
          ['delete-room', 'announced'],
          ['rooms', false, false],
        ]);
      }
    });

    // The last one: there is a node less afterwards.
    test('a node that closes is missed by nobody', async () => {
      const leaving = nodes.pop()!;
      await clients.pop()!.leave();
      await leaving.close();
      for (const node of nodes) {
        await until(async () => (await node.run((io) => io.of('/').adapter.serverCount())) === nodes.length);
      }
      for (const client of clients) client.socket.on('who', (answer) => answer(client.id));
      await fromEach(async (origin) => {
        for (const client of clients) client.heard.length = 0;
        await origin.run((io) => void io.emit('still here'));
        expect(await afterwards(origin)).toEqual(clients.map(() => [['still here']]));
        const fetched = await origin.run(async (io) =>
          (await io.fetchSockets()).map((socket: any) => socket.id).sort(),
        );
        expect(fetched).toEqual(ids());
        const answers: string[] = await origin.run((io) => io.timeout(60_000).emitWithAck('who'));
        expect(answers.sort()).toEqual(ids());
      });
    });
  });
}
