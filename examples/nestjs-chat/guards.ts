import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import type { Socket } from 'carillon';
import { People } from './people.service.js';

/** Who may connect: one name, one person. Refusals reach the client as `connect_error`. */
@Injectable()
export class NameGuard implements CanActivate {
  constructor(private readonly people: People) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { name } = context.switchToWs().getData();
    if (typeof name !== 'string' || !/^[\p{L}\p{N} ]{2,20}$/u.test(name)) {
      throw new WsException('A name has 2 to 20 letters.');
    }
    if (!(await this.people.enter(name))) throw new WsException(`${name} is here already.`);
    context.switchToWs().getClient<Socket>().data.name = name;
    return true;
  }
}

/** Only who is in a room may speak in it. */
@Injectable()
export class MemberGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const socket = context.switchToWs().getClient<Socket>();
    const { room } = context.switchToWs().getData();
    if (!socket.rooms.has(`room:${room}`)) throw new WsException('Enter the room first.');
    return true;
  }
}
