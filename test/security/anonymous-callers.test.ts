// Rules that read the user of a caller who has none: refused, and no error of the server's.

import { describe, expect, it } from 'vitest';
import { AuthenticatedScope, Hook, HookScope, ModelHook, observer, PresenceHook, type Visibility } from 'nestjs-jira';
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

const providers = [ReadingHook, AskingHook, WaitingHook, WatchingHook, BrokenHook, WhoHook];
const REFUSED = { status: 401, data: { code: 'UNAUTHENTICATED' } };

describe('a visibility that reads the user of an anonymous caller', () => {
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

  it('is a fault of the server where the rule itself is wrong', async () => {
    await using app = await createTestApp({ ...TRACKER, providers });
    const nobody = await app.connect();
    expect(await nobody.call('broken', 'list', 'GET')).toMatchObject({ status: 500 });
  });
});
