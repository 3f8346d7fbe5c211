// What an application sets for all of it: `app.useGlobal…`, request-scoped enhancers, filters that answer.

import {
  Catch,
  ConflictException,
  Inject,
  Injectable,
  Scope,
  UseFilters,
  ValidationPipe,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE, REQUEST } from '@nestjs/core';
import { IsInt, IsString } from 'class-validator';
import { map, of, type Observable } from 'rxjs';
import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { Action, ActionScope, Answer, BaseHook, Data, Hook, scopeOf } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { CreateIssue, Issue, IssueHook, Member, Project, seedTracker } from '../support/tracker.js';

class Text {
  @IsString() text: string;
}

@Hook('echo')
class EchoHook extends BaseHook {
  @Action({ methods: ['POST'] })
  say(scope: ActionScope) {
    return scope.data;
  }

  @Action({ methods: ['POST'] })
  text(_scope: ActionScope, @Data() data: Text) {
    return { ...data, isText: data instanceof Text };
  }

  @Action({ methods: ['POST'] })
  fail() {
    throw new RangeError('too far');
  }
}

@Injectable()
class OnlyKnown implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return scopeOf(context).user !== null;
  }
}

class Shouting implements PipeTransform {
  transform(value: { text?: string } | undefined) {
    return value?.text === undefined ? value : { ...value, text: value.text.toUpperCase() };
  }
}

class Wrapping implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => ({ wrapped: value })));
  }
}

@Catch(RangeError)
class RangeFilter implements ExceptionFilter {
  catch(error: RangeError): unknown {
    return { code: 'OUT_OF_RANGE', message: error.message };
  }
}

describe('app.useGlobal…', () => {
  it('guards, pipes, interceptors and filters hold for every hook', async () => {
    await using app = await createTestApp({
      entities: [],
      providers: [EchoHook],
      configure: (nest) => {
        nest.useGlobalGuards(new OnlyKnown());
        nest.useGlobalPipes(new Shouting());
        nest.useGlobalInterceptors(new Wrapping());
        nest.useGlobalFilters(new RangeFilter());
      },
    });
    const client = await app.connect(1);
    const nobody = await app.connect();
    expect(await nobody.call('echo', 'say', 'POST')).toMatchObject({
      status: 403,
      data: { code: 'PERMISSION_DENIED' },
    });
    expect(await client.call('echo', 'say', 'POST', { data: { text: 'hey' } })).toMatchObject({
      status: 200,
      data: { wrapped: { text: 'HEY' } },
    });
    expect(await client.call('echo', 'fail', 'POST')).toMatchObject({
      status: 500,
      data: { code: 'OUT_OF_RANGE', message: 'too far' },
    });
  });

  it("a ValidationPipe sees a parameter's class, and changes nothing about its faults", async () => {
    await using app = await createTestApp({
      entities: [],
      providers: [EchoHook],
      configure: (nest) => nest.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true })),
    });
    const client = await app.connect(1);
    const text = (data: object) => client.call('echo', 'text', 'POST', { data });
    expect(await text({ text: 'hey' })).toMatchObject({ status: 200, data: { text: 'hey', isText: true } });
    expect(await text({ text: 1 })).toMatchObject({ status: 400, data: { errors: { text: [expect.any(String)] } } });
  });
});

describe('request-scoped', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Stamping implements PipeTransform {
    constructor(@Inject(REQUEST) private readonly request: { user: { id: number } }) {}
    transform(value: object) {
      return { ...value, by: this.request.user.id };
    }
  }

  @Injectable({ scope: Scope.REQUEST })
  class Signing implements NestInterceptor {
    private calls = 0;
    constructor(@Inject(REQUEST) private readonly request: { user: { id: number } }) {}
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      this.calls++;
      return next.handle().pipe(map((value: unknown) => ({ value, for: this.request.user.id, calls: this.calls })));
    }
  }

  @Catch(RangeError)
  @Injectable({ scope: Scope.REQUEST })
  class Telling implements ExceptionFilter {
    constructor(@Inject(REQUEST) private readonly request: { user: { id: number } }) {}
    catch(error: RangeError) {
      return { code: 'OUT_OF_RANGE', message: `${error.message} for ${this.request.user.id}` };
    }
  }

  it('global pipes, interceptors and filters are made for each request, with it', async () => {
    await using app = await createTestApp({
      entities: [],
      providers: [
        EchoHook,
        { provide: APP_PIPE, useClass: Stamping },
        { provide: APP_INTERCEPTOR, useClass: Signing },
        { provide: APP_FILTER, useClass: Telling },
      ],
    });
    for (const id of [1, 2, 1]) {
      const client = await app.connect(id);
      expect(await client.call('echo', 'say', 'POST', { data: { a: 1 } })).toMatchObject({
        status: 200,
        data: { value: { a: 1, by: id }, for: id, calls: 1 },
      });
      expect(await client.call('echo', 'fail', 'POST')).toMatchObject({
        data: { code: 'OUT_OF_RANGE', message: `too far for ${id}` },
      });
    }
  });
});

describe('what a filter gives', () => {
  @Catch(ConflictException)
  class Late implements ExceptionFilter {
    catch(error: ConflictException) {
      return Promise.resolve({ code: 'LATE', message: error.message });
    }
  }

  @Catch(TypeError)
  class Streamed implements ExceptionFilter {
    catch() {
      return of({ code: 'FIRST' }, { code: 'LAST' });
    }
  }

  @Catch(SyntaxError)
  class Chosen implements ExceptionFilter {
    catch(_error: SyntaxError, host: ArgumentsHost) {
      return new Answer(418, { code: 'TEAPOT', at: host.switchToWs().getPattern() });
    }
  }

  @Catch(EvalError)
  class Silent implements ExceptionFilter {
    async catch() {
      await Promise.resolve();
    }
  }

  @Hook('thrown')
  @UseFilters(Late, Streamed, Chosen, Silent)
  class ThrownHook extends BaseHook {
    @Action() conflict() {
      throw new ConflictException('too late');
    }
    @Action() type() {
      throw new TypeError('wrong');
    }
    @Action() syntax() {
      throw new SyntaxError('what?');
    }
    @Action() silent() {
      throw new EvalError('hush');
    }
  }

  it.each([
    ['conflict', 409, { code: 'LATE', message: 'too late' }],
    ['type', 500, { code: 'LAST', message: 'The request was answered 500.' }],
    ['syntax', 418, { code: 'TEAPOT', message: 'The request was answered 418.', at: 'thrown/syntax' }],
    ['silent', 500, { code: 'INTERNAL' }],
  ])('%s is the one answer, at the status of the error or its own', async (action, status, data) => {
    await using app = await createTestApp({ entities: [], providers: [ThrownHook] });
    const client = await app.connect(1);
    expect(await client.call('thrown', action, 'GET')).toMatchObject({ status, data });
    expect(client.frames).toEqual([]);
  });
});

describeEachDatabase('a filter of database errors', ({ options }) => {
  @Catch(QueryFailedError)
  class DatabaseFilter implements ExceptionFilter {
    catch() {
      return { code: 'MINE', message: 'The database said no.' };
    }
  }

  it('answers with what it returns, at the status that the error means', async () => {
    const entities = [Project, Member, Issue];
    await using app = await createTestApp({
      entities,
      providers: [IssueHook, { provide: APP_FILTER, useClass: DatabaseFilter }],
      database: await options(entities),
    });
    await seedTracker(app);
    await app.dataSource.query('CREATE UNIQUE INDEX one_title ON issue (title)');
    const client = await app.connect(1);
    const data: CreateIssue = { title: 'Once', projectId: 1 };
    expect(await client.call('issues', 'create', 'POST', { data })).toMatchObject({ status: 201 });
    expect(await client.call('issues', 'create', 'POST', { data })).toMatchObject({
      status: 409,
      data: { code: 'MINE', message: 'The database said no.' },
    });
  });
});

describe('@Data() of a class with validators', () => {
  class Line {
    @IsString() article: string;
    @IsInt() amount: number;
  }
  class Order {
    @IsString({ groups: ['draft'] }) note: string;
    @IsInt() amount: number;
  }

  @Hook('orders')
  class OrderHook extends BaseHook {
    @Action({ methods: ['POST'] })
    whole(scope: ActionScope, @Data() line: Line) {
      return { line, isLine: line instanceof Line, isInput: scope.data === line };
    }

    @Action({ methods: ['POST'] })
    member(_scope: ActionScope, @Data('line') line: Line, @Data('note') note: string) {
      return { line, isLine: line instanceof Line, note };
    }

    @Action({ methods: ['POST'] })
    piped(_scope: ActionScope, @Data(new Shouting()) line: Line) {
      return { line, isLine: line instanceof Line };
    }

    @Action({ methods: ['POST'], groups: ['final'] })
    final(_scope: ActionScope, @Data() order: Order) {
      return order;
    }
  }

  const start = () => createTestApp({ entities: [], providers: [OrderHook] });

  it('is validated without any pipe, and has declared fields only', async () => {
    await using app = await start();
    const client = await app.connect(1);
    const call = (action: string, data: unknown) => client.call('orders', action, 'POST', { data });
    expect(await call('whole', { article: 'tea', amount: 2 })).toMatchObject({
      status: 200,
      data: { line: { article: 'tea', amount: 2 }, isLine: true, isInput: true },
    });
    expect(await call('whole', { article: 'tea', amount: '2', isAdmin: true })).toMatchObject({
      status: 400,
      data: { code: 'VALIDATION_FAILED', errors: { amount: [expect.any(String)], isAdmin: [expect.any(String)] } },
    });
    expect(await call('whole', 'tea')).toMatchObject({ status: 400, data: { code: 'VALIDATION_FAILED' } });
    expect(await call('whole', undefined)).toMatchObject({ status: 400 });
  });

  it('as a member of the data is validated likewise, with its place in the names of its faults', async () => {
    await using app = await start();
    const client = await app.connect(1);
    const call = (data: unknown) => client.call('orders', 'member', 'POST', { data });
    expect(await call({ line: { article: 'tea', amount: 2 }, note: 'x' })).toMatchObject({
      status: 200,
      data: { isLine: true, note: 'x' },
    });
    expect(await call({ line: { amount: 2, secret: 1 } })).toMatchObject({
      status: 400,
      data: { errors: { 'line.article': [expect.any(String)], 'line.secret': [expect.any(String)] } },
    });
    expect(await call({})).toMatchObject({ status: 400, data: { errors: { line: [expect.any(String)] } } });
  });

  it('is left to a pipe of its own, and reads the groups of its action', async () => {
    await using app = await start();
    const client = await app.connect(1);
    expect(await client.call('orders', 'piped', 'POST', { data: { text: 'a', more: 1 } })).toMatchObject({
      data: { line: { text: 'A', more: 1 }, isLine: false },
    });
    expect(await client.call('orders', 'final', 'POST', { data: { amount: 1 } })).toMatchObject({ status: 200 });
    expect(await client.call('orders', 'final', 'POST', { data: { amount: 1, note: 'n' } })).toMatchObject({
      status: 400,
      data: { errors: { note: [expect.any(String)] } },
    });
  });
});
