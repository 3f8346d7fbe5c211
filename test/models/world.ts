// An application of one model: users who watch and write, code that writes, and what has to hold after each step.

import {
  DefaultNamingStrategy,
  QueryFailedError,
  TypeORMError,
  type DataSourceOptions,
  type EntityManager,
} from 'typeorm';
import { Authorization } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { CodeWriter } from './code-writes.js';
import { hooksOf } from './hooks.js';
import { inputOf } from './inputs.js';
import type { Model } from './model.js';
import { Moment } from './moment.js';
import { USERS } from './rules.js';
import type { CodeStep, Step, WireStep } from './steps.js';
import { plain, told, Violation } from './violation.js';
import { Watches, type Own, type Tally } from './watches.js';
import { differences, WriteCheck, type WriteAnswer } from './write-checks.js';

export class World {
  private readonly clients = new Map<number, TestClient>();
  private readonly watches: Watches;
  private counter = 0;
  private now!: Moment;

  private constructor(
    readonly model: Model,
    private readonly app: TestApp,
  ) {
    this.watches = new Watches(model, this.clients);
  }

  get tally(): Tally {
    return this.watches.tally;
  }

  static async open(model: Model, place: DataSourceOptions): Promise<World> {
    const database = { ...place, ...optionsOf(model) } as DataSourceOptions;
    const app = await createTestApp({ entities: model.entities, providers: hooksOf(model), database });
    const world = new World(model, app);
    for (const user of USERS) world.clients.set(user, await app.connect(user));
    return world;
  }

  close(): Promise<void> {
    return this.app.close();
  }

  /** Throws a Violation. */
  async play(steps: readonly Step[]): Promise<void> {
    await this.start();
    for (const step of steps) await this.step(step);
  }

  private async start(): Promise<void> {
    const writer = this.writer(this.app.dataSource.manager);
    const seeds = [['saveGroup', 0, 0], ['saveGroup', 1, 1], ['saveGroup', 0, 2], ['join', 0, 0], ['join', 1, 1], ['saveTag', 0, 1], ['saveTag', 0, 2], ['saveSibling', 0, 0], ['saveItem', 0, 1], ['saveItem', 1, 2], ['saveItem', 2, 1], ['addNote', 0, 1], ['addNote', 1, 2], ['addTag', 0, 0], ['addTag', 1, 1], ['setDetail', 0, 1], ['addLink', 0, 0], ['groupOfSibling', 2, 0]] as const; // prettier-ignore
    for (const [write, a, b] of seeds) await writer.write(write, a, b).catch(tolerate);
    this.now = await this.read();
    const { now, watches } = this;
    for (const user of USERS) {
      await watches.open(now, user, 'item');
      if (user !== 3) await watches.open(now, user, 'item', this.filterOf(user));
      for (const role of ['group', 'note'] as const) if (user === 1 && this.model.classes[role]) await watches.open(now, user, role); // prettier-ignore
    }
    await watches.check(now, now);
  }

  private filterOf(user: number): Own {
    const names = Object.keys(this.model.columns).filter((name) => !['extra', 'serial', 'tenant'].includes(name));
    const path = names[user % names.length];
    const values = this.model.columns[path]?.values ?? [];
    return { kind: 'own', path, values: [values[user % values.length]] };
  }

  private async step(step: Step): Promise<void> {
    const before = this.now;
    const answer = step.by === 'code' ? await this.byCode(step) : await this.byWire(step);
    this.now = await this.read();
    if (step.by !== 'code' && answer) new WriteCheck(this.model, before, this.now).check(step, answer);
    if (this.model.spec.dependsOn === 'none' && differences(before, this.now).length > 0) {
      for (const user of USERS) await this.app.get(Authorization).refresh(user);
    }
    await this.watches.check(before, this.now);
  }

  // What code writes.

  private async byCode({ writes, end }: CodeStep): Promise<undefined> {
    const { manager } = this.app.dataSource;
    const run = async (inner: EntityManager, some: CodeStep['writes']): Promise<void> => {
      for (const { write, a, b } of some) await this.writer(inner).write(write, a, b);
    };
    if (writes.length === 1 && end === 'commit') {
      await run(manager, writes).catch(tolerate);
      return undefined;
    }
    const work = manager.transaction(async (outer) => {
      if (end !== 'savepoint') await run(outer, writes);
      else {
        await run(outer, writes.slice(0, 1));
        await outer.transaction(async (inner) => {
          await run(inner, writes.slice(1));
          throw new RollBack();
        }).catch(tolerate); // prettier-ignore
      }
      if (end === 'rollback') throw new RollBack();
    });
    await work.catch(tolerate);
  }

  private writer(manager: EntityManager): CodeWriter {
    return new CodeWriter(this.model, manager, () => this.counter++);
  }

  // What users write.

  private async byWire(step: WireStep): Promise<WriteAnswer | undefined> {
    const client = this.clients.get(step.by) as TestClient;
    const rows = this.now.all('item');
    const row = rows[step.a % Math.max(1, rows.length)];
    if (!row && step.action !== 'create') return undefined;
    const data = step.action === 'destroy' ? undefined : await inputOf(this.model, this.now, this.writer(this.app.dataSource.manager), step); // prettier-ignore
    const method = { create: 'POST', update: 'PATCH', destroy: 'DELETE' } as const;
    const query = step.action === 'create' ? {} : { pk: row?.pk };
    const answer = await client.call('items', step.action, method[step.action], { ...(data && { data }), query });
    if (answer.status >= 500) throw new Violation(`${step.action} by user ${step.by} of ${told(row?.pk)} with ${told(data)} was answered ${told(answer)}`); // prettier-ignore
    if (answer.status < 300) this.tally.written++;
    else this.tally.refused++;
    return { status: answer.status, data: plain(answer.data), pk: row?.pk };
  }

  private read(): Promise<Moment> {
    const filters = [1, 2].map((user) => this.filterOf(user));
    return Moment.read(this.app.dataSource, this.model, filters);
  }
}

class RollBack extends Error {}

/** What the database refuses is part of the game, and so is what TypeORM cannot do. */
function tolerate(error: unknown): void {
  if (error instanceof RollBack || error instanceof QueryFailedError || error instanceof TypeORMError) return;
  throw error;
}

class PrefixedNames extends DefaultNamingStrategy {
  override columnName(property: string, custom: string | undefined, prefixes: string[]): string {
    return [...prefixes, custom ?? `x_${property}`].join('_');
  }
  override joinColumnName(relation: string, referenced: string): string {
    return `j_${relation}_${referenced}`;
  }
}

function optionsOf({ spec, subscribers }: Model): object {
  return {
    subscribers,
    ...(spec.naming === 'strategy' && { namingStrategy: new PrefixedNames() }),
    retryAttempts: 0,
    ...(spec.naming === 'prefix' && { entityPrefix: 'pre_' }),
  };
}
