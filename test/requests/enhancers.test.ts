import {
  Body,
  CanActivate,
  Catch,
  createParamDecorator,
  Headers,
  HttpException,
  Inject,
  Injectable,
  ParseIntPipe,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type ArgumentsHost,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, REQUEST, Reflector } from '@nestjs/core';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { IsInt, IsString } from 'class-validator';
import { map, tap, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  Action,
  ActionScope,
  BaseHook,
  connectionGuard,
  CurrentUser,
  Data,
  Hook,
  Query,
  scopeOf,
  type HookScope,
} from 'nestjs-jira';
import { createTestApp, TestClient } from '../support/app.js';

const Roles = (...roles: string[]) => SetMetadata('roles', roles);

/** As Nest's documentation writes it, for HTTP. */
@Injectable()
class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.getAllAndOverride<string[] | undefined>('roles', [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!roles) return true;
    const { user } = context.switchToHttp().getRequest<{ user: { role?: string } | null }>();
    return roles.includes(user?.role ?? '');
  }
}

const log: string[] = [];
const note = (line: string): void => void log.push(line);

@Injectable()
class NotingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    note(`guard ${context.getType()} ${context.switchToWs().getPattern()}`);
    return true;
  }
}

@Injectable()
class Wrapping implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    note('interceptor >');
    return next.handle().pipe(
      tap(() => note('interceptor <')),
      map((value: unknown) => ({ wrapped: value })),
    );
  }
}

@Injectable()
class Shouting implements PipeTransform {
  transform(value: unknown): unknown {
    if (typeof value === 'string') return value.toUpperCase();
    const { text } = (value ?? {}) as { text?: unknown };
    return typeof text === 'string' ? { ...(value as object), text: text.toUpperCase() } : value;
  }
}

@Catch(RangeError)
class RangeFilter implements ExceptionFilter {
  catch(error: RangeError, host: ArgumentsHost): unknown {
    return { code: 'OUT_OF_RANGE', message: error.message, at: host.switchToWs().getPattern() };
  }
}

/** Written for HTTP: there is no such response here. */
@Catch()
class HttpFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<{ status(code: number): { json(body: object): void } }>();
    response.status(500).json({ error: String(error) });
  }
}

let scopedGuards = 0;

@Injectable({ scope: Scope.REQUEST })
class PerRequestGuard implements CanActivate {
  readonly number = ++scopedGuards;

  constructor(@Inject(REQUEST) private readonly request: { user: { id: number } | null }) {}

  canActivate(): boolean {
    note(`scoped guard ${this.number} for ${this.request.user?.id}`);
    return this.request.user !== null;
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestLog {
  readonly lines: string[] = [];
}

class Text {
  @IsString() text: string;
}
class Amount {
  @IsInt() amount: number;
}

const Twice = createParamDecorator((_: unknown, context) => {
  const { amount } = scopeOf(context).data as { amount: number };
  return amount * 2;
});

@Hook('plain')
class PlainHook extends BaseHook {
  @Action()
  ping() {
    return 'pong';
  }

  @Action({ methods: ['POST'] })
  range() {
    throw new RangeError('too far');
  }
}

class GuardedBase extends BaseHook {
  @Roles('admin')
  @UseGuards(RolesGuard)
  @Action({ methods: ['POST'] })
  close(_scope: ActionScope): unknown {
    return 'base';
  }
}

@Hook('guarded')
class GuardedHook extends GuardedBase {
  override close(_scope: ActionScope): unknown {
    return 'override';
  }

  @Action()
  @UseGuards(NotingGuard)
  @UseInterceptors(Wrapping)
  noted() {
    note('action');
    return 1;
  }

  @Action({ methods: ['POST'], input: Text })
  @UsePipes(Shouting)
  shout(scope: ActionScope<Text>) {
    return scope.data;
  }

  @Action({ methods: ['POST'] })
  @UseFilters(RangeFilter)
  range() {
    throw new RangeError('too far');
  }

  @Action({ methods: ['POST'], input: Amount })
  parts(
    scope: ActionScope<Amount>,
    @Data() data: Amount,
    @Data('amount') amount: number,
    @Query('page', ParseIntPipe) page: number,
    @CurrentUser() user: { id: number },
    @CurrentUser('id') id: number,
    @Twice() twice: number,
    @Body('amount') body: number,
    @MessageBody() message: Amount,
    @ConnectedSocket() socket: { id: string },
    @Headers('X-Trace') trace: string,
  ) {
    const isInput = data instanceof Amount && message === data;
    return { amount, page, user, id, twice, body, isInput, trace, isSocket: socket.id === scope.sid };
  }
}

@Hook('scoped')
class ScopedHook extends BaseHook {
  @Action()
  @UseGuards(PerRequestGuard)
  async log(scope: ActionScope) {
    const first = await scope.resolve(RequestLog);
    first.lines.push('one');
    return (await scope.resolve(RequestLog)).lines;
  }
}

describe("Nest's own", () => {
  const start = (providers: readonly unknown[] = []) =>
    createTestApp({
      entities: [],
      providers: [PlainHook, GuardedHook, ScopedHook, RequestLog, ...(providers as [])],
    });

  it('guards of an action hold for an override, and read metadata and the user as they do for HTTP', async () => {
    await using nest = await start();
    const user = await nest.connect(1);
    const admin = await nest.connect(1, { token: 'user-1-admin' });
    expect(await user.call('guarded', 'close', 'POST')).toMatchObject({
      status: 403,
      data: { code: 'PERMISSION_DENIED' },
    });
    expect(await admin.call('guarded', 'close', 'POST')).toMatchObject({ status: 200, data: 'override' });
  });

  it('guards, interceptors and pipes run in their order, in a context of type ws', async () => {
    await using nest = await start();
    const client = await nest.connect(1);
    log.length = 0;
    expect(await client.call('guarded', 'noted', 'GET')).toMatchObject({ status: 200, data: { wrapped: 1 } });
    expect(log).toEqual(['guard ws guarded/noted', 'interceptor >', 'action', 'interceptor <']);
    const shouted = await client.call('guarded', 'shout', 'POST', { data: { text: 'hey' } });
    expect(shouted).toMatchObject({ status: 200, data: { text: 'HEY' } });
  });

  it('filters answer with what they return, at the status of the error', async () => {
    await using nest = await start();
    const client = await nest.connect(1);
    expect(await client.call('guarded', 'range', 'POST')).toMatchObject({
      status: 500,
      data: { code: 'OUT_OF_RANGE', message: 'too far', at: 'guarded/range' },
    });
  });

  it('parameter decorators and own ones give parts of the request, through their pipes', async () => {
    await using nest = await start();
    const client = await nest.connect(7);
    const request = { data: { amount: 21 }, query: { page: '3' }, headers: { 'x-trace': 't1' } };
    expect(await client.call('guarded', 'parts', 'POST', request)).toMatchObject({
      status: 200,
      data: {
        amount: 21, page: 3, user: { id: 7 }, id: 7, twice: 42, body: 21, isInput: true, trace: 't1', isSocket: true,
      },
    }); // prettier-ignore
    expect(await client.call('guarded', 'parts', 'POST', { ...request, query: { page: 'x' } })).toMatchObject({
      status: 400,
      data: { code: 'BAD_REQUEST' },
    });
  });

  it('request-scoped guards are made for each request, with it', async () => {
    await using nest = await start();
    const client = await nest.connect(5);
    const nobody = await nest.connect();
    log.length = 0;
    expect(await client.call('scoped', 'log', 'GET')).toMatchObject({ status: 200, data: ['one'] });
    expect(await client.call('scoped', 'log', 'GET')).toMatchObject({ status: 200, data: ['one'] });
    expect(await nobody.call('scoped', 'log', 'GET')).toMatchObject({ status: 403 });
    const numbers = log.map((line) => /\d+/.exec(line)?.[0]);
    expect(new Set(numbers).size).toBe(3);
    expect(log.map((line) => line.replace(/\d+/, 'n'))).toEqual([
      'scoped guard n for 5',
      'scoped guard n for 5',
      'scoped guard n for undefined',
    ]);
  });

  it('global guards, pipes, interceptors and filters hold for hooks as well', async () => {
    await using nest = await start([
      { provide: APP_GUARD, useClass: NotingGuard },
      { provide: APP_INTERCEPTOR, useClass: Wrapping },
      { provide: APP_PIPE, useClass: Shouting },
      { provide: APP_FILTER, useClass: RangeFilter },
    ]);
    const client = await nest.connect(1);
    log.length = 0;
    expect(await client.call('plain', 'ping', 'GET')).toMatchObject({ status: 200, data: { wrapped: 'pong' } });
    expect(log).toEqual(['guard ws plain/ping', 'interceptor >', 'interceptor <']);
    expect(await client.call('plain', 'range', 'POST')).toMatchObject({ data: { code: 'OUT_OF_RANGE' } });
    const shouted = await client.call('guarded', 'shout', 'POST', { data: { text: 'hey' } });
    expect(shouted).toMatchObject({ data: { wrapped: { text: 'HEY' } } });
  });

  it('global request-scoped guards hold for hooks as well', async () => {
    await using nest = await start([{ provide: APP_GUARD, useClass: PerRequestGuard }]);
    const client = await nest.connect(5);
    const nobody = await nest.connect();
    expect(await client.call('plain', 'ping', 'GET')).toMatchObject({ status: 200, data: 'pong' });
    expect(await nobody.call('plain', 'ping', 'GET')).toMatchObject({ status: 403 });
  });

  it('ValidationPipe, as most applications set it globally, leaves partial updates and field errors alone', async () => {
    const pipe = new ValidationPipe({ whitelist: true, transform: true });
    await using nest = await start([{ provide: APP_PIPE, useValue: pipe }]);
    const client = await nest.connect(1);
    expect(await client.call('guarded', 'shout', 'POST', { data: { text: 1 } })).toMatchObject({
      status: 400,
      data: { code: 'VALIDATION_FAILED', errors: { text: [expect.any(String)] } },
    });
  });

  it('filters that were written for HTTP do not hide what went wrong', async () => {
    await using nest = await start([{ provide: APP_FILTER, useClass: HttpFilter }]);
    const client = await nest.connect(1);
    const denied = await client.call('guarded', 'close', 'POST');
    expect(denied).toMatchObject({ status: 403, data: { code: 'PERMISSION_DENIED' } });
    expect(await client.call('plain', 'range', 'POST')).toMatchObject({ status: 500, data: { code: 'INTERNAL' } });
    expect(await client.call('plain', 'ping', 'GET')).toMatchObject({ status: 200, data: 'pong' });
  });

  it('filters may throw another exception', async () => {
    @Catch(RangeError)
    class Teapot implements ExceptionFilter {
      catch(): never {
        throw new HttpException({ code: 'TEAPOT', message: 'I am one.' }, 418);
      }
    }
    await using nest = await start([{ provide: APP_FILTER, useClass: Teapot }]);
    const client = await nest.connect(1);
    expect(await client.call('plain', 'range', 'POST')).toMatchObject({ status: 418, data: { code: 'TEAPOT' } });
  });
});

it('a guard that sets the user, as Passport does, sets it for its request alone', async () => {
  @Injectable()
  class Impersonating implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      context.switchToHttp().getRequest<{ user: unknown }>().user = { id: 99 };
      return true;
    }
  }
  @Hook('who')
  class WhoHook extends BaseHook {
    @Action()
    me(scope: HookScope) {
      return scope.user as unknown;
    }

    @Action()
    @UseGuards(Impersonating)
    other(scope: HookScope) {
      return scope.user as unknown;
    }
  }
  await using app = await createTestApp({ entities: [], providers: [WhoHook] });
  const client = await app.connect(1);
  expect(await client.call('who', 'other', 'GET')).toMatchObject({ data: { id: 99 } });
  expect(await client.call('who', 'me', 'GET')).toMatchObject({ data: { id: 1 } });
});

it('a guard of connections is asked at the handshake, with the user and the headers', async () => {
  @Injectable()
  class OnlyKnownDevices implements CanActivate {
    constructor(private readonly reflector: Reflector) {}

    async canActivate(context: ExecutionContext): Promise<boolean> {
      const client = context.switchToWs().getClient<{ user: { id: number } | null; headers: object; id: string }>();
      const { device } = context.switchToWs().getData<{ device?: string }>();
      const isSocket = client.id.length > 0 && 'host' in client.headers && this.reflector instanceof Reflector;
      return Promise.resolve(isSocket && context.getType() === 'ws' && client.user?.id === 1 && device === 'known');
    }
  }
  const options = { permissions: [connectionGuard(OnlyKnownDevices)] };
  await using app = await createTestApp({ entities: [], providers: [PlainHook], options });
  const client = await app.connect(1, { device: 'known' });
  expect(await client.call('plain', 'ping', 'GET')).toMatchObject({ status: 200 });
  for (const auth of [{ token: 'user-1' }, { token: 'user-2', device: 'known' }]) {
    const refused = new TestClient(app.url, { jira: 2, ...auth });
    await expect(refused.connected()).rejects.toMatchObject({ data: { code: 'PERMISSION_DENIED', status: 403 } });
    refused.close();
  }
});
