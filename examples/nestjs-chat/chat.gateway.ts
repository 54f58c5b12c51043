import { UseGuards } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { Socket } from 'carillon';
import { EmitTo, JoinRoom, LeaveRoom, UseConnectionGuards } from 'carillon/nestjs';
import { RoomDto, rooms, SayDto } from './chat.dto.js';
import { MemberGuard, NameGuard } from './guards.js';
import { People } from './people.service.js';

/** What is sent to a room when somebody comes or goes. */
interface Members {
  room: string;
  names: string[];
}

@UseConnectionGuards(NameGuard)
@WebSocketGateway()
export class ChatGateway implements OnGatewayDisconnect<Socket> {
  constructor(private readonly people: People) {}

  /** Which rooms there are: the acknowledgement is what is returned. */
  @SubscribeMessage('rooms')
  rooms(): string[] {
    return rooms;
  }

  @JoinRoom('room:{room}')
  @EmitTo('members', 'room:{room}')
  @SubscribeMessage('enter')
  enter(@MessageBody() { room }: RoomDto, @ConnectedSocket() socket: Socket): Promise<Members> {
    return this.#members(room, socket);
  }

  @LeaveRoom('room:{room}')
  @EmitTo('members', 'room:{room}', { exceptSender: true })
  @SubscribeMessage('leave')
  async leave(@MessageBody() { room }: RoomDto, @ConnectedSocket() socket: Socket): Promise<Members> {
    const { names } = await this.#members(room, socket);
    return { room, names: names.filter((name) => name !== socket.data.name) };
  }

  @UseGuards(MemberGuard)
  @EmitTo('line', 'room:{room}')
  @SubscribeMessage('say')
  say(@MessageBody() { room, text }: SayDto, @ConnectedSocket() socket: Socket) {
    return { room, text, from: socket.data.name };
  }

  /** Everybody who is still there hears of it. */
  async handleDisconnect(socket: Socket): Promise<void> {
    this.people.leave(socket.data.name);
    for (const room of rooms) socket.nsp.to(`room:${room}`).emit('members', await this.#members(room, socket));
  }

  async #members(room: string, socket: Socket): Promise<Members> {
    const sockets = await socket.nsp.in(`room:${room}`).fetchSockets();
    return { room, names: sockets.map(({ data }) => data.name).sort() };
  }
}
