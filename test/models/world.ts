// An application of one model: users who watch and write, code that writes, and what has to hold after each step.

import { isDeepStrictEqual } from 'node:util';
import {
  DefaultNamingStrategy,
  QueryFailedError,
  TypeORMError,
  type DataSourceOptions,
  type EntityManager,
} from 'typeorm';
import type { AnswerFrame, ChangeFrame } from 'nestjs-jira-protocol';
import { Authorization } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { CodeWriter } from './code-writes.js';
import { ROLES, type Model, type Role } from './entities.js';
import { hooksOf, NAMESPACES } from './hooks.js';
import { inputOf, wireOf } from './inputs.js';
import { idText, Moment, type Row } from './moment.js';
import { USERS, type Rule } from './rules.js';
import type { CodeStep, Step, WireStep } from './steps.js';

type Own = Rule & { kind: 'own' };

interface Watch {
  readonly role: Role;
  readonly user: number;
  readonly filter?: Own;
  readonly query: object;
  channel: string;
  requestId: string;
  /** The rows it has by what it was told, by id. */
  held: Map<string, unknown>;
}

/** What has to hold, and does not. */
class Violation extends Error {
  override readonly name = 'Violation';
}

const MAX_ROUNDS = 6;

export interface Tally {
  frames: number;
  resets: number;
  written: number;
  refused: number;
}

export class World {
  readonly tally: Tally = { frames: 0, resets: 0, written: 0, refused: 0 };
  private readonly clients = new Map<number, TestClient>();
  private watches: Watch[] = [];
  private seen = new Map<TestClient, number>();
  private counter = 0;
  private before!: Moment;
  private now!: Moment;

  private constructor(
    readonly model: Model,
    private readonly app: TestApp,
  ) {}

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
    for (const user of USERS) {
      await this.watch(user, 'item');
      if (user !== 3) await this.watch(user, 'item', this.filterOf(user));
      for (const role of ['group', 'note'] as const) if (user === 1 && this.model.classes[role]) await this.watch(user, role); // prettier-ignore
    }
    this.before = this.now;
    await this.checkRest();
  }

  private filterOf(user: number): Own {
    const names = Object.keys(this.model.columns).filter((name) => !['extra', 'serial', 'tenant'].includes(name));
    const path = names[user % names.length];
    const values = this.model.columns[path]?.values ?? [];
    return { kind: 'own', path, values: [values[user % values.length]] };
  }

  private async watch(user: number, role: Role, filter?: Own): Promise<void> {
    const query = filter ? { [filter.path]: wireOf(this.model, filter.path, filter.values[0]) } : {};
    const watch: Watch = { role, user, filter, query, channel: '', requestId: '', held: new Map() };
    const client = this.client(user);
    const { channel, requestId } = await client.subscribe(namespaceOf(role), query);
    Object.assign(watch, { channel, requestId });
    watch.held = await this.list(watch);
    this.watches.push(watch);
  }

  private async step(step: Step): Promise<void> {
    const tablesBefore = this.now;
    if (step.by === 'code') await this.byCode(step);
    else await this.byWire(step);
    this.before = tablesBefore;
    this.now = await this.read();
    if (step.by !== 'code') this.checkWrite(step);
    if (this.model.spec.dependsOn === 'none' && this.hasMovedRelated()) {
      for (const user of USERS) await this.app.get(Authorization).refresh(user);
    }
    await this.checkRest();
  }

  // What code writes.

  private async byCode({ writes, end }: CodeStep): Promise<void> {
    const { manager } = this.app.dataSource;
    const run = async (inner: EntityManager, some: CodeStep['writes']): Promise<void> => {
      for (const { write, a, b } of some) await this.writer(inner).write(write, a, b);
    };
    if (writes.length === 1 && end === 'commit') return run(manager, writes).catch(tolerate);
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

  private answer?: { status: number; data: unknown; pk?: unknown };

  private async byWire(step: WireStep): Promise<void> {
    const client = this.client(step.by);
    const rows = this.now.all('item');
    const row = rows[step.a % Math.max(1, rows.length)];
    this.answer = undefined;
    if (!row && step.action !== 'create') return;
    const data = step.action === 'destroy' ? undefined : await inputOf(this.model, this.now, this.writer(this.app.dataSource.manager), step); // prettier-ignore
    const method = { create: 'POST', update: 'PATCH', destroy: 'DELETE' } as const;
    const query = step.action === 'create' ? {} : { pk: row?.pk };
    const answer = await client.call('items', step.action, method[step.action], { ...(data && { data }), query });
    if (answer.status >= 500) throw new Violation(`${step.action} by user ${step.by} of ${told(row?.pk)} with ${told(data)} was answered ${told(answer)}`); // prettier-ignore
    if (answer.status < 300) this.tally.written++;
    else this.tally.refused++;
    this.answer = { status: answer.status, data: plain(answer.data), pk: row?.pk };
  }

  /** Only what its writer could see was touched, and the answer is the row as it is stored. */
  private checkWrite({ by: user, action, ...step }: WireStep): void {
    if (!this.answer) return;
    const { status, data, pk } = this.answer;
    const changed = this.differences();
    const what = `${action} by user ${user} of ${told(pk)} (${told(step)}), answered ${status} ${told(data)},`;
    if (status >= 300) {
      if (changed.length > 0) throw new Violation(`${what} changed ${told(changed)}`);
      return;
    }
    for (const role of ROLES) this.checkTouched(role, user, what);
    this.checkLinks(user, what);
    if (action === 'destroy') return;
    const shown = this.now.visible('item', user);
    const expected = shown.find((row) => isDeepStrictEqual(pick(this.now.view(row), ['id', 'k1', 'k2']), pick(data, ['id', 'k1', 'k2']))); // prettier-ignore
    if (!expected) throw new Violation(`${what} is of no row that the writer may see`);
    const view = this.now.view(expected);
    if (!this.looksAs(view, data)) throw new Violation(`${what} is not the stored row ${told(view)}`);
  }

  private checkTouched(role: Role, user: number, what: string): void {
    if (!(role in NAMESPACES)) return;
    const before = new Map(this.before.all(role).map((row) => [row.id, row]));
    const after = new Map(this.now.all(role).map((row) => [row.id, row]));
    for (const [id, row] of after) {
      const old = before.get(id);
      if (!old) {
        if (!this.now.sees(user, role, id)) throw new Violation(`${what} left a new ${role} ${id} that its writer may not see`); // prettier-ignore
        this.checkTargets(role, row, undefined, user, what);
      } else if (!isDeepStrictEqual(old.raw, row.raw)) {
        if (!this.before.sees(user, role, id)) throw new Violation(`${what} touched ${role} ${id}, which its writer could not see: ${told(old.raw)} became ${told(row.raw)}`); // prettier-ignore
        if (!row.isDeleted && !this.now.sees(user, role, id) && role === 'item') throw new Violation(`${what} left ${role} ${id}, which its writer may not see any more`); // prettier-ignore
        this.checkTargets(role, row, old, user, what);
      }
    }
    for (const id of before.keys())
      if (!after.has(id) && !this.before.sees(user, role, id)) throw new Violation(`${what} removed ${role} ${id}, which its writer could not see`); // prettier-ignore
  }

  /** What the row newly refers to has to be in its writer's sight. */
  private checkTargets(role: Role, row: Row, old: Row | undefined, user: number, what: string): void {
    for (const name of ['group', 'parent', 'item', 'detail']) {
      const relation = this.now.metadataOf(role).findRelationWithPropertyPath(name);
      if (!relation?.isOwning || relation.isManyToMany) continue;
      const columns = relation.joinColumns.map(({ databaseName }) => databaseName);
      if (columns.every((column) => isDeepStrictEqual(row.raw[column], old?.raw[column]) || row.raw[column] === null)) continue; // prettier-ignore
      const target = (name === 'parent' ? 'item' : name) as Role;
      const targets = this.now.related(role, row, name);
      if (!targets.some(({ id }) => this.now.sees(user, target, id))) throw new Violation(`${what} lets ${role} ${row.id} refer by "${name}" to a row that its writer may not see: ${told(columns.map((column) => row.raw[column]))}`); // prettier-ignore
    }
  }

  /** Links that came or went join rows that their writer sees. */
  private checkLinks(user: number, what: string): void {
    const relation = this.model.classes.tag && this.now.metadataOf('item').findRelationWithPropertyPath('tags');
    if (!relation) return;
    const linked = (moment: Moment): Map<string, [Row, Row]> =>
      new Map(moment.all('item').flatMap((item) => moment.related('item', item, 'tags').map((tag): [string, [Row, Row]] => [`${item.id} ${tag.id}`, [item, tag]]))); // prettier-ignore
    const [before, after] = [linked(this.before), linked(this.now)];
    for (const [key, [item, tag]] of [...before, ...after]) {
      if (before.has(key) === after.has(key)) continue;
      const moment = after.has(key) ? this.now : this.before;
      const isGone = !this.now.find('item', item.id) || !this.now.find('tag', tag.id);
      const isSeen = moment.sees(user, 'item', item.id) && (isGone || moment.sees(user, 'tag', tag.id));
      if (!isSeen) throw new Violation(`${what} changed the link ${key}, of which its writer may not see both ends`);
    }
  }

  private differences(): string[] {
    return [...this.now.tables].flatMap(([table, rows]) => {
      const old = this.before.tables.get(table);
      const keys = new Set([...rows.keys(), ...(old?.keys() ?? [])]);
      return [...keys].filter((key) => rows.get(key) !== old?.get(key)).map((key) => `${table} ${key}`);
    });
  }

  private hasMovedRelated(): boolean {
    return this.differences().length > 0;
  }

  // What users are told.

  /** All that was told may be known, and what each user holds is what the database would answer. */
  private async checkRest(): Promise<void> {
    for (let round = 0; ; round++) {
      for (const client of this.clients.values()) await client.settled('items');
      for (const user of USERS) this.drain(user);
      const stale = this.watches.filter((watch) => watch.held.has(RESET));
      if (stale.length === 0) break;
      if (round === MAX_ROUNDS) throw new Violation('Resets do not end.');
      for (const watch of stale) watch.held = await this.list(watch);
    }
    for (const watch of this.watches) await this.checkHeld(watch);
  }

  /** What came since the last time, in its order. */
  private drain(user: number): void {
    const client = this.client(user);
    const watches = this.watches.filter((watch) => watch.user === user);
    const frames = client.frames.slice(this.seen.get(client) ?? 0);
    this.seen.set(client, client.frames.length);
    for (const { event, frame: sent } of frames) {
      const frame = plain(sent) as Record<string, unknown>;
      const change = frame as unknown as ChangeFrame & { readonly requestId?: string };
      for (const watch of watches) {
        if (event !== namespaceOf(watch.role)) continue;
        if (change.type === undefined) this.moveTo(watch, frame as unknown as AnswerFrame);
        else if (change.channel === watch.channel && (change.requestId ?? watch.requestId) === watch.requestId) this.apply(watch, change); // prettier-ignore
      }
    }
  }

  /** The subscribe is answered again when the subscription goes on in another channel. */
  private moveTo(watch: Watch, answer: AnswerFrame): void {
    if (answer.requestId !== watch.requestId) return;
    const { channel } = (answer.data ?? {}) as { channel?: string };
    if (channel === undefined) throw new Violation(`The subscription of user ${watch.user} ended: ${told(answer)}`);
    watch.channel = channel;
  }

  private apply(watch: Watch, frame: ChangeFrame): void {
    this.tally.frames++;
    const { role, user, filter, held } = watch;
    const what = `User ${user}, who watches ${role} ${told(watch.query)}, was sent ${told(frame)}`;
    if (frame.type === 'reset') {
      this.tally.resets++;
      watch.held = new Map([[RESET, true]]);
      return;
    }
    const id = idText(frame.id);
    const [before, now] = [this.before, this.now].map((moment) => moment.visible(role, user, filter).find((row) => row.id === id)); // prettier-ignore
    if (!before && !now) throw new Violation(`${what}, which is a row that he could see neither before nor after`);
    if (frame.type !== 'removed' && !now) throw new Violation(`${what}, which he may not see any more`);
    if (role === 'item') {
      const isKeyAlone = isDeepStrictEqual(Object.keys((frame.data as object | null) ?? {}), ['pk']);
      const views = [before && this.before.view(before), now && this.now.view(now)];
      if (!(frame.type === 'removed' && isKeyAlone) && !views.some((view) => this.looksAs(view, frame.data)))
        throw new Violation(`${what}, and the row is ${told(views)}`);
    }
    if (held.has(RESET)) return;
    if (frame.type === 'removed') held.delete(id);
    else held.set(id, frame.data);
  }

  private async checkHeld(watch: Watch): Promise<void> {
    const { role, user, filter, held } = watch;
    const listed = await this.list(watch);
    const expected = this.now.visible(role, user, filter);
    const who = `User ${user}, who asks for ${role} ${told(watch.query)},`;
    const ids = expected.map(({ id }) => id);
    if (!isDeepStrictEqual([...listed.keys()].toSorted(), ids.toSorted())) throw new Violation(`${who} is listed ${told([...listed.keys()])}, and may see ${told(ids)}`); // prettier-ignore
    if (role === 'item') {
      for (const row of expected)
        if (!this.looksAs(this.now.view(row), listed.get(row.id))) throw new Violation(`${who} is listed ${told(listed.get(row.id))}, and find() has ${told(this.now.view(row))}`); // prettier-ignore
    }
    const sorted = (map: Map<string, unknown>): unknown => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
    if (!isDeepStrictEqual(sorted(held), sorted(listed))) throw new Violation(`${who} holds ${told(sorted(held))} by what was announced, and is listed ${told(sorted(listed))}`); // prettier-ignore
  }

  /** What has a form of its own on the wire is the same in lists and events; which form that is, others test. */
  private looksAs(view: unknown, shown: unknown): boolean {
    const { extra } = this.model.spec;
    if (!['bytes', 'interval', 'point'].includes(extra)) return isDeepStrictEqual(view, shown);
    const without = (one: unknown): unknown => ({ ...(one as object | undefined), extra: undefined });
    return isDeepStrictEqual(without(view), without(shown));
  }

  private async list({ user, role, query }: Watch): Promise<Map<string, unknown>> {
    const answer = await this.client(user).call(namespaceOf(role), 'list', 'GET', { query: { ...query, page_size: 100 } }); // prettier-ignore
    if (answer.status !== 200) throw new Violation(`list of ${role} ${told(query)} was answered ${told(answer)}`);
    const { results } = plain(answer.data) as { results: Record<string, unknown>[] };
    const columns = this.now.metadataOf(role).primaryColumns.map(({ propertyPath }) => propertyPath);
    const idOf = (row: Record<string, unknown>): string => idText(columns.length === 1 ? row[columns[0]] : pick(row, columns)); // prettier-ignore
    return new Map(results.map((row) => [idOf(row), row]));
  }

  private client(user: number): TestClient {
    return this.clients.get(user) as TestClient;
  }

  private read(): Promise<Moment> {
    const filters = [1, 2].map((user) => this.filterOf(user));
    return Moment.read(this.app.dataSource, this.model, filters);
  }
}

const RESET = '(reset)';

class RollBack extends Error {}

function namespaceOf(role: Role): string {
  return NAMESPACES[role] as string;
}

/** What the database refuses is part of the game, and so is what TypeORM cannot do. */
function tolerate(error: unknown): void {
  if (error instanceof RollBack || error instanceof QueryFailedError || error instanceof TypeORMError) return;
  throw error;
}

function pick(object: unknown, names: readonly string[]): object {
  const given = (object ?? {}) as Record<string, unknown>;
  return Object.fromEntries(names.flatMap((name) => (name in given ? [[name, given[name]]] : [])));
}

/** Bytes as JSON has them. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function told(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
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
