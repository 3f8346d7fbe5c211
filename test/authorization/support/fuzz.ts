// Reads, writes and subscribes at random, and checks that nobody is sent what they could not have retrieved.

import { isDeepStrictEqual } from 'node:util';
import type { DataSourceOptions, EntityManager } from 'typeorm';
import type { ChangeFrame } from 'nestjs-jira-protocol';
import { Authorization } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../../support/app.js';
import { Dice, TEAMS, WATCHERS, WRITER } from './dice.js';
import { asksWhetherOpen, type Schema } from './rules.js';
import { ENTITIES, Membership, Person, Task, Team } from './entities.js';
import { Watcher, type Watch } from './watcher.js';
import { hookOf, matches, State, type Filter, type TaskHookClass } from './world.js';

const MOST_TASKS = 14;
/** How long a commit may take to arrive. */
const PATIENCE_MS = 8_000;

interface HasManager {
  readonly manager: EntityManager;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Number of frames to check. The run ends earlier if it finds a violation. */
  readonly frames: number;
  readonly schema: Schema;
  /** Hook classes to use in place of the schema's, by namespace. */
  readonly hooks?: Readonly<Record<string, TaskHookClass>>;
  /** @default the database of this test run */
  readonly database?: DataSourceOptions;
}

export interface FuzzResult {
  readonly frames: number;
  readonly changes: number;
  readonly steps: number;
  readonly violations: string[];
}

export async function fuzz({ seed, frames, schema, hooks = {}, database }: FuzzOptions): Promise<FuzzResult> {
  const providers = Object.entries(schema).map(([namespace, spec]) => hooks[namespace] ?? hookOf(namespace, spec));
  await using app = await createTestApp({ entities: ENTITIES, providers, database });
  const run = new Fuzz(app, new Dice(seed), schema);
  await run.start();
  while (run.frames < frames && run.violations.length === 0) await run.step();
  return { frames: run.frames, changes: run.changes, steps: run.steps, violations: run.violations };
}

/** Whose rights a step may have changed. */
class Moved {
  readonly users = new Set<number>();
  teams = false;
}

class Fuzz {
  frames = 0;
  changes = 0;
  steps = 0;
  readonly violations: string[] = [];
  private readonly namespaces: readonly string[];
  private readonly roles = new Map<number, string>();
  private watchers: Watcher[] = [];
  private writer!: TestClient;
  /** The tables before the last step, and now. */
  private states!: [State, State];
  /** The rights that may have changed in the step before, and in this one. */
  private moved: [Moved, Moved] = [new Moved(), new Moved()];

  constructor(
    private readonly app: TestApp,
    private readonly dice: Dice,
    private readonly schema: Schema,
  ) {
    this.namespaces = Object.keys(schema);
  }

  async start(): Promise<void> {
    const { manager } = this.app.dataSource;
    await manager.save(Team, TEAMS.map((id) => ({ id }))); // prettier-ignore
    await manager.save(Person, [...WATCHERS, WRITER].map((id) => ({ id }))); // prettier-ignore
    for (const userId of [...WATCHERS, WRITER]) await this.toggleMembership(userId);
    this.writer = await this.app.connect(WRITER);
    const now = await this.read();
    this.states = [now, now];
    for (const userId of WATCHERS) {
      const watcher = new Watcher(userId, await this.app.connect(userId));
      this.watchers.push(watcher);
      for (const namespace of this.namespaces) for (let i = 0; i < 2; i++) await this.watch(watcher, namespace);
    }
  }

  async step(): Promise<void> {
    this.steps++;
    this.moved = [this.moved[1], new Moved()];
    const roll = this.dice.chance();
    if (roll < 0.15) await this.toggleMembership(this.dice.oneOf([...WATCHERS, WATCHERS[0] ?? 0, WRITER]));
    else if (roll < 0.19) await this.toggleTeam();
    else if (roll < 0.22) await this.toggleRole();
    else if (roll < 0.75) await this.writeDirectly();
    else if (roll < 0.85) await this.writeAs(this.writer, WRITER);
    else if (roll < 0.95) await this.writeAs(this.dice.oneOf(this.watchers).client);
    else await this.rewatch(this.dice.oneOf(this.watchers));
    this.states = [this.states[1], await this.read()];
    for (const watcher of this.watchers) {
      await watcher.client.settled(this.namespaces[0] ?? '');
      await this.checkHeld(watcher);
      await this.readAs(watcher);
    }
  }

  private read(): Promise<State> {
    return State.read(this.app.dataSource, this.schema, this.roles);
  }

  private async writeDirectly(): Promise<void> {
    const { dataSource } = this.app;
    const ids = [...this.states[1].tasks.keys()];
    await dataSource.transaction(async (manager) => {
      if (this.dice.chance() < 0.2) await this.toggleMembership(this.dice.oneOf(WATCHERS), { manager });
      const touched = new Set<number>();
      for (let i = 0; i < 3; i++) {
        const id = this.dice.oneOf(ids.filter((one) => !touched.has(one)));
        const roll = this.dice.chance();
        if (id !== undefined && roll < 0.7) touched.add(id);
        if (id !== undefined && (roll < 0.2 || ids.length > MOST_TASKS)) await manager.delete(Task, id);
        else if (id !== undefined && roll < 0.45) await manager.update(Task, { id }, this.dice.pick(['teamId', 'ownerId', 'title', 'level']));
        else if (id !== undefined && roll < 0.6) await this.toggleReader(id, { manager });
        else if (ids.length > 0 && roll < 0.7) await manager.update(Task, { teamId: this.dice.oneOf(TEAMS) }, this.dice.pick(['isPublic']));
        else await manager.save(Task, this.dice.fields());
      }
    }); // prettier-ignore
  }

  /** Writes through a hook. The writer must see the row after a write that is accepted. */
  private async writeAs(client: TestClient, userId = this.userOf(client)): Promise<void> {
    const namespace = this.dice.oneOf(this.namespaces);
    const id = this.dice.oneOf([...this.states[1].tasks.keys()]);
    const isCreate = id === undefined || this.dice.chance() < 0.5;
    const answer = await (isCreate
      ? client.call(namespace, 'create', 'POST', { data: this.dice.fields() })
      : client.call(namespace, 'update', 'PATCH', { query: { pk: id }, data: this.dice.pick(['teamId', 'ownerId', 'title']) }));
    const now = await this.read();
    this.frames++;
    if (answer.status < 300 && !now.sees(userId, namespace, (answer.data as Task).id))
      this.report(`user ${userId} wrote out of sight by ${namespace}: ${JSON.stringify(answer)}`);
    if (!isCreate && answer.status < 300 && !this.states[1].shown(userId, namespace, id))
      this.report(`user ${userId} changed by ${namespace} a row out of sight: ${JSON.stringify(answer)}`);
  } // prettier-ignore

  private async toggleMembership(userId: number, { manager } = this.app.dataSource as HasManager): Promise<void> {
    this.moved[1].users.add(userId);
    const membership = { userId, teamId: this.dice.oneOf(TEAMS) };
    const known = await manager.findOneBy(Membership, membership);
    const role = this.dice.chance() < 0.4 ? 'lead' : 'member';
    if (!known) await manager.save(Membership, { ...membership, role });
    else if (known.role === role) await manager.remove(known);
    else await manager.update(Membership, { id: known.id }, { role });
  }

  private async toggleTeam(): Promise<void> {
    this.moved[1].teams = true;
    const id = this.dice.oneOf(TEAMS);
    await this.app.dataSource.manager.update(Team, { id }, { isOpen: !this.states[1].isOpen(id) });
  }

  private async toggleRole(): Promise<void> {
    const id = this.dice.oneOf(WATCHERS);
    this.moved[1].users.add(id);
    if (!this.roles.delete(id)) this.roles.set(id, 'admin');
    await this.app.get(Authorization).refresh(id, { user: { id, role: this.roles.get(id) } });
  }

  private async toggleReader(taskId: number, { manager }: HasManager): Promise<void> {
    const person = this.dice.oneOf(WATCHERS);
    const readers = manager.createQueryBuilder().relation(Task, 'readers').of(taskId);
    await (this.states[1].isReader(person, taskId) ? readers.remove(person) : readers.add(person));
  }

  private async watch(watcher: Watcher, namespace: string): Promise<void> {
    const filter = this.dice.filter();
    const { requestId, channel } = await watcher.client.subscribe(namespace, filter);
    const watch = { namespace, filter, requestId, channel, held: this.fetch(watcher.userId, namespace, filter) };
    watcher.watches.set(requestId, watch);
    watcher.channels.set(channel, watch);
  }

  private async rewatch(watcher: Watcher): Promise<void> {
    const { requestId, namespace } = this.dice.oneOf([...watcher.watches.values()]);
    watcher.watches.delete(requestId);
    await watcher.client.call(namespace, 'unsubscribe', 'SUBSCRIPTION', { data: { target: requestId } });
    await this.watch(watcher, this.dice.oneOf(this.namespaces));
  }

  private fetch(userId: number, namespace: string, filter: Filter): Map<number, object> {
    return new Map(this.states[1].held(userId, namespace, filter).map((row) => [(row as Task).id, row]));
  }

  private async readAs({ userId, client }: Watcher): Promise<void> {
    const [, now] = this.states;
    const namespace = this.dice.oneOf(this.namespaces);
    const filter = this.dice.filter();
    const ordering = this.dice.oneOf(['id', '-title', 'secret', 'team__id']);
    const id = this.dice.oneOf([...this.states[0].tasks.keys()]);
    const [list, row] = await Promise.all([
      client.call(namespace, 'list', 'GET', { query: { ...filter, ordering, page_size: 100 } }),
      client.call(namespace, 'retrieve', 'GET', { query: { pk: id ?? 0 } }),
    ]);
    this.frames += 2;
    const isAllowed = ordering === 'id' || ordering === '-title';
    const expected = now.list(userId, namespace, filter);
    const { count, results = [] } = list.data as { count?: number; results?: Task[] };
    const sorted = results.toSorted((a, b) => a.id - b.id);
    if (isAllowed ? count !== expected.length || !isDeepStrictEqual(sorted, expected) : list.status !== 400)
      this.report(`user ${userId} listed ${namespace} by ${ordering}: ${JSON.stringify(list)}, not ${JSON.stringify(expected)}`);
    const shown = now.shown(userId, namespace, id);
    const refusal = now.sees(userId, namespace, id) ? 403 : 404;
    if (shown ? !isDeepStrictEqual(row.data, shown) : row.status !== refusal)
      this.report(`user ${userId} retrieved ${id} by ${namespace}: ${JSON.stringify(row)}`);
  } // prettier-ignore

  /** Waits until each watch holds exactly the rows that its user may retrieve. */
  private async checkHeld(watcher: Watcher): Promise<void> {
    const wrong = (): Watch[] => [...watcher.watches.values()].filter(({ namespace, filter, held }) => !isDeepStrictEqual(held, this.fetch(watcher.userId, namespace, filter))); // prettier-ignore
    const isRight = (): boolean => {
      this.checkChanges(watcher);
      return this.violations.length > 0 || wrong().length === 0;
    };
    await watcher.client.until(isRight, PATIENCE_MS).catch(() => {
      for (const { namespace, filter, held } of wrong())
        this.report(`user ${watcher.userId} holds by ${namespace} ${JSON.stringify(filter)} ${JSON.stringify([...held.values()])}, not ${JSON.stringify(this.states[1].held(watcher.userId, namespace, filter))}`); // prettier-ignore
    });
  }

  private checkChanges(watcher: Watcher): void {
    const { frames } = watcher.client;
    for (; watcher.checked < frames.length; watcher.checked++) {
      const { event, frame } = frames[watcher.checked];
      this.frames++;
      const watch = watcher.watches.get(frame['requestId'] as string);
      const channel = (frame['data'] as { channel?: string } | null)?.channel;
      if (frame['type'] === undefined && watch && channel) {
        watch.channel = channel;
        watcher.channels.set(channel, watch);
      } else if (frame['type'] === undefined)
        this.report(`user ${watcher.userId} got ${event} ${JSON.stringify(frame)}`);
      else this.checkChange(watcher, frame as unknown as ChangeFrame);
    }
  }

  private checkChange({ userId, channels, watches }: Watcher, change: ChangeFrame): void {
    this.changes++;
    const watch = channels.get(change.channel);
    const fault = watch ? this.faultOf(userId, watch, change) : 'of no channel of theirs';
    if (fault) this.report(`user ${userId} got ${JSON.stringify(change)} by ${JSON.stringify(watch)}: ${fault}`);
    for (const one of watches.values()) if (one.channel === change.channel) this.apply(userId, one, change);
  }

  private apply(userId: number, watch: Watch, { type, id, data }: ChangeFrame): void {
    if (type === 'reset') watch.held = this.fetch(userId, watch.namespace, watch.filter);
    else if (type === 'removed') watch.held.delete(id as number);
    else watch.held.set(id as number, data as object);
  }

  private faultOf(userId: number, { namespace, filter }: Watch, { type, id, data }: ChangeFrame): string | undefined {
    if (type === 'reset') {
      const { rule, isGuarded } = this.schema[namespace];
      const mayMove = isGuarded || asksWhetherOpen(rule);
      const isTheirs = this.moved.some(({ users, teams }) => users.has(userId) || (teams && mayMove));
      return isTheirs && data === null && id === undefined ? undefined : 'a reset that tells of others';
    }
    const known = this.states.map((state) => state.shown(userId, namespace, id));
    if (isDeepStrictEqual(data, { pk: id })) {
      return type === 'removed' && known.some((row) => row && matches(row, filter))
        ? undefined
        : 'an id never in sight';
    }
    const isTrue = known.some((row) => row && isDeepStrictEqual(row, data) && matches(row, filter));
    return isTrue ? undefined : `they could retrieve ${JSON.stringify(known)}`;
  }

  private report(violation: string): void {
    this.violations.push(`step ${this.steps}: ${violation}`);
  }

  private userOf(client: TestClient): number {
    return this.watchers.find((watcher) => watcher.client === client)?.userId ?? WRITER;
  }
}
