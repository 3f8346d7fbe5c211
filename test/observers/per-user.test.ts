import { describe, expect, it } from 'vitest';
import { Hook, HookScope, ModelHook, observer } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { Issue, IssueView, Member, Project } from '../support/tracker.js';

/** A decorator as applications write them: what it wraps takes any arguments, and shows none. */
function Counted(target: object, name: string, descriptor: PropertyDescriptor): void {
  const original = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (this: object, ...args: unknown[]): unknown {
    return original.apply(this, args);
  };
}

abstract class IssuesHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
}

/** What a subscriber is sent of a new issue: what each user is shown differs only where `serialize` reads the caller. */
function shownTo({ title }: Issue, scope: HookScope | undefined): string {
  return `${title} for ${scope?.user.id}`;
}

@Hook('issues')
class UndeclaredHook extends IssuesHook {
  @Counted
  override serialize(issue: Issue, scope: HookScope): unknown {
    return shownTo(issue, scope);
  }
}

@Hook('issues')
class DeclaredHook extends IssuesHook {
  override serializesPerUser = true;
  @Counted
  override serialize(issue: Issue, scope: HookScope): unknown {
    return shownTo(issue, scope);
  }
}

@Hook('issues')
class GroupedHook extends IssuesHook {
  override audience(scope: HookScope): string {
    return String(scope.user.id);
  }
  @Counted
  override serialize(issue: Issue, scope: HookScope): unknown {
    return shownTo(issue, scope);
  }
}

@Hook('issues')
class SharedHook extends IssuesHook {
  override serializesPerUser = false;
  @Counted
  override serialize(issue: Issue, scope?: HookScope): unknown {
    return shownTo(issue, scope);
  }
}

const wrapped = (...[issue, scope]: [Issue, HookScope?]): string => shownTo(issue, scope);

@Hook('issues')
class UndeclaredObserverHook extends IssuesHook {
  override changes = observer(Issue, { serialize: wrapped });
}

@Hook('issues')
class DeclaredObserverHook extends IssuesHook {
  override changes = observer(Issue, { serialize: wrapped, serializesPerUser: true });
}

const entities = [Project, Member, Issue];

describe('a serialize whose parameters nobody can count', () => {
  it.each([
    [UndeclaredHook, 'UndeclaredHook'],
    [UndeclaredObserverHook, 'UndeclaredObserverHook.changes'],
  ])('is refused at boot', async (hook, subject) => {
    await expect(createTestApp({ entities, providers: [hook] })).rejects.toThrow(
      new RegExp(`^${subject} has a serialize\\(\\) without parameters .* Declare "serializesPerUser"`),
    );
  });

  it.each([
    ['for each user where that is declared', DeclaredHook, ['a for 1', 'a for 2']],
    ['for each audience where those are named', GroupedHook, ['a for 1', 'a for 2']],
    ['once for all where that is declared, without a caller', SharedHook, ['a for undefined', 'a for undefined']],
    ['for each user of an observer that declares it', DeclaredObserverHook, ['a for 1', 'a for 2']],
  ])('is called %s', async (_title, hook, shown) => {
    await using app = await createTestApp({ entities, providers: [hook] });
    const project = await app.dataSource.manager.save(Project, { name: 'p' });
    const clients = [await app.connect(1), await app.connect(2)];
    for (const client of clients) await client.subscribe('issues');
    await app.dataSource.manager.save(Issue, { title: 'a', projectId: project.id });
    for (const client of clients) await client.nextChanges('issues', 1);
    expect(clients.map((client) => client.changes('issues')[0]?.data)).toEqual(shown);
  });
});
