import { Injectable, Logger } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import {
  Action,
  ActionScope,
  AllowAny,
  and,
  BaseHook,
  DenyAll,
  HasRole,
  Hook,
  IsAuthenticatedOrReadOnly,
  Middleware,
  ModelHook,
  not,
  or,
  Permission,
  type HookScope,
  type JiraMiddleware,
  type Next,
} from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { CreateIssue, Issue, IssueView, Member, Project, seedTracker } from '../support/tracker.js';

@Injectable()
class Hours {
  isOpen = true;
}

@Injectable()
class DuringOpeningHours extends Permission {
  override readonly message = 'Come back tomorrow.';
  override readonly code = 'CLOSED';

  constructor(private readonly hours: Hours) {
    super();
  }

  override async hasPermission(): Promise<boolean> {
    return Promise.resolve(this.hours.isOpen);
  }
}

class OwnTitleOnly extends Permission {
  override hasObjectPermission(scope: HookScope, object: object): boolean {
    return (object as Issue).title === `of ${scope.user.id}`;
  }
}

@Hook('rules')
class RulesHook extends BaseHook {
  override permissions = [IsAuthenticatedOrReadOnly];

  @Action({ methods: ['GET', 'POST'] })
  readable() {}

  @Action({ permissions: [DuringOpeningHours] })
  added() {}

  @Action({ methods: ['POST'], replacePermissions: [AllowAny] })
  replaced() {}

  @Action({ permissions: [or(HasRole('admin'), and(HasRole('editor'), not(DuringOpeningHours)))] })
  composed() {}

  @Action({ permissions: [(scope: HookScope) => scope.query['word'] === 'please'] })
  polite() {}

  @Action({ permissions: [new DenyAll()] })
  never() {}

  @Action({ permissions: [not(DuringOpeningHours)] })
  closed() {}
}

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  output = IssueView;
  permissions = [or(HasRole('admin'), OwnTitleOnly)];

  visibility() {
    return true as const;
  }

  @Action({ methods: ['POST'], detail: true, permissions: [not(OwnTitleOnly)] })
  async others(scope: ActionScope) {
    return this.serialize(await this.getObject(scope), scope);
  }
}

const APP = { entities: [Project, Member, Issue], providers: [Hours, RulesHook, IssueHook] };

describe('permissions', () => {
  it('are asked in their order: those of an action are added to, or stand instead of, those of its hook', async () => {
    await using app = await createTestApp(APP);
    const nobody = await app.connect();
    const user = await app.connect(1);
    expect(await nobody.call('rules', 'readable', 'GET')).toMatchObject({ status: 204 });
    expect(await nobody.call('rules', 'readable', 'POST')).toMatchObject({
      status: 401,
      data: { code: 'UNAUTHENTICATED' },
    });
    expect(await user.call('rules', 'readable', 'POST')).toMatchObject({ status: 204 });
    expect(await nobody.call('rules', 'replaced', 'POST')).toMatchObject({ status: 204 });
    expect(await user.call('rules', 'added', 'GET')).toMatchObject({ status: 204 });
    app.get(Hours).isOpen = false;
    expect(await user.call('rules', 'added', 'GET')).toMatchObject({
      status: 403,
      data: { code: 'CLOSED', message: 'Come back tomorrow.' },
    });
    expect(await user.call('rules', 'never', 'GET')).toMatchObject({
      status: 403,
      data: { code: 'PERMISSION_DENIED' },
    });
    expect(await user.call('rules', 'polite', 'GET')).toMatchObject({ status: 403 });
    expect(await user.call('rules', 'polite', 'GET', { query: { word: 'please' } })).toMatchObject({ status: 204 });
  });

  it('compose by and, or and not, with dependencies and with waiting', async () => {
    await using app = await createTestApp(APP);
    const admin = await app.connect(1, { token: 'user-1-admin' });
    const editor = await app.connect(1, { token: 'user-1-editor' });
    const user = await app.connect(1);
    const statuses = async () =>
      Promise.all([admin, editor, user].map(async (one) => (await one.call('rules', 'composed', 'GET')).status));
    expect(await statuses()).toEqual([204, 403, 403]);
    expect(await user.call('rules', 'closed', 'GET')).toMatchObject({
      status: 403,
      data: { code: 'PERMISSION_DENIED' },
    });
    app.get(Hours).isOpen = false;
    expect(await statuses()).toEqual([204, 204, 403]);
    expect(await user.call('rules', 'closed', 'GET')).toMatchObject({ status: 204 });
  });

  it('for objects hold in compositions and for single actions too', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    await app.dataSource.manager.save(Issue, [
      { title: 'of 1', projectId: 1 },
      { title: 'of 2', projectId: 1 },
    ]);
    const user = await app.connect(1);
    const admin = await app.connect(3, { token: 'user-3-admin' });
    const retrieve = async (client: typeof user, pk: number) =>
      (await client.call('issues', 'retrieve', 'GET', { query: { pk } })).status;
    expect(await Promise.all([retrieve(user, 1), retrieve(user, 2)])).toEqual([200, 403]);
    expect(await Promise.all([retrieve(admin, 1), retrieve(admin, 2)])).toEqual([200, 200]);
    expect(await user.call('issues', 'others', 'POST', { query: { pk: 1 } })).toMatchObject({ status: 403 });
    expect(await admin.call('issues', 'others', 'POST', { query: { pk: 2 } })).toMatchObject({ status: 200 });
  });

  it('that nobody set are warned about in production, unless AllowAny was said', async () => {
    @Hook('open')
    class OpenHook extends BaseHook {
      @Action()
      anything() {}
    }
    @Hook('meant')
    class MeantHook extends BaseHook {
      override permissions = [AllowAny];

      @Action()
      anything() {}
    }
    const warnings: string[] = [];
    const spy = vi
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation((message: unknown) => void warnings.push(String(message)));
    vi.stubEnv('NODE_ENV', 'production');
    try {
      await (await createTestApp({ entities: [], providers: [OpenHook, MeantHook] })).close();
    } finally {
      vi.unstubAllEnvs();
      spy.mockRestore();
    }
    expect(warnings.filter((line) => line.includes('anyone may call'))).toEqual([
      'OpenHook has no permissions, so anyone may call anything. Set permissions = [AllowAny] if you intend that.',
    ]);
  });
});

describe('middleware', () => {
  const log: string[] = [];
  const ring = (name: string, options: Parameters<typeof Middleware>[0]) => {
    @Middleware(options)
    class Ring implements JiraMiddleware {
      use(_scope: HookScope, next: Next) {
        log.push(name);
        return next();
      }
    }
    Object.defineProperty(Ring, 'name', { value: name });
    return Ring;
  };

  it('runs by priority, low first, and only where its pattern matches the beginning of namespace/action', async () => {
    const listed = (_scope: HookScope, next: Next) => (log.push('listed'), next());
    await using app = await createTestApp({
      ...APP,
      options: {
        middleware: [
          listed,
          ring('ten', { priority: 10 }),
          ring('one', { priority: 1, pattern: /rules\/(readable|added)$/ }),
          ring('five', { priority: 5, pattern: 'rules/a' }),
          ring('elsewhere', { pattern: 'ules' }),
        ],
      },
    });
    const client = await app.connect(1);
    log.length = 0;
    await client.call('rules', 'readable', 'GET');
    expect(log.splice(0)).toEqual(['one', 'ten', 'listed']);
    await client.call('rules', 'added', 'GET');
    expect(log.splice(0)).toEqual(['one', 'five', 'ten', 'listed']);
    await client.call('rules', 'replaced', 'POST');
    expect(log.splice(0)).toEqual(['ten', 'listed']);
  });

  it('of equal priority is refused at boot', async () => {
    const options = { middleware: [ring('First', { priority: 1 }), ring('Second', { priority: 1 })] };
    await expect(createTestApp({ ...APP, options })).rejects.toThrow(
      'Second has the same priority as First: 1. Give each a priority of its own',
    );
  });
});
