import { createServer } from 'node:http';
import { io as officialConnect } from 'socket.io-client';
import { io as carillonConnect } from '../../core/client/node.js';
import { Server } from '../../core/index.js';
import { cleanUp, defer, listen } from './support/servers.js';

afterEach(cleanUp);

const clients = [
  ['carillon', carillonConnect as unknown as typeof officialConnect],
  ['official', officialConnect],
] as const;

describe.each(clients)('our server closes, and the %s client hears of it', (_name, connect) => {
  async function start(transports: string[]) {
    const http = createServer();
    const io = new Server(http);
    const socket = connect(`http://127.0.0.1:${await listen(http)}`, {
      transports,
      forceNew: true,
      autoConnect: false,
      reconnection: false,
    });
    defer(() => socket.disconnect());
    defer(() => io.close());
    const reason = new Promise<string>((resolve) => socket.on('disconnect', resolve));
    return { io, socket, reason };
  }

  test('between two polls, behind what was sent last', async () => {
    const { io, socket, reason } = await start(['polling']);
    const heard: unknown[] = [];
    socket.on('bye', (value) => heard.push(value));
    // The answer to the client's CONNECT is on its way: no poll is waiting.
    io.on('connection', () => {
      io.emit('bye', 1);
      void io.close();
    });
    socket.connect();
    expect(await reason).toBe('transport close');
    expect(heard).toEqual([1]);
  });

  test('when the upgrade begins, and when it is nearly over', async () => {
    for (const event of ['upgrading', 'upgrade'] as const) {
      const { io, socket } = await start(['polling', 'websocket']);
      io.engine.on('connection', (connection) => connection.once(event, () => void io.close()));
      const { io: manager } = socket;
      const closed = new Promise((resolve) => manager.on('close', resolve));
      socket.connect();
      // Its namespace may not have been confirmed by then: the manager knows in any case.
      expect(await closed).toBe('transport close');
    }
  });
});
