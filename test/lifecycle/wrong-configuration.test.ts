import { Injectable, Scope } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { IsAlphanumeric, Length } from 'class-validator';
import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn, Tree, TreeChildren, TreeParent } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { Action, ActionScope, BaseHook, Hook, ModelHook, not } from 'nestjs-jira';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { Issue, IssueHook, IssueView, TRACKER } from '../support/tracker.js';

@Entity()
class Stranger {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
}

class StrangerView {
  @Expose() id: number;
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {}

class Mistaken {
  hasPermision(): boolean {
    return false;
  }
}

async function bootWith(extra: Partial<TestAppOptions>): Promise<string> {
  try {
    await using app = await createTestApp({ ...TRACKER, ...extra });
    return `booted at ${app.url}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a wrong configuration fails at boot, with class, fault and cure', () => {
  it('two hooks with one namespace', async () => {
    @Hook('issues')
    class OtherHook extends BaseHook {}
    expect(await bootWith({ providers: [IssueHook, OtherHook] })).toMatch(
      /OtherHook has the same namespace as IssueHook: "issues"\. Give each hook a namespace of its own/,
    );
  });

  it('a hook that has no namespace', async () => {
    class ForgottenHook extends BaseHook {}
    expect(await bootWith({ providers: [ForgottenHook] })).toMatch(
      /ForgottenHook is provided as a hook but has no namespace\. Mark it with @Hook/,
    );
  });

  it('an entity that no data source has', async () => {
    @Hook('strangers')
    class StrangerHook extends ModelHook<Stranger> {
      entity = Stranger;
      output = StrangerView;
    }
    expect(await bootWith({ providers: [StrangerHook] })).toMatch(
      /StrangerHook uses the entity Stranger, which no data source knows\. List it/,
    );
  });

  it.each(['connect', 'disconnect', 'error', '$mine', ''])('the reserved namespace "%s"', async (namespace) => {
    @Hook(namespace)
    class ReservedHook extends BaseHook {}
    expect(await bootWith({ providers: [ReservedHook] })).toMatch(/ReservedHook has the reserved namespace/);
  });

  it('a data source that the application does not have', async () => {
    @Hook('elsewhere', { dataSource: 'archive' })
    class ElsewhereHook extends ModelHook<Issue> {
      entity = Issue;
      output = IssueView;
    }
    expect(await bootWith({ providers: [ElsewhereHook] })).toMatch(/ElsewhereHook names the data source "archive"/);
  });

  it('no output, no entity', async () => {
    @Hook('mute')
    class MuteHook extends ModelHook<Issue> {
      entity = Issue;
    }
    @Hook('void')
    class VoidHook extends ModelHook<Issue> {
      declare entity: typeof Issue;
      output = IssueView;
    }
    expect(await bootWith({ providers: [MuteHook] })).toMatch(/MuteHook has no output\. Set "output"/);
    expect(await bootWith({ providers: [VoidHook] })).toMatch(/VoidHook has no entity\. Set "entity"/);
  });

  it('a filter on a field that is not there, or with a lookup it does not have', async () => {
    @Hook('typo')
    class TypoHook extends ModelHook<Issue> {
      entity = Issue;
      output = IssueView;
      filterFields = { titel: ['exact'] };
    }
    @Hook('lookup')
    class LookupHook extends ModelHook<Issue> {
      entity = Issue;
      output = IssueView;
      filterFields = { title: ['sounds_like'] };
    }
    expect(await bootWith({ providers: [TypoHook] })).toMatch(/TypoHook.*titel/);
    expect(await bootWith({ providers: [LookupHook] })).toMatch(/LookupHook.*sounds_like/);
  });

  it.each<[Readonly<Record<string, unknown>>, RegExp]>([
    [{ lookupField: 'slug' }, /WrongHook looks rows up by "slug", which Issue does not have\. Name a column/],
    [{ pageSize: 0 }, /WrongHook has pageSize = 0\. Use a positive integer/],
    [
      { filterFields: { status: 'exact' } },
      /WrongHook has no array of lookups for "status" in filterFields\. Set it to/,
    ],
    [{ live: true }, /WrongHook has live = true\. Use options, or false/],
    [{ live: { maxRows: 5 } }, /WrongHook has an unknown option of live lists "maxRows"\. Use maxLimit, buffer, count/],
    [{ live: { maxlimit: 5 } }, /WrongHook has an unknown option of live lists "maxlimit"\. Did you mean "maxLimit"/],
    [{ live: { maxLimit: '50' } }, /WrongHook has live\.maxLimit = "50"\. Use a positive integer/],
    [{ live: { buffer: -1 } }, /WrongHook has live\.buffer = -1\. Use a number from 0 on/],
    [{ live: { count: 'exact' } }, /WrongHook has live\.count = "exact"\. Use true or false/],
    [{ live: { maxLimit: 10 } }, /WrongHook has pages of 16 rows, and live lists of 10 at most\. Raise live\.maxLimit/],
    [{ createInput: 'CreateIssue' }, /WrongHook has "createInput", which is not a class\. Set/],
    [{ pagination: Mistaken }, /Mistaken is listed as pagination, but is not one\. Give it paginate\(\)/],
    [{ middleware: [Mistaken] }, /Mistaken is listed as middleware, but is not one\. Give it use\(\)/],
    // Neither may be taken for a permission that allows everything.
    [{ permissions: [Mistaken] }, /Mistaken is listed as a permission, but is not one\. Give it hasPermission\(\)/],
    [{ permissions: ['admin'] }, /"admin" is listed as a permission, but is not one\./],
    [{ permissions: [not(Mistaken as never)] }, /Mistaken is listed as a permission/],
  ])('the attributes %o', async (attributes, message) => {
    @Hook('wrong')
    class WrongHook extends ModelHook<Issue> {
      entity = Issue;
      output = IssueView;
      constructor() {
        super();
        Object.assign(this, attributes);
      }
    }
    expect(await bootWith({ providers: [WrongHook] })).toMatch(message);
  });

  it.each<[object, RegExp]>([
    [{ authentication: [Mistaken] }, /Mistaken is listed as authentication, but is not one\. Give it authenticate\(\)/],
    [{ permissions: [Mistaken] }, /Mistaken is listed as a permission/],
    [{ hooks: { mine: Mistaken } }, /Mistaken is configured as the hook "mine", but is not a hook\. Extend/],
    [{ limits: { pageSize: 1.5 } }, /has the limit pageSize = 1\.5\. Use a positive integer/],
    [{ limits: { userPoolPercent: 101 } }, /has the limit userPoolPercent = 101. Use a percentage, 1 to 100./],
    [{ limits: { pages: 3 } }, /JiraModule has an unknown limit "pages"\. Use frameBytes, /],
  ])('the options %o', async (options, message) => {
    expect(await bootWith({ options })).toMatch(message);
  });

  it('a hook with a request-scoped dependency', async () => {
    @Hook('fleeting')
    class FleetingHook extends BaseHook {
      constructor(readonly dependency: PerRequest) {
        super();
      }
    }
    expect(await bootWith({ providers: [PerRequest, FleetingHook] })).toMatch(
      /FleetingHook is request-scoped.*scope\.resolve\(Token\)/,
    );
  });

  it('an action with a reserved name, an unknown method, or the name of another', async () => {
    @Hook('a')
    class DollarHook extends BaseHook {
      @Action({ name: '$cancel' }) stop(_scope: ActionScope) {
        return null;
      }
    }
    @Hook('b')
    class TwiceHook extends BaseHook {
      @Action({ name: 'same' }) one(_scope: ActionScope) {
        return null;
      }
      @Action({ name: 'same' }) two(_scope: ActionScope) {
        return null;
      }
    }
    @Hook('c')
    class MethodHook extends BaseHook {
      @Action({ methods: ['FETCH' as 'GET'] }) one(_scope: ActionScope) {
        return null;
      }
    }
    expect(await bootWith({ providers: [DollarHook] })).toMatch(/DollarHook\.\$cancel\(\) has a reserved action name/);
    expect(await bootWith({ providers: [TwiceHook] })).toMatch(/TwiceHook\.same\(\) names two actions/);
    expect(await bootWith({ providers: [MethodHook] })).toMatch(/MethodHook\.one\(\) has the methods \[FETCH\]/);
  });

  it('a limit that is no positive whole number', async () => {
    expect(await bootWith({ options: { limits: { subscriptions: 0 } } })).toMatch(
      /JiraModule has the limit subscriptions = 0\. Use a positive integer\./,
    );
  });

  it('keys of a materialized-path tree that clients may write as any text', async () => {
    const bootTree = async (kind: 'materialized-path' | 'closure-table', rule: PropertyDecorator): Promise<string> => {
      @Entity()
      @Tree(kind)
      class Folder {
        @PrimaryColumn({ length: 40 }) name: string;
        @TreeParent() parent: Folder | null;
        @TreeChildren() children: Folder[];
      }
      class FolderInput {
        @rule name: string;
      }
      class FolderView {
        @Expose() name: string;
      }
      @Hook('folders')
      class FolderHook extends ModelHook<Folder> {
        entity = Folder;
        createInput = FolderInput;
        output = FolderView;
      }
      return bootWith({ entities: [Folder], providers: [FolderHook] });
    };
    expect(await bootTree('materialized-path', Length(1, 40))).toMatch(
      /FolderHook lets clients choose Folder\.name, a text that TypeORM writes unescaped.*Remove "name" from its inputs/,
    );
    expect(await bootTree('materialized-path', IsAlphanumeric())).toMatch(/^booted/);
    expect(await bootTree('closure-table', Length(1, 40))).toMatch(/^booted/);
  });
});
