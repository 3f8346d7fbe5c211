// What restricts nothing because nobody reads it: options of decorators, lists under another name, values of another kind.

import { describe, expect, it } from 'vitest';
import {
  Action,
  ActionScope,
  BaseHook,
  EventHandlers,
  Hook,
  IsAuthenticated,
  ModelHook,
  observer,
  OnChange,
  OnMessage,
  or,
  WebSocketRoute,
} from 'nestjs-jira';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { Issue, IssueView, TRACKER } from '../support/tracker.js';

async function bootWith(extra: Partial<TestAppOptions>): Promise<string> {
  try {
    await using app = await createTestApp({ ...TRACKER, ...extra });
    return app.url.startsWith('http') ? 'booted' : app.url;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

function bootWithAttributes(attributes: object): Promise<string> {
  @Hook('wrong')
  class WrongHook extends ModelHook<Issue> {
    entity = Issue;
    output = IssueView;
    constructor() {
      super();
      Object.assign(this, attributes);
    }
  }
  return bootWith({ providers: [WrongHook] });
}

/** Boots with what a function declares: its decorators run at once. */
const bootWithClass = (provider: new () => object): Promise<string> => bootWith({ providers: [provider] });

describe('a list of permissions or the like under a name that no hook reads', () => {
  it.each([
    ['allowed', [IsAuthenticated]],
    ['gates', [new IsAuthenticated()]],
    ['access', [() => false, IsAuthenticated]],
    ['rules', [or(IsAuthenticated, IsAuthenticated)]],
  ])('fails at boot: %s', async (name, list) => {
    expect(await bootWithAttributes({ [name]: list })).toBe(
      `ConfigurationError: WrongHook has "${name}", a list of classes or functions that no hook reads. Set "permissions", "middleware" or "filterBackends"; keep a list of your own outside of the class.`,
    );
  });

  it('is told from lists of anything else', async () => {
    expect(await bootWithAttributes({ words: ['a'], pairs: [[IsAuthenticated]], none: [] })).toBe('booted');
  });
});

describe('an attribute of the wrong kind', () => {
  it.each([
    ['permissions', IsAuthenticated, 'which is not an array. Set it to an array.'],
    ['permissions', undefined, 'which is not an array. Set it to an array.'],
    ['middleware', {}, 'which is not an array. Set it to an array.'],
    ['orderingFields', 'id', 'which is not an array. Set it to an array.'],
    ['visibility', { projectId: 1 }, 'which is not a method. Write it as a method: visibility() { … }.'],
    ['visibility', undefined, 'which is not a method. Write it as a method: visibility() { … }.'],
    ['serialize', IssueView.name, 'which is not a method. Write it as a method: serialize() { … }.'],
  ])('fails at boot: %s = %s', async (name, value, fault) => {
    expect(await bootWithAttributes({ [name]: value })).toBe(`ConfigurationError: WrongHook has "${name}", ${fault}`);
  });

  it('fails at boot where it stands on the class', async () => {
    @Hook('wrong')
    class StaticHook extends ModelHook<Issue> {
      static permissions = [IsAuthenticated];
      entity = Issue;
      output = IssueView;
    }
    @Hook('wrong')
    class MisspelledHook extends ModelHook<Issue> {
      static visibilty = (): boolean => false;
      entity = Issue;
      output = IssueView;
    }
    expect(await bootWithClass(StaticHook)).toBe(
      'ConfigurationError: StaticHook has a static "permissions", which no hook reads. Declare "permissions" without "static".',
    );
    expect(await bootWithClass(MisspelledHook)).toMatch(/has a static "visibilty".*Declare "visibility" without/);
  });

  it('fails at boot as a getter that is misspelled', async () => {
    @Hook('wrong')
    class GetterHook extends ModelHook<Issue> {
      entity = Issue;
      output = IssueView;
      get permision() {
        return [IsAuthenticated];
      }
    }
    expect(await bootWithClass(GetterHook)).toMatch(/GetterHook has "permision".*Did you mean "permissions"/);
  });

  it('fails at boot as a dependency that a circular import left empty', async () => {
    expect(await bootWithAttributes({ dependsOn: [undefined] })).toMatch(/has a "dependsOn" that names no entity/);
  });
});

describe('an option of a decorator that nothing reads', () => {
  it('fails at boot: @Hook()', async () => {
    @Hook('wrong', { permissions: [IsAuthenticated] } as object)
    class WrongHook extends BaseHook {}
    expect(await bootWithClass(WrongHook)).toBe(
      'ConfigurationError: WrongHook has an unknown @Hook() option "permissions". Use path, params, dataSource.',
    );
  });

  it.each([
    [{ permission: [IsAuthenticated] }, 'has an unknown @Action() option "permission". Did you mean "permissions"?'],
    [{ method: ['POST'] }, 'has an unknown @Action() option "method". Did you mean "methods"?'],
    [{ methods: 'POST' }, 'has the @Action() option "methods", which is not an array. Set it to an array.'],
    [{ permissions: IsAuthenticated }, 'has the @Action() option "permissions", which is not an array.'],
  ])('fails at boot: @Action(%o)', async (options, fault) => {
    @Hook('wrong')
    class WrongHook extends BaseHook {
      @Action(options as object) look(_scope: ActionScope) {
        return null;
      }
    }
    expect(await bootWithClass(WrongHook)).toContain(`ConfigurationError: WrongHook.look() ${fault}`);
  });

  it('fails at boot: observer()', async () => {
    @Hook('wrong')
    class WrongHook extends BaseHook {
      issues = observer(Issue, { visibility: () => true, participant: () => [] } as object);
    }
    expect(await bootWithClass(WrongHook)).toBe(
      'ConfigurationError: WrongHook.issues has an unknown observer() option "participant". Did you mean "participants"?',
    );
  });

  it('fails at boot: @EventHandlers(), @OnMessage(), @OnChange(), @WebSocketRoute()', async () => {
    @EventHandlers({ permission: [IsAuthenticated] } as object)
    class WrongHandlers {
      @OnMessage('say') say() {}
    }
    class WrongHandler {
      @OnMessage('say', { permission: [IsAuthenticated] } as object) say() {}
    }
    EventHandlers()(WrongHandler);
    class WrongListener {
      @OnChange(Issue, { everywere: true } as object) hear() {}
    }
    class WrongRoute {
      @WebSocketRoute('/echo', { param: Issue } as object) echo() {}
    }
    expect(await bootWithClass(WrongHandlers)).toMatch(/WrongHandlers has an unknown @EventHandlers\(\) option "permi/);
    expect(await bootWithClass(WrongHandler)).toMatch(/WrongHandler\.say\(\) has an unknown @OnMessage\(\) option/);
    expect(await bootWithClass(WrongListener)).toMatch(/WrongListener\.hear\(\) has an unknown @OnChange\(\) option/);
    expect(await bootWithClass(WrongRoute)).toMatch(/WrongRoute\.echo\(\) has an unknown @WebSocketRoute\(\) option/);
  });
});

describe('an option of the module that nothing reads', () => {
  it.each<[object, string]>([
    [{ explorer: { pth: '/x' } }, 'JiraModule has an unknown explorer option "pth". Did you mean "path"?'],
    [{ resume: { secrets: 'x' } }, 'JiraModule has an unknown resume option "secrets". Did you mean "secret"?'],
    [{ permissions: IsAuthenticated }, 'JiraModule has the option "permissions", which is not an array.'],
    [{ authentication: IsAuthenticated }, 'JiraModule has the option "authentication", which is not an array.'],
    [{ plainWebSockets: { path: '/ws' } }, 'JiraModule has the option "plainWebSockets", which is not an array.'],
    [{ plainWebSockets: [{ path: '/ws', format: 'json' }] }, 'plainWebSockets "/ws" has a "format" that is none.'],
    [
      { plainWebSockets: [{ path: '/ws', webSocket: { maxPayload: 3 } }] },
      'plainWebSockets "/ws" has an unknown webSocket option "maxPayload".',
    ],
  ])('fails at boot: %o', async (options, fault) => {
    expect(await bootWith({ options })).toContain(`ConfigurationError: ${fault}`);
  });
});
