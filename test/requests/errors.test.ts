// Kind of error × stage × acknowledged or emitted → exactly one right answer.

import {
  BadRequestException,
  ConflictException,
  HttpException,
  Injectable,
  InternalServerErrorException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { Expose, Type } from 'class-transformer';
import { IsInt, IsString, ValidateNested, validateOrReject } from 'class-validator';
import { EntityNotFoundError, OptimisticLockVersionMismatchError, QueryFailedError } from 'typeorm';
import { TimeoutError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  Action,
  ActionScope,
  Authentication,
  BaseHook,
  Hook,
  JiraException,
  Permission,
  ValidationException,
  type HookScope,
  type JiraMiddleware,
} from 'nestjs-jira';
import type { AnswerFrame } from 'nestjs-jira-protocol';
import { createTestApp, TestClient } from '../support/app.js';

class Line {
  @IsString() title: string;
}
class Order {
  @IsInt() amount: number;
  @ValidateNested({ each: true }) @Type(() => Line) items: Line[];
}

// oxlint-disable-next-line typescript/no-deprecated -- what rxjs's timeout() throws
const timeoutOfRxjs = (): Error => new TimeoutError();

const HOSTILE = {
  get message(): string {
    throw new Error('even reading it throws');
  },
  toString(): string {
    throw new Error('and so does printing it');
  },
};

class BrokenException extends HttpException {
  override getResponse(): never {
    throw new Error('no response');
  }
}

function uniqueViolation(): Error {
  const driverError = Object.assign(new Error('UNIQUE constraint failed: secret_table.secret'), {
    code: 'SQLITE_CONSTRAINT_UNIQUE',
  });
  return new QueryFailedError('INSERT INTO secret_table', [], driverError);
}

const INTERNAL = { status: 500, code: 'INTERNAL' };

/** What is thrown, and the one answer to it. */
const KINDS: Record<
  string,
  { thrown: () => unknown; status: number; code: string; message?: string; errors?: object }
> = {
  'an HttpException': {
    thrown: () => new ConflictException('Taken.'),
    status: 409,
    code: 'CONFLICT',
    message: 'Taken.',
  },
  'an HttpException with a body': {
    thrown: () => new HttpException({ code: 'TEAPOT', message: 'Short.', secret: 1 }, 418),
    status: 418,
    code: 'TEAPOT',
    message: 'Short.',
  },
  'a 5xx HttpException': { thrown: () => new InternalServerErrorException('the password is hunter2'), ...INTERNAL },
  'an HttpException of an impossible status': { thrown: () => new HttpException('x', 7), ...INTERNAL },
  'an HttpException that breaks': { thrown: () => new BrokenException('x', 400), ...INTERNAL },
  "ValidationPipe's messages": {
    thrown: () => new BadRequestException(['title must be a string']),
    status: 400,
    code: 'VALIDATION_FAILED',
    errors: { '': ['title must be a string'] },
  },
  'a JiraException': {
    thrown: () => new JiraException('UNPROCESSABLE', 'No.'),
    status: 422,
    code: 'UNPROCESSABLE',
    message: 'No.',
  },
  'a JiraException with details JSON has no word for': {
    thrown: () => new JiraException('CONFLICT', 'No.', { details: { n: 1n } }),
    status: 409,
    code: 'CONFLICT',
  },
  'field errors': {
    thrown: () => new ValidationException({ title: ['Too short.'] }),
    status: 400,
    code: 'VALIDATION_FAILED',
    errors: { title: ['Too short.'] },
  },
  'a WsException': { thrown: () => new WsException('Not so.'), status: 400, code: 'BAD_REQUEST', message: 'Not so.' },
  'a WsException with a body': {
    thrown: () => new WsException({ code: 'GONE', message: 'Gone.', status: 410 }),
    status: 410,
    code: 'GONE',
    message: 'Gone.',
  },
  'a missing entity': { thrown: () => new EntityNotFoundError('Secret', { id: 1 }), status: 404, code: 'NOT_FOUND' },
  'a version mismatch': {
    thrown: () => new OptimisticLockVersionMismatchError('Secret', 1, 2),
    status: 409,
    code: 'VERSION_CONFLICT',
  },
  'a unique violation': { thrown: uniqueViolation, status: 409, code: 'CONFLICT' },
  'a timeout': { thrown: () => timeoutOfRxjs(), status: 504, code: 'TIMEOUT' },
  'an abort': { thrown: () => new DOMException('aborted', 'AbortError'), status: 409, code: 'CANCELLED' },
  'an Error': { thrown: () => new Error('the password is hunter2'), ...INTERNAL },
  'a string': { thrown: () => 'the password is hunter2', ...INTERNAL },
  undefined: { thrown: () => undefined, ...INTERNAL },
  null: { thrown: () => null, ...INTERNAL },
  'an object that throws when it is read': { thrown: () => HOSTILE, ...INTERNAL },
};

const NAMES = Object.keys(KINDS);

/** Throws what the request's header names, at the stage it names. */
function failAt(stage: string, headers: Readonly<Record<string, unknown>>): void {
  if (headers['stage'] !== stage) return;
  throw KINDS[String(headers['kind'])].thrown();
}

type Client = { headers: Record<string, unknown> };

@Injectable()
class FailingGuard implements CanActivate {
  canActivate(context: { switchToWs(): { getClient(): Client } }): boolean {
    failAt('guard', context.switchToWs().getClient().headers);
    return true;
  }
}
@Injectable()
class FailingPipe implements PipeTransform {
  transform(value: unknown): unknown {
    const { headers } = (value ?? {}) as { headers?: Record<string, unknown> };
    if (headers) failAt('pipe', headers);
    return value;
  }
}
@Injectable()
class FailingInterceptor implements NestInterceptor {
  intercept(context: { switchToWs(): { getClient(): Client } }, next: CallHandler) {
    failAt('interceptor', context.switchToWs().getClient().headers);
    return next.handle();
  }
}
@Injectable()
class FailingFilter implements ExceptionFilter {
  catch(error: unknown, host: { switchToWs(): { getClient(): Client } }): void {
    failAt('filter', host.switchToWs().getClient().headers);
    throw error;
  }
}
class FailingPermission extends Permission {
  override hasPermission(scope: HookScope): boolean {
    failAt('permission', scope.headers);
    return true;
  }
}
class FailingMiddleware implements JiraMiddleware {
  async use(scope: HookScope, next: () => Promise<unknown>) {
    failAt('middleware', scope.headers);
    const answer = await next();
    failAt('middleware after next()', scope.headers);
    return answer;
  }
}
class View {
  @Expose() id: number;
}

@Hook('stages')
@UseGuards(FailingGuard)
@UsePipes(FailingPipe)
@UseInterceptors(FailingInterceptor)
@UseFilters(FailingFilter)
class StagesHook extends BaseHook {
  override permissions = [FailingPermission];
  override middleware = [FailingMiddleware];

  @Action({ methods: ['POST'], output: View })
  run(scope: ActionScope) {
    failAt('action', scope.headers);
    if (scope.headers['stage'] === 'filter') failAt('filter', scope.headers);
    if (scope.headers['stage'] !== 'serializer') return { id: 1 };
    return {
      get id() {
        failAt('serializer', scope.headers);
        return 1;
      },
    };
  }

  @Action({ methods: ['POST'] })
  async *stream(scope: ActionScope) {
    yield await Promise.resolve(1);
    failAt('stream', scope.headers);
  }

  @Action({ methods: ['POST'], input: Order })
  order(scope: ActionScope<Order>) {
    return scope.data;
  }

  @Action({ methods: ['POST'] })
  async validate() {
    await validateOrReject(Object.assign(new Order(), { amount: 1, items: [Object.assign(new Line(), { title: 2 })] }));
  }

  @Action({ methods: ['POST'] })
  later() {
    return Promise.reject(new ConflictException('Taken.'));
  }
}

/** Refuses the handshake with the kind of error that the client names. */
class FailingAuthentication extends Authentication {
  authenticate(handshake: { auth: Readonly<Record<string, unknown>> }): null {
    failAt('handshake', handshake.auth);
    return null;
  }
}

const STAGES = [
  'middleware', 'middleware after next()', 'guard', 'permission', 'pipe', 'interceptor', 'action', 'serializer', 'filter',
]; // prettier-ignore

describe('whatever is thrown', () => {
  const expected = (kind: string): object => {
    const { status, code, message, errors } = KINDS[kind];
    return { status, data: { code, ...(message && { message }), ...(errors && { errors }) } };
  };

  it.each(STAGES)('in the %s is answered once, rightly, with and without an acknowledgement', async (stage) => {
    await using app = await createTestApp({ entities: [], providers: [StagesHook] });
    const client = await app.connect(1);
    for (const kind of NAMES) {
      const headers = { stage, kind };
      const request = { headers, data: { headers } };
      const acknowledged = await client.call('stages', 'run', 'POST', request);
      expect({ kind, ...acknowledged }).toMatchObject({ kind, ...expected(kind) });
      expect(JSON.stringify(acknowledged)).not.toMatch(/hunter2|secret/i);
      client.socket.emit('stages', { requestId: `quiet ${kind}`, method: 'POST', action: 'run', ...request });
      await client.until(() => client.frames.some(({ frame }) => frame['requestId'] === `quiet ${kind}`));
    }
    await client.call('stages', 'nothing-of-this-name', 'GET'); // a second answer would have come before this one
    const answers = client.frames.map(({ frame }) => frame as unknown as AnswerFrame);
    expect(answers.map(({ requestId }) => requestId)).toEqual(NAMES.map((kind) => `quiet ${kind}`));
    expect(answers).toMatchObject(NAMES.map(expected));
    expect(await client.call('stages', 'run', 'POST', { data: {} })).toMatchObject({ status: 200 });
  });

  it('in a stream ends it', async () => {
    await using app = await createTestApp({ entities: [], providers: [StagesHook] });
    const client = await app.connect(1);
    for (const kind of NAMES) {
      const headers = { stage: 'stream', kind };
      const answer = await client.call('stages', 'stream', 'POST', { headers, data: { headers } });
      expect({ kind, ...answer }).toMatchObject({ kind, ...expected(kind) });
    }
  });

  it('in the handshake refuses it with code and status', async () => {
    await using app = await createTestApp({
      entities: [],
      providers: [StagesHook],
      options: { authentication: [new FailingAuthentication()] },
    });
    for (const kind of NAMES) {
      const client = new TestClient(app.url, { jira: 2, stage: 'handshake', kind });
      const refusal: unknown = await client.connected().catch((error: unknown) => error);
      const { status, code } = KINDS[kind];
      expect({ kind, data: (refusal as { data: unknown }).data }).toMatchObject({ kind, data: { status, code } });
      expect((refusal as Error).message).not.toMatch(/hunter2|secret/i);
      client.close();
    }
  });
});

describe('field errors', () => {
  it('name nested fields and items of lists by dotted path', async () => {
    await using app = await createTestApp({ entities: [], providers: [StagesHook] });
    const client = await app.connect(1);
    const data = { amount: 'x', items: [{ title: 'fine' }, { title: 7, extra: 1 }], unknown: true };
    const answer = await client.call('stages', 'order', 'POST', { data });
    expect(answer).toMatchObject({ status: 400, data: { code: 'VALIDATION_FAILED' } });
    expect(Object.keys((answer.data as { errors: object }).errors).toSorted()).toEqual([
      'amount', 'items.1.extra', 'items.1.title', 'unknown',
    ]); // prettier-ignore
  });

  it('of validateOrReject() are answered like those of an input', async () => {
    await using app = await createTestApp({ entities: [], providers: [StagesHook] });
    const client = await app.connect(1);
    expect(await client.call('stages', 'validate', 'POST')).toMatchObject({
      status: 400,
      data: { errors: { 'items.0.title': ['title must be a string'] } },
    });
    expect(await client.call('stages', 'later', 'POST')).toMatchObject({ status: 409 });
  });
});
