import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { Transform } from 'class-transformer';
import { IsString } from 'class-validator';
import { type Observable, of } from 'rxjs';
import { map } from 'rxjs/operators';
import type { Socket } from 'socket.io-client';
import type { Socket as ServerSocket } from '../../core/index.js';
import {
  CarillonModule,
  CarillonService,
  EmitTo,
  JoinRoom,
  LeaveRoom,
  type RoomContext,
  Rooms,
  ToRoom,
} from '../../integrations/nestjs/index.js';
import { once } from '../support/compat/wait.js';
import { ask, type Platform, platforms, usingApps } from '../support/nestjs/app.js';

class RoomDto {
  @IsString()
  @Transform(({ value }) => (typeof value === 'string' ? value.toLowerCase() : value))
  id!: string;
}

@Injectable()
class Members implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToWs().getData()?.id !== 'secret';
  }
}

class Shout implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((text) => `${text}!`));
  }
}

const roomsOf = (client: ServerSocket) => [...client.rooms].filter((room) => room !== client.id).sort();

@UsePipes(new ValidationPipe({ transform: true }))
@WebSocketGateway()
class RoomGateway {
  @JoinRoom('room:{id}')
  @UseGuards(Members)
  @SubscribeMessage('join')
  join(@MessageBody() _dto: RoomDto, @Rooms() rooms: Set<string>) {
    return [...rooms].filter((room) => room.startsWith('room:'));
  }

  @SubscribeMessage('join first')
  @JoinRoom('room:{id}', 'hall')
  joinFirst(@MessageBody('id') _id: string, @ConnectedSocket() client: ServerSocket) {
    return roomsOf(client);
  }

  @JoinRoom('room:{0}')
  @SubscribeMessage('join undecorated')
  joinUndecorated(client: ServerSocket, body: unknown, ack: unknown) {
    return [body, typeof ack, ...roomsOf(client)];
  }

  @JoinRoom((body: string[], { socket, args }: RoomContext) => [...body, `n${args.length}`, `me:${socket.id}`])
  @SubscribeMessage('join by function')
  joinByFunction(@ConnectedSocket() client: ServerSocket) {
    return roomsOf(client).filter((room) => !room.startsWith('me:'));
  }

  @JoinRoom('room:{id}')
  @SubscribeMessage('join and fail')
  joinAndFail(@MessageBody() _dto: RoomDto) {
    throw new WsException('full');
  }

  @LeaveRoom('room:{id}')
  @SubscribeMessage('leave')
  leave(@MessageBody() _dto: RoomDto, @ConnectedSocket() client: ServerSocket) {
    return roomsOf(client);
  }

  @LeaveRoom('room:{id}')
  @SubscribeMessage('leave and fail')
  leaveAndFail(@MessageBody() _dto: RoomDto) {
    throw new WsException('stay');
  }

  @SubscribeMessage('where') where(@ConnectedSocket() client: ServerSocket) {
    return roomsOf(client);
  }

  @ToRoom('room:{id}')
  @UseInterceptors(Shout)
  @SubscribeMessage('say')
  say(@MessageBody() { id }: RoomDto) {
    return `to ${id}`;
  }

  @ToRoom('room:{id}', { exceptSender: true })
  @SubscribeMessage('whisper')
  whisper(@MessageBody() { id }: RoomDto) {
    return { event: 'whispered', data: id };
  }

  @EmitTo('news', ['room:{id}', 'hall'])
  @SubscribeMessage('publish')
  async publish(@MessageBody() { id }: RoomDto) {
    return of(`${id} 1`, `${id} 2`);
  }

  @EmitTo('all')
  @SubscribeMessage('announce')
  announce(@MessageBody('id') id: string) {
    return id;
  }

  @ToRoom(() => [])
  @SubscribeMessage('to nobody')
  toNobody() {
    return 'lost';
  }

  @ToRoom('room:{id}')
  @SubscribeMessage('void')
  nothing(@MessageBody() _dto: RoomDto): void {}
}

@JoinRoom('lobby', '{team}', (_auth, { socket }) => `user:${socket.handshake.auth.user}`)
@EmitTo('class news', 'lobby')
@LeaveRoom('one time')
@WebSocketGateway({ namespace: 'club' })
class Club {
  async handleConnection(client: ServerSocket) {
    client.data.atConnection = roomsOf(client);
  }
  @SubscribeMessage('where') @EmitTo('own news', 'lobby') where(@ConnectedSocket() client: ServerSocket) {
    return [client.data.atConnection, roomsOf(client)];
  }
  @SubscribeMessage('post') post(@MessageBody() text: string) {
    return text;
  }
  @SubscribeMessage('once') @JoinRoom('one time') once(@ConnectedSocket() client: ServerSocket) {
    return roomsOf(client);
  }
}

@WebSocketGateway({ namespace: 'club below' })
class ClubBelow extends Club {}

const start = usingApps();

describe.each(Object.keys(platforms) as Platform[])('room decorators on %s', (platform) => {
  const settings = { platform, imports: [CarillonModule.forRoot()], providers: [RoomGateway, Members] };

  async function three() {
    const running = await start(settings);
    const [sender, member, stranger] = await Promise.all([1, 2, 3].map(() => running.connect()));
    const heard: unknown[] = [];
    for (const [who, socket] of Object.entries({ sender, member, stranger })) {
      socket!.onAny((event, data) => heard.push([who, event, data]));
    }
    const settled = () => Promise.all([sender, member, stranger].map((socket) => ask(socket!, 'where')));
    return { sender: sender!, member: member!, stranger: stranger!, heard, settled, running };
  }

  const connect = async (): Promise<Socket> => (await start(settings)).connect();

  it('join after the pipes, and are joined when the handler runs', async () => {
    const socket = await connect();
    expect(await ask(socket, 'join', { id: 'ABC' })).toEqual([['room:abc']]);
    expect(await ask(socket, 'where')).toEqual([['room:abc']]);
  });

  it('join in either order of decorators, several at once, without a parameter for the socket', async () => {
    expect(await ask(await connect(), 'join first', { id: 7 })).toEqual([['hall', 'room:7']]);
    expect(await ask(await connect(), 'join undecorated', 'x')).toEqual([['x', 'function', 'room:x']]);
    expect(await ask(await connect(), 'join by function', ['a', 'b'])).toEqual([['a', 'b', 'n1']]);
  });

  it('do not join when a guard or a pipe refuses, or the handler throws', async () => {
    const socket = await connect();
    expect(await ask(socket, 'join', { id: 'secret' })).toEqual([
      expect.objectContaining({ status: 'error', message: 'Forbidden resource' }),
    ]);
    expect(await ask(socket, 'join', { id: 5 })).toEqual([expect.objectContaining({ statusCode: 400 })]);
    expect(await ask(socket, 'join and fail', { id: 'a' })).toEqual([expect.objectContaining({ message: 'full' })]);
    expect(await ask(socket, 'where')).toEqual([[]]);
    await ask(socket, 'join', { id: 'a' });
    await ask(socket, 'join and fail', { id: 'a' });
    expect(await ask(socket, 'where')).toEqual([['room:a']]);
  });

  it('refuse a message that names no room', async () => {
    const socket = await connect();
    for (const body of [{}, { id: '' }, { id: { nested: 1 } }, 'text', null, { id: null }]) {
      expect(await ask(socket, 'join first', body)).toEqual([
        expect.objectContaining({ status: 'error', message: '"id" is missing: it names the room (room:{id})' }),
      ]);
    }
    expect(await ask(socket, 'where')).toEqual([[]]);
  });

  it('leave when the handler is done, and stay when it throws', async () => {
    const socket = await connect();
    await ask(socket, 'join', { id: 'a' });
    await ask(socket, 'leave and fail', { id: 'a' });
    expect(await ask(socket, 'leave', { id: 'a' })).toEqual([['room:a']]);
    expect(await ask(socket, 'where')).toEqual([[]]);
  });

  it('send the answer to a room, after interceptors, and acknowledge it', async () => {
    const { sender, member, heard, settled } = await three();
    await Promise.all([sender, member].map((socket) => ask(socket, 'join', { id: 'a' })));
    expect(await ask(sender, 'say', { id: 'A' })).toEqual(['to a!']);
    await settled();
    expect(heard).toEqual(
      expect.arrayContaining([
        ['sender', 'say', 'to a!'],
        ['member', 'say', 'to a!'],
      ]),
    );
    expect(heard).toHaveLength(2);
  });

  it('send a { event, data } under its name, to the others alone if so asked', async () => {
    const { sender, member, heard, settled } = await three();
    await Promise.all([sender, member].map((socket) => ask(socket, 'join', { id: 'a' })));
    expect(await ask(sender, 'whisper', { id: 'a' })).toEqual([]);
    await settled();
    expect(heard).toEqual([['member', 'whispered', 'a']]);
  });

  it('send each value of a stream under the name given, once to a member of several rooms', async () => {
    const { sender, member, heard, settled } = await three();
    await ask(member, 'join first', { id: 'a' });
    await ask(sender, 'publish', { id: 'a' });
    await settled();
    expect(heard).toEqual([
      ['member', 'news', 'a 1'],
      ['member', 'news', 'a 2'],
    ]);
  });

  it('send to the whole namespace without rooms, to nobody for no room, and nothing for nothing', async () => {
    const { sender, heard, settled } = await three();
    expect(await ask(sender, 'announce', { id: 'x' })).toEqual(['x']);
    expect(await ask(sender, 'to nobody')).toEqual(['lost']);
    await ask(sender, 'join', { id: 'a' });
    expect(await ask(sender, 'void', { id: 'a' })).toEqual([]);
    await settled();
    expect(heard.map(([who, event, data]: any) => `${who} ${event} ${data}`).sort()).toEqual([
      'member all x',
      'sender all x',
      'stranger all x',
    ]);
  });

  it('on a class: join when a client connects, apply to every handler that has none of its own', async () => {
    for (const [namespace, gateway] of [
      ['/club', Club],
      ['/club below', ClubBelow],
    ] as const) {
      const running = await start({ platform, providers: [gateway] });
      const socket = await running.connect(namespace, { auth: { team: 'red', user: 5 } });
      const heard: unknown[] = [];
      socket.onAny((...args) => heard.push(args));
      const rooms = ['lobby', 'red', 'user:5'];
      expect(await ask(socket, 'where')).toEqual([[rooms, rooms]]);
      expect(await ask(socket, 'once')).toEqual([[...rooms, 'one time'].sort()]);
      expect(await ask(socket, 'where')).toEqual([[rooms, rooms]]);
      expect(await ask(socket, 'post', 'hi')).toEqual(['hi']);
      await ask(socket, 'where');
      expect(heard.filter(([event]: any) => event === 'class news').at(-1)).toEqual(['class news', 'hi']);
      expect(heard.filter(([event]: any) => event === 'own news')).toHaveLength(3);
      const refused = running.client(namespace, { auth: { user: 5 } });
      const [error] = await once(refused, 'connect_error');
      expect(error.message).toBe('"team" is missing: it names the room ({team})');
    }
  });

  it('go together with the service', async () => {
    const { member, heard, settled, running } = await three();
    await ask(member, 'join', { id: 'a' });
    running.app.get(CarillonService).to('room:a').emit('from outside', 1);
    await settled();
    expect(heard).toEqual([['member', 'from outside', 1]]);
  });
});

it('room decorators without the adapter say what is missing', async () => {
  const { connect, logs } = await start({ official: true, providers: [RoomGateway, Members] });
  const socket = await connect();
  socket.emit('join', { id: 'a' });
  await once(socket, 'exception');
  expect(logs.join('\n')).toContain('app.useWebSocketAdapter(new CarillonAdapter(app))');
});
