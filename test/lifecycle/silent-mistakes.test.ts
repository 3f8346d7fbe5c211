// Mistakes that left a server running, and a hook open, empty or ignored.

import NodeModule from 'node:module';
import { Injectable, Logger, Module } from '@nestjs/common';
import { Expose, Transform, Type } from 'class-transformer';
import { IsString, ValidateNested } from 'class-validator';
import { AfterLoad, Column, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { describe, expect, it, vi } from 'vitest';
import {
  Action,
  ActionScope,
  BaseHook,
  Hook,
  HookScope,
  JwtAuthentication,
  JwtVerifier,
  ModelHook,
  observer,
} from 'nestjs-jira';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { CreateIssue, Issue, IssueHook, IssueView, Project, TRACKER } from '../support/tracker.js';

async function bootWith(extra: Partial<TestAppOptions>): Promise<string> {
  try {
    await using app = await createTestApp({ ...TRACKER, ...extra });
    return app.url.startsWith('http') ? 'booted' : app.url;
  } catch (error) {
    return (error as Error).message;
  }
}

function bootWithAttributes(attributes: object): Promise<string> {
  @Hook('wrong')
  class WrongHook extends ModelHook<Issue> {
    entity = Issue;
    output = IssueView;
    createInput = CreateIssue;
    constructor() {
      super();
      Object.assign(this, attributes);
    }
  }
  return bootWith({ providers: [WrongHook] });
}

describe('a misspelled property of a hook', () => {
  it.each([
    ['permisions', [], 'permissions'],
    ['permission', [], 'permissions'],
    ['Permissions', [], 'permissions'],
    ['middlewares', [], 'middleware'],
    ['filterField', { status: ['exact'] }, 'filterFields'],
    ['filter_fields', { status: ['exact'] }, 'filterFields'],
    ['fitlerFields', { status: ['exact'] }, 'filterFields'],
    ['orderingField', ['id'], 'orderingFields'],
    ['ouput', IssueView, 'output'],
    ['createInputs', CreateIssue, 'createInput'],
    ['pagesize', 3, 'pageSize'],
    ['dependOn', [Project], 'dependsOn'],
    ['withDelete', true, 'withDeleted'],
    ['visiblity', () => false, 'visibility'],
    ['permission_classes', [], 'permissions'],
    ['guards', ['admin'], 'permissions'],
    ['filtersetFields', ['status'], 'filterFields'],
    ['createDto', CreateIssue, 'createInput'],
  ])('fails at boot, and the error names the known one: %s', async (name, value, meant) => {
    expect(await bootWithAttributes({ [name]: value })).toBe(
      `WrongHook has "${name}", which no hook reads. Did you mean "${meant}"? If it is your own property, rename it.`,
    );
  });

  it('fails at boot on a hook without rows', async () => {
    @Hook('plain')
    class PlainHook extends BaseHook {
      permisions = [];
    }
    expect(await bootWith({ providers: [PlainHook] })).toMatch(
      /PlainHook has "permisions".*Did you mean "permissions"/,
    );
  });

  it('fails at boot as a method that would be called by nobody', async () => {
    @Hook('open')
    class OpenHook extends ModelHook<Issue> {
      entity = Issue;
      output = IssueView;
      visability(_scope: HookScope): boolean {
        return false;
      }
    }
    @Hook('british')
    class BritishHook extends ModelHook<Issue> {
      entity = Issue;
      output = IssueView;
      serialise(issue: Issue): unknown {
        return issue.id;
      }
    }
    @Hook('foreign')
    class ForeignHook extends ModelHook<Issue> {
      entity = Issue;
      output = IssueView;
      getQuerySet(): null {
        return null;
      }
    }
    expect(await bootWith({ providers: [ForeignHook] })).toMatch(/ForeignHook has "getQuerySet".*mean "getQuery"/);
    expect(await bootWith({ providers: [OpenHook] })).toMatch(/OpenHook has "visability".*Did you mean "visibility"/);
    expect(await bootWith({ providers: [BritishHook] })).toMatch(/BritishHook has "serialise".*"serialize"/);
  });

  it('is told from fields, services, observers, helpers and actions of the application', async () => {
    @Injectable()
    class PermissionService {}

    @Hook('own')
    class OwnHook extends ModelHook<Issue> {
      entity = Issue;
      output = IssueView;
      cache = new Map<number, string>();
      orders = ['first'];
      page = 1;
      title = 'Issues';
      unset?: string;
      private readonly secrets = { filter: 'none' };
      outputs = observer(Issue, { visibility: () => true });

      // Services are instances of classes, and may be named after what they serve.
      constructor(
        readonly permission: PermissionService,
        readonly store: PermissionService,
      ) {
        super();
      }

      deserialize(text: string): unknown {
        return JSON.parse(text);
      }
      serializes(): boolean {
        return this.secrets.filter === 'none';
      }
      getRows(): readonly string[] {
        return this.orders;
      }
      @Action() serialise(_scope: ActionScope): null {
        return null;
      }
    }
    expect(await bootWith({ providers: [OwnHook, PermissionService] })).toBe('booted');
  });
});

describe('an option that no part reads', () => {
  it.each<[object, string]>([
    [{ permission: [] }, 'JiraModule has an unknown option "permission". Did you mean "permissions"?'],
    [{ authenticate: [] }, 'JiraModule has an unknown option "authenticate". Use authentication, permissions, '],
    [{ plainWebsockets: [] }, 'JiraModule has an unknown option "plainWebsockets". Did you mean "plainWebSockets"?'],
    [
      { limits: { requestPerSecond: 3 } },
      'JiraModule has an unknown limit "requestPerSecond". Did you mean "requestsPerSecond"?',
    ],
    [{ fastPaths: { read: false } }, 'JiraModule has an unknown fast path "read". Did you mean "reads"?'],
    [
      { socketIo: { pingIntervall: 3 } },
      'JiraModule has an unknown Socket.IO option "pingIntervall". Did you mean "pingInterval"?',
    ],
    [
      { socketIo: { maxHttpBufferSize: 3 } },
      'JiraModule has the Socket.IO option "maxHttpBufferSize". Set limits.frameBytes',
    ],
    [
      { plainWebSockets: [{ path: '/ws', origin: '*' }] },
      'plainWebSockets "/ws" has an unknown option "origin". Did you mean "origins"?',
    ],
  ])('fails at boot: %o', async (options, message) => {
    expect(await bootWith({ options })).toContain(message);
  });

  it('is not one that is undefined', async () => {
    expect(await bootWith({ options: { authentification: undefined } as object })).toBe('booted');
  });
});

class Undecorated {
  title: string;
}

class Nesting {
  @IsString() title: string;
  @ValidateNested({ each: true }) @Type(() => Undecorated) parts: Undecorated[];
}

class Empty {
  id: number;
}

describe('a class that says nothing', () => {
  it('fails at boot as the output of a hook or an action', async () => {
    @Hook('exporting')
    class ExportingHook extends BaseHook {
      @Action({ output: Empty }) rows(_scope: ActionScope) {
        return [];
      }
    }
    expect(await bootWithAttributes({ output: Empty })).toMatch(
      /WrongHook shows rows through Empty, which exposes nothing\. Mark/,
    );
    expect(await bootWith({ providers: [ExportingHook] })).toMatch(
      /ExportingHook shows rows through Empty, which exposes/,
    );
  });

  it('fails at boot as the input of a hook or an action', async () => {
    @Hook('taking')
    class TakingHook extends BaseHook {
      @Action({ methods: ['POST'], input: Undecorated }) take(_scope: ActionScope<Undecorated>) {
        return null;
      }
    }
    expect(await bootWithAttributes({ createInput: Undecorated })).toMatch(
      /WrongHook takes the input Undecorated, which declares no field\. Decorate/,
    );
    expect(await bootWithAttributes({ updateInput: Undecorated })).toMatch(/WrongHook takes the input Undecorated/);
    expect(await bootWithAttributes({ createInput: Nesting })).toMatch(/WrongHook takes the input Undecorated/);
    expect(await bootWith({ providers: [TakingHook] })).toMatch(/TakingHook\.take\(\) takes the input Undecorated/);
  });
});

@Entity()
class Computed {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @ManyToOne(() => Project) project: Relation<Project>;
  initial = 'x';
  get upper(): string {
    return this.name.toUpperCase();
  }
}

@Entity()
class Loaded {
  @PrimaryGeneratedColumn() id: number;
  length: number;
  @AfterLoad() count(): void {
    this.length = 3;
  }
}

class MisnamedProjectView {
  @Expose() nam: string;
}

class ComputedView {
  @Expose() id: number;
  @Expose() upper: string;
  @Expose() initial: string;
  @Expose({ name: 'called' }) name: string;
  @Expose() @Transform(() => 1) one: number;
  @Expose() get two(): number {
    return 2;
  }
}

describe('a field of an output that the entity lacks', () => {
  const boot = (entity: object, output: object, more: object = {}): Promise<string> => {
    @Hook('shown')
    class ShownHook extends ModelHook<object> {
      entity = entity as never;
      output = output as never;
      constructor() {
        super();
        Object.assign(this, more);
      }
    }
    return bootWith({ entities: [...TRACKER.entities, Computed, Loaded], providers: [ShownHook] });
  };

  it('fails at boot, with the property that was meant', async () => {
    class TypoView {
      @Expose() id: number;
      @Expose() titel: string;
    }
    class StrangeView {
      @Expose() weather: string;
    }
    expect(await boot(Issue, TypoView)).toMatch(
      /ShownHook shows TypoView\.titel, which Issue does not have\. Did you mean "title"\?/,
    );
    expect(await boot(Issue, StrangeView)).toMatch(
      /ShownHook shows StrangeView\.weather, which Issue does not have\. Use id, title, /,
    );
  });

  it('fails at boot in the view of a related row', async () => {
    class NestedView {
      @Expose() id: number;
      @Expose() @Type(() => MisnamedProjectView) project: MisnamedProjectView;
    }
    expect(await boot(Computed, NestedView)).toMatch(
      /ShownHook shows MisnamedProjectView\.nam, which Project does not have\. Did you mean "name"/,
    );
  });

  it('is said to stay empty where it is a relation that nothing loads', async () => {
    class ProjectView {
      @Expose() name: string;
    }
    class WithProjectView {
      @Expose() id: number;
      @Expose() @Type(() => ProjectView) project: ProjectView;
    }
    const warnings: string[] = [];
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => void warnings.push(String(message))); // prettier-ignore
    expect(await boot(Issue, WithProjectView)).toBe('booted');
    expect(warnings).toContainEqual(
      expect.stringMatching(/ShownHook shows WithProjectView\.project, a relation that is not loaded.*"expandFields"/),
    );
    warnings.length = 0;
    expect(await boot(Issue, WithProjectView, { getQuery: (scope: HookScope) => scope.manager.createQueryBuilder(Issue, 'row').leftJoinAndSelect('row.project', 'project') })).toBe('booted'); // prettier-ignore
    expect(warnings.filter((warning) => warning.includes('not loaded'))).toEqual([]);
    warn.mockRestore();
  });

  it('is not one that the entity or the view computes', async () => {
    class LoadedView {
      @Expose() id: number;
      @Expose() length: number;
      @Expose() whatever: number;
    }
    expect(await boot(Computed, ComputedView)).toBe('booted');
    expect(await boot(Loaded, LoadedView)).toBe('booted');
  });

  it('is not one that the hook makes by its own serialize()', async () => {
    class AnyView {
      @Expose() anything: string;
    }
    const serialize = (_row: object): unknown => ({ anything: 1 });
    expect(await boot(Issue, AnyView, { serialize })).toBe('booted');
  });
});

class Titled {
  @IsString() title: string;
}

describe('what boots', () => {
  it('is the hook without any of these', async () => {
    expect(await bootWithAttributes({ createInput: Titled, pageSize: 3 })).toBe('booted');
    expect(await bootWith({ providers: [IssueHook] })).toBe('booted');
  });
});

@Injectable()
class Jwts extends JwtVerifier {
  readonly key = 'a secret of at least thirty-two characters';
  userOf(): null {
    return null;
  }
}
@Module({ providers: [{ provide: JwtVerifier, useClass: Jwts }], exports: [JwtVerifier] })
class JwtsModule {}

/** What `require.resolve` of every module asks. */
type Resolving = Record<typeof RESOLVE, (name: string, ...rest: unknown[]) => string>;
const RESOLVE = '_resolveFilename';

describe('an optional package that is not installed', () => {
  it('fails at boot, with the command that installs it: jose for JwtAuthentication', async () => {
    const resolving = NodeModule as unknown as Resolving;
    const find = resolving[RESOLVE].bind(resolving);
    const options = { authentication: [JwtAuthentication], imports: [JwtsModule] } as object;
    const spy = vi.spyOn(resolving, RESOLVE).mockImplementation((name, ...rest) => {
      if (name === 'jose') throw new Error("Cannot find module 'jose'");
      return find(name, ...rest);
    });
    try {
      expect(await bootWith({ options })).toBe(
        'JwtAuthentication needs the package "jose", which is not installed. Install it: npm install jose.',
      );
    } finally {
      spy.mockRestore();
    }
    expect(await bootWith({ options })).toBe('booted');
  });
});
