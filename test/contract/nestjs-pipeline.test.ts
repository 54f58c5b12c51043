import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, REQUEST } from '@nestjs/core';
import { MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { of } from 'rxjs';
import { tap } from 'rxjs/operators';
import type { Socket } from '../../core/index.js';
import { UseConnectionGuards } from '../../integrations/nestjs/index.js';
import { bounded, once } from '../support/compat/wait.js';
import { ask, type Platform, platforms, usingApps } from '../support/nestjs/app.js';
import { isNest12 } from '../support/nestjs/version.js';

let trace: string[] = [];
beforeEach(() => {
  trace = [];
});

const guard = (name: string): CanActivate => ({
  canActivate(context: ExecutionContext) {
    trace.push(`guard ${name} ${context.getType()} ${context.switchToWs().getPattern()}`);
    return true;
  },
});
const pipe = (name: string): PipeTransform => ({
  transform(value: unknown) {
    trace.push(`pipe ${name}`);
    return typeof value === 'string' ? `${value}+${name}` : value;
  },
});
const interceptor = (name: string): NestInterceptor => ({
  intercept(_context: ExecutionContext, next: CallHandler) {
    trace.push(`before ${name}`);
    return next.handle().pipe(tap(() => trace.push(`after ${name}`)));
  },
});

@Catch(ForbiddenException)
class GatewayFilter {
  catch(exception: Error, host: ArgumentsHost): void {
    trace.push(`gateway filter ${exception.message}`);
    host.switchToWs().getClient<Socket>().emit('exception', { by: 'gateway' });
  }
}

@UseGuards(guard('class'))
@UsePipes(pipe('class'))
@UseInterceptors(interceptor('class'))
@UseFilters(GatewayFilter)
@WebSocketGateway()
class Pipeline {
  @UseGuards(guard('method'))
  @UsePipes(pipe('method'))
  @UseInterceptors(interceptor('method'))
  @SubscribeMessage('go')
  go(@MessageBody() body: string) {
    trace.push('handler');
    return body;
  }
  @SubscribeMessage('forbidden') forbidden() {
    throw new ForbiddenException();
  }
  @SubscribeMessage('range') range() {
    throw new RangeError('out of range');
  }
  @SubscribeMessage('ws') ws() {
    throw new WsException('plain');
  }
}

@Catch(RangeError)
@Injectable()
class RangeFilter {
  catch(exception: Error, host: ArgumentsHost): void {
    trace.push(`global filter ${exception.message} ${host.getType()}`);
    host.switchToWs().getClient<Socket>().emit('exception', { by: 'global' });
  }
}

@Catch()
class HttpOnlyFilter {
  catch(_exception: Error, host: ArgumentsHost): void {
    host.switchToHttp().getResponse().status(500).json({});
  }
}

// --- guards at connect ---

@Injectable()
class Accounts {
  async find(token: unknown): Promise<string | undefined> {
    await new Promise((resolve) => setImmediate(resolve));
    return token === 'good' ? 'alice' : undefined;
  }
}

@Injectable()
class TokenGuard implements CanActivate {
  constructor(private readonly accounts: Accounts) {}
  async canActivate(context: ExecutionContext): Promise<boolean> {
    trace.push(`${context.getClass().name} ${context.getHandler().name} ${context.getType()}`);
    const client = context.switchToWs().getClient<Socket>();
    const { token } = context.switchToWs().getData();
    if (token === 'ws') throw new WsException('no entry');
    if (token === 'object') throw new WsException({ code: 9 });
    if (token === 'http') throw new ForbiddenException('banned');
    if (token === 'bug') throw new TypeError('secret detail');
    client.data.user = await this.accounts.find(token);
    return client.data.user !== undefined;
  }
}

const observableGuard: CanActivate = {
  canActivate: (context) => of(context.switchToWs().getData().mood !== 'bad'),
};

@Module({ providers: [Accounts], exports: [Accounts] })
class AccountsModule {}

@UseConnectionGuards(TokenGuard, observableGuard)
@WebSocketGateway({ namespace: 'private' })
class PrivateGateway {
  handleConnection(client: Socket) {
    trace.push(`connected ${client.data.user}`);
  }
  @SubscribeMessage('me') me() {
    return 'you';
  }
}

// --- handleConnection ---

const gates = new Map<string, () => void>();

@WebSocketGateway({ namespace: 'slow' })
class SlowGateway {
  async handleConnection(client: Socket) {
    const { mode } = client.handshake.auth;
    if (mode === 'refuse') throw new WsException('not today');
    if (mode === 'bug') throw new TypeError('secret detail');
    await new Promise<void>((resolve) => gates.set(String(mode), resolve));
    client.data.ready = true;
    trace.push('connected');
  }
  @SubscribeMessage('ready') ready(@MessageBody() index: number) {
    trace.push(`message ${index}`);
    return index;
  }
}

@WebSocketGateway({ namespace: 'slow' })
class SlowToo {
  handleConnection = async () => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    trace.push('connected, too');
  };
}

@WebSocketGateway({ namespace: 'broken' })
class SynchronouslyBroken {
  handleConnection() {
    throw new WsException('broken at once');
  }
}

// --- request scope ---

let made = 0;

@Injectable({ scope: Scope.REQUEST })
class PerSocket {
  readonly id = ++made;
  constructor(@Inject(REQUEST) readonly client: Socket) {}
}

@Injectable({ scope: Scope.REQUEST })
class ScopedGuard implements CanActivate {
  constructor(private readonly perSocket: PerSocket) {}
  canActivate(context: ExecutionContext): boolean {
    const client = context.switchToWs().getClient<Socket>();
    client.data.guardedBy = this.perSocket.id;
    return this.perSocket.client === client;
  }
}

@UseConnectionGuards(ScopedGuard)
@WebSocketGateway({ namespace: 'scoped' })
class ScopedGateway {
  #connected = false;
  constructor(private readonly perSocket: PerSocket) {}
  async handleConnection() {
    await new Promise((resolve) => setImmediate(resolve));
    this.#connected = true;
  }
  handleDisconnect() {
    trace.push(`gone ${this.perSocket.id}`);
  }
  @SubscribeMessage('who') who() {
    return [this.perSocket.id, this.perSocket.client.data.guardedBy, this.#connected];
  }
}

const start = usingApps();

describe.each(Object.keys(platforms) as Platform[])('the pipeline of gateways on %s', (platform) => {
  it('runs global, class and method guards, interceptors and pipes, in this order', async () => {
    const { connect } = await start({
      platform,
      providers: [Pipeline, { provide: APP_GUARD, useValue: guard('app') }],
      prepare: (app) => {
        app.useGlobalGuards(guard('global'));
        app.useGlobalPipes(pipe('global'));
        app.useGlobalInterceptors(interceptor('global'));
      },
    });
    expect(await ask(await connect(), 'go', 'x')).toEqual([isNest12 ? 'x+global+class+method' : 'x+class+method']);
    expect(trace.filter((line) => line.startsWith('guard')).sort()).toEqual(
      (isNest12 ? ['app', 'class', 'global', 'method'] : ['class', 'method']).map((name) => `guard ${name} ws go`),
    );
    expect(trace.filter((line) => !line.startsWith('guard'))).toEqual([
      ...(isNest12 ? ['before global'] : []),
      'before class',
      'before method',
      ...(isNest12 ? ['pipe global'] : []),
      'pipe class',
      'pipe method',
      'handler',
      'after method',
      'after class',
      ...(isNest12 ? ['after global'] : []),
    ]);
  });

  it('runs filters of the gateway, then global ones, then its own', async () => {
    for (const { providers, prepare } of [
      { providers: [Pipeline], prepare: (app: any) => app.useGlobalFilters(new RangeFilter()) },
      { providers: [Pipeline, { provide: APP_FILTER, useClass: RangeFilter }], prepare: () => {} },
    ]) {
      trace = [];
      const { connect } = await start({ platform, providers, prepare });
      const socket = await connect();
      expect(await ask(socket, 'forbidden')).toEqual([{ by: 'gateway' }]);
      expect(await ask(socket, 'range')).toEqual([{ by: 'global' }]);
      expect(await ask(socket, 'ws')).toEqual([expect.objectContaining({ message: 'plain' })]);
      expect(trace.filter((line) => line.includes('filter'))).toEqual([
        'gateway filter Forbidden',
        'global filter out of range ws',
      ]);
    }
  });

  it('does without a global filter that knows HTTP only, and says so', async () => {
    const { connect, logs } = await start({
      platform,
      providers: [Pipeline],
      prepare: (app) => app.useGlobalFilters(new HttpOnlyFilter()),
    });
    expect(await ask(await connect(), 'ws')).toEqual([expect.objectContaining({ message: 'plain' })]);
    expect(logs.join('\n')).toContain('HttpOnlyFilter failed on an exception of a gateway');
  });

  it('leaves no trace of itself on the classes when the application is closed', async () => {
    const keys = () => Reflect.getMetadataKeys(Pipeline).map((key) => [key, Reflect.getMetadata(key, Pipeline)]);
    const before = keys();
    const { close } = await start({ platform, providers: [Pipeline] });
    expect(keys()).not.toEqual(before);
    await close();
    expect(keys()).toEqual(before);
  });

  describe('guards at connect', () => {
    const settings = { platform, imports: [AccountsModule], providers: [PrivateGateway] };

    it('admit, with injected providers, before handleConnection', async () => {
      const { connect } = await start(settings);
      const socket = await connect('/private', { auth: { token: 'good' } });
      expect(await ask(socket, 'me')).toEqual(['you']);
      expect(trace).toEqual(['PrivateGateway handleConnection ws', 'connected alice']);
    });

    it.each([
      ['bad', 'Forbidden resource', { status: 'error', message: 'Forbidden resource' }],
      ['ws', 'no entry', { status: 'error', message: 'no entry' }],
      ['object', expect.any(String), { code: 9 }],
      ['http', 'banned', { status: 'error', statusCode: 403, message: 'banned', error: 'Forbidden' }],
      ['bug', 'Internal server error', { status: 'error', message: 'Internal server error' }],
    ])('refuse with connect_error: %s', async (token, message, data) => {
      const { client } = await start(settings);
      const [error] = await once(client('/private', { auth: { token } }), 'connect_error');
      expect(error.message).toEqual(message);
      expect(error.data).toEqual(data);
      expect(trace).toEqual(['PrivateGateway handleConnection ws']);
    });

    it('may answer by an observable', async () => {
      const { client } = await start(settings);
      const refused = client('/private', { auth: { token: 'good', mood: 'bad' } });
      const [error] = await once(refused, 'connect_error');
      expect(error.message).toBe('Forbidden resource');
    });

    it('are the providers of the application where it has them', async () => {
      const { client } = await start({
        ...settings,
        providers: [PrivateGateway, { provide: TokenGuard, useValue: { canActivate: () => false } }],
      });
      await once(client('/private', { auth: { token: 'good' } }), 'connect_error');
    });
  });

  describe('handleConnection', () => {
    const settings = { platform, providers: [SlowGateway, SlowToo] };

    it('is over before the first message is handled, and messages keep their order', async () => {
      const { connect } = await start(settings);
      const socket = await connect('/slow', { auth: { mode: 'order' } });
      const answers = Promise.all([0, 1, 2].map((index) => ask(socket, 'ready', index)));
      const other = await connect('/slow', { auth: { mode: 'other' } });
      gates.get('other')!();
      expect(await ask(other, 'ready', 9)).toEqual([9]);
      expect(trace).toEqual(['connected, too', 'connected, too', 'connected', 'message 9']);
      gates.get('order')!();
      expect(await answers).toEqual([[0], [1], [2]]);
      expect(trace.slice(4)).toEqual(['connected', 'message 0', 'message 1', 'message 2']);
    });

    it.each([
      ['refuse', 'not today'],
      ['bug', 'Internal server error'],
    ])('that fails disconnects the client and tells it why: %s', async (mode, message) => {
      const { client } = await start(settings);
      const socket = client('/slow', { auth: { mode } });
      const disconnected = once(socket, 'disconnect');
      expect(await once(socket, 'exception')).toEqual([
        { status: 'error', message, cause: { pattern: 'handleConnection' } },
      ]);
      expect(await disconnected).toEqual(expect.arrayContaining(['io server disconnect']));
    });

    it('that throws at once does, too', async () => {
      const { client } = await start({ platform, providers: [SynchronouslyBroken] });
      const socket = client('/broken');
      const disconnected = once(socket, 'disconnect');
      expect(await once(socket, 'exception')).toEqual([
        { status: 'error', message: 'broken at once', cause: { pattern: 'handleConnection' } },
      ]);
      await disconnected;
    });
  });

  // Before 12, Nest has no request-scoped gateways.
  if (isNest12) {
    it('has one request context per socket, from the guards to the end', async () => {
      made = 0;
      const { connect } = await start({ platform, providers: [ScopedGateway, PerSocket, ScopedGuard] });
      const first = await connect('/scoped');
      expect(await Promise.all([ask(first, 'who'), ask(first, 'who')])).toEqual([[[1, 1, true]], [[1, 1, true]]]);
      const second = await connect('/scoped');
      expect(await ask(second, 'who')).toEqual([[2, 2, true]]);
      first.disconnect();
      await bounded(
        (async () => {
          while (!trace.includes('gone 1')) await ask(second, 'who');
        })(),
        'handleDisconnect of the first socket',
      );
      expect(made).toBe(2);
    });
  }
});
