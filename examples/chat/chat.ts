// The chat itself: what happens when somebody connects, moves, writes, reads, types and leaves.
import { createHash } from 'node:crypto';
import type { DefaultEventsMap, Server, Socket } from 'carillon';
import { draft, introduction, name, Refusal, token } from './check.js';
import type { ClientToServer, Message, Reply, ServerToClient, SocketData } from './contract.js';
import { Limiter } from './limiter.js';
import { fold, Rooms } from './rooms.js';

export type ChatServer = Server<ClientToServer, ServerToClient, DefaultEventsMap, SocketData>;
type ChatSocket = Socket<ClientToServer, ServerToClient, DefaultEventsMap, SocketData>;

export function serveChat(io: ChatServer): void {
  const rooms = new Rooms();
  const online = new Map<string, ChatSocket>();

  // A prefix of our own, because each socket is also in a room named after its id: without it, whoever joined a room
  // of that name would get what is meant for one person.
  const channel = (room: string): string => `chat:${fold(room)}`;

  const announce = (room: string): void => {
    io.to(channel(room)).emit('people', room, rooms.get(room)?.people ?? []);
    io.emit('rooms', rooms.summaries());
  };

  /** A nickname is free, or its holder is this very person: another tab, or a connection nobody has noticed is dead. */
  const isFree = ({ id, nickname }: SocketData['me']): boolean => {
    const holder = online.get(fold(nickname));
    return !holder || holder.data.me.id === id;
  };

  // A refusal here reaches the page as `connect_error`.
  io.use((socket, next) => {
    try {
      const { nickname, room, key } = introduction(socket.handshake.auth);
      const me = { id: publicId(key, nickname), nickname };
      if (!isFree(me)) throw new Refusal(`Somebody is called ${nickname} already.`);
      if (!socket.recovered) rooms.check(room);
      socket.data = { me, room: socket.recovered ? socket.data.room : room };
      next();
    } catch (error) {
      next(new Error(reason(error)));
    }
  });

  io.on('connection', (socket) => {
    const { me } = socket.data;
    // The world may have moved between the middleware and now.
    if (!isFree(me)) return void socket.disconnect(true);
    const previous = online.get(fold(me.nickname));
    online.set(fold(me.nickname), socket);
    previous?.disconnect(true);

    const enter = (name: string): string => {
      const room = rooms.enter(name, socket.id, me);
      socket.data.room = room.name;
      socket.join(channel(room.name));
      socket.emit('welcome', me, room.name);
      // A recovered connection has been sent what it missed already. A page that has some of these knows their ids.
      if (!socket.recovered) for (const message of room.messages) socket.emit('message', message);
      announce(room.name);
      return room.name;
    };

    const leave = (room: string): void => {
      rooms.leave(room, socket.id);
      socket.leave(channel(room));
      announce(room);
    };

    socket.on('disconnect', () => {
      if (online.get(fold(me.nickname)) === socket) online.delete(fold(me.nickname));
      leave(socket.data.room);
    });

    const limiter = new Limiter(40, 8);
    socket.use((packet, next) => {
      if (limiter.take()) next();
      else respond(packet.at(-1), () => refuse('Slow down a little.'));
    });

    socket.on('join', (wanted: unknown, answer: unknown) =>
      respond(answer, () => {
        const from = socket.data.room;
        const to = name(wanted, "A room's name");
        if (fold(to) === fold(from)) return { room: from };
        const room = enter(to);
        leave(from);
        return { room };
      }),
    );

    socket.on('say', (value: unknown, answer: unknown) =>
      respond(answer, () => {
        const { id, room: where, text, picture } = draft(value);
        const room = rooms.get(where);
        if (!room || room.name !== socket.data.room) return refuse('You are not in that room.');
        // The page sends again what it has no answer for: the second time there is only the answer left to give.
        const earlier = room.find(id);
        if (earlier) return earlier.from.id === me.id ? { at: earlier.at } : refuse('That identifier is taken.');
        const message: Message = { id, room: room.name, from: me, at: Date.now(), text, ...(picture && { picture }) };
        room.add(message);
        socket.to(channel(room.name)).emit('message', message);
        return { at: message.at };
      }),
    );

    socket.on('seen', (value: unknown, answer: unknown) =>
      respond(answer, () => {
        const id = token(value);
        if (!rooms.get(socket.data.room)?.find(id)) return refuse('There is no such message here.');
        socket.to(channel(socket.data.room)).emit('seen', me, id);
        return {};
      }),
    );

    socket.on('typing', () => {
      socket.to(channel(socket.data.room)).volatile.emit('typing', me);
    });

    try {
      enter(socket.data.room);
    } catch {
      socket.disconnect(true);
    }
  });
}

/** What the others may know a person by: says nothing about the key it is made from. */
function publicId(key: string, nickname: string): string {
  return createHash('sha256')
    .update(`${fold(nickname)} ${key}`)
    .digest('base64url')
    .slice(0, 16);
}

function refuse(why: string): never {
  throw new Refusal(why);
}

function reason(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  console.error(error);
  return 'Something went wrong here.';
}

/** Does what was asked and always answers, if there is a way to: the last argument of a request can be anything too. */
function respond(answer: unknown, work: () => Record<string, unknown>): void {
  let reply: Reply;
  try {
    reply = { ok: true, ...work() };
  } catch (error) {
    reply = { ok: false, reason: reason(error) };
  }
  if (typeof answer === 'function') answer(reply);
}
