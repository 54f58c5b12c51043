import { EventEmitter } from 'node:events';
import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  ForbiddenException,
  UseFilters,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import {
  BaseWsExceptionFilter,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
} from '@nestjs/websockets';
import { IsInt, IsString } from 'class-validator';
import { concat, EMPTY, from, Observable, of, throwError } from 'rxjs';
import type { Socket } from '../../core/index.js';
import { EventArg, EventArgs, EventName } from '../../integrations/nestjs/index.js';
import { once } from '../support/compat/wait.js';
import { ask, type Platform, platforms, usingApps } from '../support/nestjs/app.js';
import { Ack } from '../support/nestjs/version.js';

class SayDto {
  @IsInt() room!: number;
  @IsString() text!: string;
}

@Catch()
class OwnFilter {
  catch(exception: Error, host: ArgumentsHost): void {
    host.switchToWs().getClient<Socket>().emit('exception', { mine: exception.message });
  }
}

@Catch()
class SilentFilter {
  catch(): void {}
}

@Catch()
class AckingFilter {
  catch(exception: Error, host: ArgumentsHost): void {
    host.getArgByIndex(2)?.({ acked: exception.message });
  }
}

@Catch(WsException)
class ExtendedFilter extends BaseWsExceptionFilter {
  override catch(exception: WsException, host: ArgumentsHost): void {
    super.catch(new WsException({ extended: exception.message }), host);
  }
}

/** Emits `stop` when a stream is told to stop. */
const streams = new EventEmitter();

@WebSocketGateway()
class Messages {
  @SubscribeMessage('value') value(@MessageBody() body: unknown) {
    return { body };
  }
  @SubscribeMessage('void') nothing(): void {}
  @SubscribeMessage('async void') async asyncNothing(): Promise<void> {}
  @SubscribeMessage('null') nullAnswer() {
    return null;
  }
  @SubscribeMessage('zero') zero() {
    return 0;
  }
  @SubscribeMessage('empty') empty() {
    return EMPTY;
  }
  @SubscribeMessage('response') response() {
    return { event: 'elsewhere', data: 1 };
  }
  @SubscribeMessage('half response') half() {
    return { event: 'birthday', at: 'noon' };
  }
  @SubscribeMessage('manual') manual(@Ack() ack: (answer: unknown) => void) {
    setImmediate(() => ack('by hand'));
  }
  @SubscribeMessage('manual failure') manualFailure(@Ack() _ack: unknown) {
    throw new WsException('no hands');
  }
  @SubscribeMessage('undecorated') undecorated(client: Socket, body: unknown, ack: unknown) {
    return [typeof client.emit, body, typeof ack];
  }
  @SubscribeMessage('args') args(
    @MessageBody() body: unknown,
    @EventArgs() args: unknown[],
    @EventArg(1) second: unknown,
    @EventName() name: string,
  ) {
    return { body, args, second: second === undefined ? 'none' : second, name };
  }
  @SubscribeMessage('say') @UsePipes(new ValidationPipe({ transform: true })) say(@MessageBody() dto: SayDto) {
    return dto.room + 1;
  }
  @SubscribeMessage('ws error') wsError() {
    throw new WsException('bad luck');
  }
  @SubscribeMessage('ws object') wsObject() {
    throw new WsException({ code: 7 });
  }
  @SubscribeMessage('http error') httpError() {
    throw new ForbiddenException('members only');
  }
  @SubscribeMessage('http body') httpBody() {
    throw new BadRequestException({ fields: ['a'], hint: 'b' });
  }
  @SubscribeMessage('bug') bug() {
    throw new TypeError('secret detail');
  }
  @SubscribeMessage('own filter') @UseFilters(OwnFilter) own(@MessageBody() text: string) {
    throw new WsException(text);
  }
  @SubscribeMessage('silent filter') @UseFilters(SilentFilter) silent() {
    throw new WsException('silence');
  }
  @SubscribeMessage('acking filter') @UseFilters(AckingFilter) acking() {
    throw new WsException('heard');
  }
  @SubscribeMessage('extended filter') @UseFilters(ExtendedFilter) extended() {
    throw new WsException('twice');
  }
  @SubscribeMessage('observable') observable() {
    return of({ event: 'tick', data: 1 }, { event: 'tick', data: 2 });
  }
  @SubscribeMessage('mixed') mixed() {
    return from(['first', { event: 'tick', data: 2 }, 'lost']);
  }
  @SubscribeMessage('failing stream') failingStream() {
    return concat(
      of({ event: 'tick', data: 1 }),
      throwError(() => new WsException('broke off')),
    );
  }
  @SubscribeMessage('generator') async *generator(@MessageBody() count: number) {
    for (let index = 0; index < count; index++) yield { event: 'tick', data: index };
  }
  @SubscribeMessage('failing generator') async *failingGenerator() {
    yield { event: 'tick', data: 1 };
    throw new WsException('broke off');
  }
  @SubscribeMessage('endless') async *endless() {
    try {
      for (let index = 0; ; index++) {
        yield { event: 'tick', data: index };
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      streams.emit('stop');
    }
  }
  @SubscribeMessage('endless observable') endlessObservable() {
    return new Observable((subscriber) => {
      subscriber.next({ event: 'tick', data: 0 });
      return () => streams.emit('stop');
    });
  }
}

@WebSocketGateway()
class SecondListener {
  @SubscribeMessage('void') answer() {
    return 'from the other gateway';
  }
}

const start = usingApps();

describe.each(Object.keys(platforms) as Platform[])('messages of Nest gateways on %s', (platform) => {
  const connect = async () => (await start({ platform, providers: [Messages] })).connect();

  describe('acknowledgements always come', () => {
    it.each([
      ['value', [{ body: 'x' }]],
      ['void', []],
      ['async void', []],
      ['null', [null]],
      ['zero', [0]],
      ['empty', []],
      ['half response', [{ event: 'birthday', at: 'noon' }]],
      ['manual', ['by hand']],
      ['undecorated', [['function', 'x', 'function']]],
    ])('%s', async (event, answer) => {
      expect(await ask(await connect(), event, 'x')).toEqual(answer);
    });

    it('also without data', async () => {
      expect(await ask(await connect(), 'value')).toEqual([{}]);
    });

    it('and a { event, data } is an event, with an empty acknowledgement', async () => {
      const socket = await connect();
      const event = once(socket, 'elsewhere');
      expect(await ask(socket, 'response')).toEqual([]);
      expect(await event).toEqual([1]);
    });

    it('with the value of the gateway that has one, when several handle an event', async () => {
      for (const providers of [
        [Messages, SecondListener],
        [SecondListener, Messages],
      ]) {
        const { connect: connectTo } = await start({ platform, providers });
        expect(await ask(await connectTo(), 'void')).toEqual(['from the other gateway']);
      }
    });
  });

  describe('arguments survive', () => {
    it.each([
      [[], { args: [], second: 'none' }],
      [['a'], { body: 'a', args: ['a'], second: 'none' }],
      [['a', 'b'], { body: ['a', 'b'], args: ['a', 'b'], second: 'b' }],
      [[['a', 'b']], { body: ['a', 'b'], args: [['a', 'b']], second: 'none' }],
      [[null, 0], { body: [null, 0], args: [null, 0], second: 0 }],
    ])('%j', async (args, expected) => {
      expect(await ask(await connect(), 'args', ...args)).toEqual([{ ...expected, name: 'args' }]);
    });
  });

  describe('errors reach the acknowledgement and the exception event', () => {
    const body = { room: 'one' };
    it.each([
      ['ws error', { status: 'error', message: 'bad luck', cause: { pattern: 'ws error', data: body } }],
      ['ws object', { code: 7 }],
      [
        'http error',
        {
          status: 'error',
          statusCode: 403,
          message: 'members only',
          error: 'Forbidden',
          cause: { pattern: 'http error', data: body },
        },
      ],
      ['http body', { status: 'error', fields: ['a'], hint: 'b', cause: { pattern: 'http body', data: body } }],
      [
        'say',
        {
          status: 'error',
          statusCode: 400,
          error: 'Bad Request',
          message: ['room must be an integer number', 'text must be a string'],
          cause: { pattern: 'say', data: body },
        },
      ],
      ['bug', { status: 'error', message: 'Internal server error', cause: { pattern: 'bug', data: body } }],
      ['manual failure', { status: 'error', message: 'no hands', cause: { pattern: 'manual failure', data: body } }],
      ['own filter', { mine: 'boom' }, 'boom'],
      ['extended filter', { extended: 'twice' }],
    ])('%s', async (event, payload, message: unknown = body) => {
      const socket = await connect();
      const exception = once(socket, 'exception');
      expect(await ask(socket, event, message)).toEqual([payload]);
      expect(await exception).toEqual([payload]);
      // The connection is as good as before.
      expect(await ask(socket, 'say', { room: 1, text: 'hi' })).toEqual([2]);
    });

    it('without an acknowledgement, as the event alone', async () => {
      const socket = await connect();
      socket.emit('ws error', 1);
      expect(await once(socket, 'exception')).toEqual([
        { status: 'error', message: 'bad luck', cause: { pattern: 'ws error', data: 1 } },
      ]);
    });

    it('when a filter says nothing, too', async () => {
      expect(await ask(await connect(), 'silent filter')).toEqual([
        { status: 'error', message: 'Internal server error' },
      ]);
    });

    it('when a filter acknowledges by itself, as it wants', async () => {
      expect(await ask(await connect(), 'acking filter')).toEqual([{ acked: 'heard' }]);
    });

    it('each in the acknowledgement it belongs to', async () => {
      const socket = await connect();
      const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
      const answers = await Promise.all(
        names.flatMap((name) => [ask(socket, 'own filter', name), ask(socket, 'ws error', name)]),
      );
      expect(answers.filter((_, index) => index % 2 === 0)).toEqual(names.map((mine) => [{ mine }]));
      expect(answers.filter((_, index) => index % 2 === 1)).toEqual(
        names.map((data) => [{ status: 'error', message: 'bad luck', cause: { pattern: 'ws error', data } }]),
      );
    });
  });

  describe('streams', () => {
    async function collect(event: string, data?: unknown) {
      const socket = await connect();
      const ticks: unknown[] = [];
      socket.on('tick', (value) => ticks.push(value));
      return { answer: await ask(socket, event, data), ticks, socket };
    }

    it.each([
      ['observable', [1, 2], []],
      ['mixed', [2], ['first']],
      ['generator', [0, 1, 2], []],
    ])('%s', async (event, expected, answer) => {
      const collected = await collect(event, 3);
      expect(collected.answer).toEqual(answer);
      // The first plain value is acknowledged ahead of the events behind it.
      await ask(collected.socket, 'void');
      expect(collected.ticks).toEqual(expected);
    });

    it.each(['failing stream', 'failing generator'])('%s: the error comes behind what was sent', async (event) => {
      const collected = await collect(event, 3);
      expect(collected.ticks).toEqual([1]);
      expect(collected.answer).toEqual([expect.objectContaining({ status: 'error', message: 'broke off' })]);
    });

    it.each(['endless', 'endless observable'])('%s: it stops when the client leaves', async (event) => {
      const socket = await connect();
      socket.emit(event);
      await once(socket, 'tick');
      const stop = once(streams, 'stop');
      socket.disconnect();
      await stop;
    });
  });
});
