// Gateways written for @nestjs/platform-socket.io: what they do there, they do here. What differs, differs on purpose.
import { type CanActivate, type ExecutionContext, UseGuards, UsePipes, ValidationPipe } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from '@nestjs/websockets';
import { IsInt } from 'class-validator';
import { of } from 'rxjs';
import type { Socket } from 'socket.io-client';
import { ask, type RunningApp, startApp } from '../support/nestjs/app.js';
import { Ack, isNest12 } from '../support/nestjs/version.js';

class NumberDto {
  @IsInt() value!: number;
}

const describeArgument = (value: unknown): unknown => {
  if (typeof value === 'function') return 'function';
  return typeof value === 'object' && value !== null && 'handshake' in value ? 'socket' : value;
};

class TellTale implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const ws = context.switchToWs();
    ws.getClient().emit('guard', {
      type: context.getType(),
      handler: context.getHandler().name,
      class: context.getClass().name,
      data: ws.getData() ?? null,
      pattern: ws.getPattern(),
      third: typeof context.getArgByIndex(2),
      fourth: context.getArgByIndex(3),
    });
    return true;
  }
}

@WebSocketGateway()
class Gateway {
  @WebSocketServer() server: any;

  handleConnection(client: any, ...rest: unknown[]) {
    client.emit('welcome', rest.length, client.rooms.size);
  }
  @SubscribeMessage('args') args(...args: unknown[]) {
    return args.map(describeArgument);
  }
  @SubscribeMessage('body') body(@MessageBody() body: unknown) {
    return [body];
  }
  @SubscribeMessage('property') property(@MessageBody('id') id: unknown) {
    return [id];
  }
  @SubscribeMessage('guarded') @UseGuards(TellTale) guarded() {
    return true;
  }
  @SubscribeMessage('forbidden') @UseGuards({ canActivate: () => false }) forbidden() {}
  @SubscribeMessage('event') event(@MessageBody() data: unknown) {
    return { event: 'answer', data };
  }
  @SubscribeMessage('async event') async asyncEvent() {
    return { event: 'answer', data: [1] };
  }
  @SubscribeMessage('events') events() {
    return of({ event: 'tick', data: 1 }, { event: 'tick', data: 2 }, 3);
  }
  @SubscribeMessage('manual') manual(@Ack() ack: (...answer: unknown[]) => void) {
    ack('a', 'b');
    return 'ignored';
  }
  @SubscribeMessage('string error') stringError() {
    throw new WsException('no');
  }
  @SubscribeMessage('object error') objectError() {
    throw new WsException({ code: 1 });
  }
  @SubscribeMessage('bug') bug() {
    throw new Error('secret');
  }
  @SubscribeMessage('valid')
  @UsePipes(new ValidationPipe({ exceptionFactory: () => new WsException('invalid') }))
  valid(@MessageBody() dto: NumberDto) {
    return dto.value;
  }
  @SubscribeMessage('room') async room(@ConnectedSocket() client: any, @MessageBody() room: string) {
    await client.join(room);
    this.server.to(room).emit('joined', room, client.rooms.has(room));
    return (await this.server.in(room).fetchSockets()).length;
  }
}

@WebSocketGateway({ namespace: 'other' })
class Other {
  @WebSocketServer() namespace: any;
  @SubscribeMessage('name') name() {
    return this.namespace.name;
  }
}

/** What a client sees: acknowledgement and events, in order. */
async function observe(socket: Socket, event: string, args: unknown[], isAnswered: boolean): Promise<unknown[]> {
  const seen: unknown[] = [];
  const listen = (...received: unknown[]) => seen.push(received);
  socket.onAny(listen);
  const answer = isAnswered ? ask(socket, event, ...args) : undefined;
  if (answer === undefined) socket.emit(event, ...args);
  else seen.push(['ack', ...(await answer)]);
  // What came of it is there before the answer to a later message.
  await ask(socket, 'body', 'last');
  socket.offAny(listen);
  return seen;
}

describe('gateways do what they do on @nestjs/platform-socket.io', () => {
  let official: RunningApp;
  let ours: RunningApp;

  beforeAll(async () => {
    official = await startApp({ official: true, providers: [Gateway, Other] });
    ours = await startApp({ providers: [Gateway, Other] });
  });

  afterAll(async () => {
    await official?.close();
    await ours?.close();
  });

  const both = async (event: string, args: unknown[], isAnswered: boolean, namespace = '/') => {
    const observed: unknown[] = [];
    for (const app of [official, ours]) {
      const socket = await app.connect(namespace);
      observed.push(await observe(socket, event, args, isAnswered));
      socket.disconnect();
    }
    return observed;
  };

  it.each([
    ['args', []],
    ['args', [1]],
    ['args', ['a', 'b']],
    ['args', [['a', 'b']]],
    ['args', [['a']]],
    ['args', [null]],
    ['args', [null, 1]],
    ['args', [{ event: 'x', data: 1 }]],
    ['body', [0]],
    ['body', [false]],
    ['body', ['']],
    ['body', [[]]],
    ['body', [{ deep: [1, { a: null }] }]],
    ['property', [{ id: 5 }]],
    ['property', [{}]],
    ['guarded', []],
    ['guarded', [1, 2]],
    ['manual', []],
    ['valid', [{ value: 3 }]],
    ['room', ['kitchen']],
  ])('%s %j: acknowledged', async (event, args) => {
    const [expected, actual] = await both(event, args, true);
    expect(actual).toEqual(expected);
  });

  /** Nest tells the cause since 12; ours does with every version. */
  const withoutCause = (seen: unknown): unknown =>
    JSON.parse(JSON.stringify(seen), (key, value) => (key === 'cause' ? undefined : value));

  it.each([
    ['args', []],
    ['guarded', []],
    ['forbidden', []],
    ['event', [1]],
    ['event', [{ a: [1] }]],
    ['event', [[1, 2]]],
    ['async event', []],
    ['events', []],
    ['string error', [1]],
    ['object error', []],
    ['bug', ['a', 'b']],
    ['valid', [{ value: 'x' }]],
    ['room', ['kitchen']],
    ['nobody listens', [1]],
  ])('%s %j: not acknowledged', async (event, args) => {
    const [expected, actual] = await both(event, args, false);
    if (isNest12) expect(actual).toEqual(expected);
    else expect(withoutCause(actual)).toEqual(withoutCause(expected));
  });

  it('handleConnection gets the socket alone, which is in its own room', async () => {
    const welcomes: unknown[] = [];
    for (const app of [official, ours]) {
      const socket = app.client();
      welcomes.push(await new Promise((resolve) => socket.once('welcome', (...args) => resolve(args))));
    }
    expect(welcomes).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('namespaces', async () => {
    const names: unknown[] = [];
    for (const app of [official, ours]) names.push(await ask(await app.connect('/other'), 'name'));
    expect(names).toEqual([['/other'], ['/other']]);
  });
});
