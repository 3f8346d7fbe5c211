// Rules that read the user of a caller who has none: refused, and no error of the server's.

import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Action,
  ActionScope,
  AuthenticatedScope,
  BaseHook,
  Hook,
  HookScope,
  ModelHook,
  observer,
  Permission,
  PresenceHook,
  type Visibility,
} from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { CreateIssue, Issue, IssueView, seedTracker, TRACKER } from '../support/tracker.js';

class OpenHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  createInput = CreateIssue;
}

@Hook('reading')
class ReadingHook extends OpenHook {
  visibility(scope: AuthenticatedScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }
}

@Hook('asking')
class AskingHook extends OpenHook {
  visibility(scope: HookScope): Visibility<Issue> {
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- as an application writes it
    return { project: { members: { userId: scope.user?.id } } };
  }
}

@Hook('waiting')
class WaitingHook extends OpenHook {
  async visibility({ user: { id } }: AuthenticatedScope): Promise<Visibility<Issue>> {
    return Promise.resolve({ projectId: id as number });
  }
}

@Hook('watching')
class WatchingHook extends OpenHook {
  board = observer(Issue, { visibility: (scope) => ({ projectId: scope.user.id as number }) });
}

@Hook('broken')
class BrokenHook extends OpenHook {
  visibility(_scope: HookScope): Visibility<Issue> {
    throw new TypeError('The rule is wrong.');
  }
}

@Hook('present')
class WhoHook extends PresenceHook {
  visibility(scope: AuthenticatedScope): number[] {
    return [scope.user.id as number];
  }
}

class IsListed extends Permission {
  private readonly roles = new Map<string, { readonly level: number }>();

  hasPermission(scope: HookScope): boolean {
    const role = this.roles.get(scope.namespace) as { readonly level: number };
    return role.level > 0;
  }
}

@Hook('listing')
class ListingHook extends OpenHook {
  permissions = [IsListed];
}

class IsFirst extends Permission {
  hasPermission(scope: HookScope): boolean {
    return scope.user.id === 1;
  }
}

class IsSecond extends IsFirst {
  override hasPermission(scope: HookScope): boolean {
    return scope.user.id === 2;
  }
}

@Hook('told')
class ToldHook extends OpenHook {
  permissions = [IsSecond];
}

class IsOwn extends Permission {
  async hasObjectPermission(scope: HookScope, issue: Issue): Promise<boolean> {
    return Promise.resolve(issue.projectId === scope.user.id);
  }
}

@Hook('permitting')
class PermittingHook extends OpenHook {
  permissions = [IsFirst];
}

@Hook('owning')
class OwningHook extends OpenHook {
  permissions = [IsOwn];
}

@Hook('querying')
class QueryingHook extends OpenHook {
  getQuery(scope: HookScope) {
    return super.getQuery(scope).andWhere('row.projectId = :id', { id: scope.user.id as number });
  }
}

@Hook('narrowing')
class NarrowingHook extends OpenHook {
  filterQuery(scope: HookScope, filter: Parameters<OpenHook['filterQuery']>[1]) {
    return scope.user.id === 1 ? filter : super.filterQuery(scope, filter);
  }
}

@Hook('grouping')
class GroupingHook extends OpenHook {
  audience(scope: HookScope): string {
    return String(scope.user.id);
  }
}

@Hook('entering')
class EnteringHook extends BaseHook {
  issues = observer(Issue, {
    rooms: (issue) => String(issue.projectId),
    subscribingRooms: (scope) => String(scope.user.id),
  });
  @Action({ methods: ['SUBSCRIPTION'] }) subscribe(scope: ActionScope) {
    return this.issues.subscribe(scope);
  }
}

class MayConnect extends Permission {
  canConnect({ user }: { user: unknown }): boolean {
    return (user as { id: number }).id === 1;
  }
}

/** Filled with what is logged as an error from here on. */
function errorsLogged(): string[] {
  const lines: string[] = [];
  vi.spyOn(Logger.prototype, 'error').mockImplementation((...said: unknown[]) => void lines.push(said.join('\n')));
  return lines;
}
afterEach(() => vi.restoreAllMocks());

const providers = [ReadingHook, AskingHook, WaitingHook, WatchingHook, BrokenHook, WhoHook];
const REFUSED = { status: 401, data: { code: 'UNAUTHENTICATED' } };

describe('a rule that reads the user of an anonymous caller', () => {
  it.each(['reading', 'asking', 'waiting'])('is answered 401: %s', async (hook) => {
    await using app = await createTestApp({ ...TRACKER, providers });
    await seedTracker(app);
    const nobody = await app.connect();
    expect(await nobody.call(hook, 'list', 'GET')).toMatchObject(REFUSED);
    expect(await nobody.call(hook, 'retrieve', 'GET', { query: { pk: 1 } })).toMatchObject(REFUSED);
    const data = { title: 'x', projectId: 1 };
    expect(await nobody.call(hook, 'create', 'POST', { data })).toMatchObject(REFUSED);
    expect(await nobody.call(hook, 'subscribe', 'SUBSCRIPTION')).toMatchObject(REFUSED);
    const ada = await app.connect(1);
    expect(await ada.call(hook, 'create', 'POST', { data })).toMatchObject({ status: 201 });
  });

  it('is answered 401 by a hook of presence', async () => {
    await using app = await createTestApp({ ...TRACKER, providers });
    const nobody = await app.connect();
    expect(await nobody.call('present', 'list', 'GET')).toMatchObject(REFUSED);
    expect(await nobody.call('present', 'subscribe', 'SUBSCRIPTION')).toMatchObject(REFUSED);
  });

  it.each([
    ['permitting', 'list', 'GET', {}],
    ['owning', 'retrieve', 'GET', { query: { pk: 1 } }],
    ['querying', 'list', 'GET', {}],
    ['querying', 'retrieve', 'GET', { query: { pk: 1 } }],
    ['narrowing', 'list', 'GET', {}],
    ['narrowing', 'retrieve', 'GET', { query: { pk: 1 } }],
    ['narrowing', 'subscribe', 'SUBSCRIPTION', {}],
    ['grouping', 'subscribe', 'SUBSCRIPTION', {}],
    ['entering', 'subscribe', 'SUBSCRIPTION', {}],
  ] as const)('is answered 401 by any other rule too: %s, %s', async (hook, action, method, request) => {
    const rules = [PermittingHook, OwningHook, QueryingHook, NarrowingHook, GroupingHook, EnteringHook];
    await using app = await createTestApp({ ...TRACKER, providers: rules });
    await seedTracker(app);
    await app.dataSource.manager.save(Issue, { title: 'x', projectId: 1 });
    const nobody = await app.connect();
    expect(await nobody.call(hook, action, method, request)).toMatchObject(REFUSED);
    const ada = await app.connect(1);
    expect(await ada.call(hook, action, method, request)).toMatchObject({ status: 200 });
  });

  it('is answered 401 at the handshake', async () => {
    await using app = await createTestApp({ ...TRACKER, providers, options: { permissions: [MayConnect] } });
    await expect(app.connect()).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED', status: 401 } });
    await app.connect(1);
  });

  it('is a fault of the server where the rule itself is wrong', async () => {
    await using app = await createTestApp({ ...TRACKER, providers });
    const nobody = await app.connect();
    expect(await nobody.call('broken', 'list', 'GET')).toMatchObject({ status: 500 });
  });

  it('is a fault of the server where what the rule reads is not the user, and logged with its stack', async () => {
    const lines = errorsLogged();
    await using app = await createTestApp({ ...TRACKER, providers: [ListingHook] });
    expect(await (await app.connect()).call('listing', 'list', 'GET')).toMatchObject({ status: 500 });
    expect(lines.join('\n')).toMatch(/listing list .*failed\nTypeError: .*\n +at IsListed\.hasPermission/);
  });

  it('is logged once with its stack, as it may be wrong for another reason', async () => {
    const lines = errorsLogged();
    await using app = await createTestApp({ ...TRACKER, providers: [ToldHook] });
    const nobody = await app.connect();
    for (let i = 0; i < 3; i++) expect(await nobody.call('told', 'list', 'GET')).toMatchObject(REFUSED);
    expect(
      lines.filter((line) => /answered 401.*\nTypeError: .*\n +at IsSecond\.hasPermission/.test(line)).length,
    ).toBe(1);
  });
});
