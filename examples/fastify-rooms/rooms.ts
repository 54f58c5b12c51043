// Rooms: who is in one hears what is said there and who else is in it.
import type { CarillonServer } from 'carillon/fastify';
import { maxTextLength, rooms } from './contract.js';

export function serveRooms(io: CarillonServer): void {
  const announce = async (room: string): Promise<void> => {
    const sockets = await io.in(room).fetchSockets();
    const names = new Set(sockets.map((socket) => socket.data.user.name));
    io.to(room).emit('members', room, [...names].sort());
  };

  io.on('connection', (socket) => {
    // The handshake passed the app's hooks: this is who the token says it is.
    socket.data.user = socket.request.fastify.user;
    const { name } = socket.data.user;

    socket.on('enter', async (room, entered) => {
      if (!rooms.includes(room)) return entered(`there is no room called ${room}`);
      await socket.join(room);
      entered(null);
      await announce(room);
    });

    socket.on('leave', async (room) => {
      await socket.leave(room);
      await announce(room);
    });

    socket.on('say', (room, text, delivered) => {
      if (!socket.rooms.has(room)) return delivered('enter the room first');
      if (typeof text !== 'string' || text.trim() === '') return delivered('say something');
      io.to(room).emit('line', room, { from: name, text: text.slice(0, maxTextLength) });
      delivered(null);
    });

    socket.on('disconnecting', () => {
      const left = [...socket.rooms].filter((room) => room !== socket.id);
      socket.once('disconnect', () => left.forEach(announce));
    });
  });
}
