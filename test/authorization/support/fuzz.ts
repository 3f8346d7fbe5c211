// Random reads, writes and subscriptions, and the check that nobody is sent what they could not have retrieved.

import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from 'typeorm';
import type { ChangeFrame } from 'nestjs-jira-protocol';
import { createTestApp, type TestApp, type TestClient } from '../../support/app.js';
import { matches, Membership, RULES, State, Task, Team, WORLD, type Filter, type Rule } from './world.js';

const TEAMS = [1, 2, 3];
const WATCHERS = [1, 2];
const WRITER = 3;
const MOST_TASKS = 14;

interface Watch {
  readonly rule: Rule;
  readonly filter: Filter;
  readonly requestId: string;
}

interface HasManager {
  readonly manager: EntityManager;
}

class Watcher {
  readonly watches = new Map<string, Watch>();
  /** Every channel ever told of. */
  readonly channels = new Map<string, Watch>();
  checked = 0;

  constructor(
    readonly userId: number,
    readonly client: TestClient,
  ) {}
}

export interface FuzzResult {
  readonly frames: number;
  readonly changes: number;
  readonly steps: number;
  readonly violations: string[];
}

/** Goes on until that many frames were checked, or something was found. */
export async function fuzz(
  seed: number,
  frames: number,
  providers: readonly unknown[] = WORLD.providers,
): Promise<FuzzResult> {
  await using app = await createTestApp({ ...WORLD, providers: providers as never });
  const run = new Fuzz(app, random(seed));
  await run.start();
  while (run.frames < frames && run.violations.length === 0) await run.step();
  return { frames: run.frames, changes: run.changes, steps: run.steps, violations: run.violations };
}

class Fuzz {
  frames = 0;
  changes = 0;
  steps = 0;
  readonly violations: string[] = [];
  private watchers: Watcher[] = [];
  private writer!: TestClient;
  /** The moment before, and now. */
  private states!: [State, State];
  /** Users whose memberships the last two steps touched. */
  private moved: [Set<number>, Set<number>] = [new Set(), new Set()];

  constructor(
    private readonly app: TestApp,
    private readonly chance: () => number,
  ) {}

  async start(): Promise<void> {
    const { manager } = this.app.dataSource;
    await manager.save(Team, TEAMS.map((id) => ({ id }))); // prettier-ignore
    for (const userId of [...WATCHERS, WRITER]) await this.toggleMembership(userId);
    this.writer = await this.app.connect(WRITER);
    const now = await State.read(this.app.dataSource);
    this.states = [now, now];
    for (const userId of WATCHERS) {
      const watcher = new Watcher(userId, await this.app.connect(userId));
      this.watchers.push(watcher);
      for (const rule of RULES) for (let i = 0; i < 2; i++) await this.watch(watcher, rule);
    }
  }

  async step(): Promise<void> {
    this.steps++;
    this.moved = [this.moved[1], new Set()];
    const roll = this.chance();
    if (roll < 0.2) await this.toggleMembership(this.oneOf([...WATCHERS, WATCHERS[0] ?? 0, WRITER]));
    else if (roll < 0.75) await this.writeDirectly();
    else if (roll < 0.85) await this.writeAs(this.writer, WRITER);
    else if (roll < 0.95) await this.writeAs(this.oneOf(this.watchers).client);
    else await this.rewatch(this.oneOf(this.watchers));
    this.states = [this.states[1], await State.read(this.app.dataSource)];
    for (const watcher of this.watchers) {
      await watcher.client.settled('owned');
      this.checkChanges(watcher);
      await this.read(watcher);
    }
  }

  private async writeDirectly(): Promise<void> {
    const { dataSource } = this.app;
    const ids = [...this.states[1].tasks.keys()];
    await dataSource.transaction(async (manager) => {
      if (this.chance() < 0.1) await this.toggleMembership(this.oneOf(WATCHERS), { manager });
      for (let i = 0; i < 3; i++) {
        const id = this.oneOf(ids);
        const roll = this.chance();
        if (ids.length > 0 && (roll < 0.25 || ids.length > MOST_TASKS)) await manager.delete(Task, id);
        else if (ids.length > 0 && roll < 0.5) await manager.update(Task, { id }, this.pick(['teamId', 'ownerId', 'title']));
        else if (ids.length > 0 && roll < 0.6) await manager.update(Task, { teamId: this.oneOf(TEAMS) }, this.pick(['isPublic']));
        else await manager.save(Task, this.fields());
      }
    }); // prettier-ignore
  }

  /** Through a hook: what is accepted has to be within the writer's sight afterwards. */
  private async writeAs(client: TestClient, userId = this.userOf(client)): Promise<void> {
    const rule = this.oneOf(RULES);
    const id = this.oneOf([...this.states[1].tasks.keys()]);
    const isCreate = id === undefined || this.chance() < 0.5;
    const answer = await (isCreate
      ? client.call(rule, 'create', 'POST', { data: this.fields() })
      : client.call(rule, 'update', 'PATCH', { query: { pk: id }, data: this.pick(['teamId', 'ownerId', 'title']) }));
    const now = await State.read(this.app.dataSource);
    this.frames++;
    if (answer.status < 300 && !now.shown(userId, rule, (answer.data as Task).id))
      this.report(`user ${userId} wrote out of sight by ${rule}: ${JSON.stringify(answer)}`);
    if (!isCreate && answer.status < 300 && !this.states[1].shown(userId, rule, id))
      this.report(`user ${userId} changed by ${rule} a row out of sight: ${JSON.stringify(answer)}`);
  }

  private async toggleMembership(userId: number, { manager } = this.app.dataSource as HasManager): Promise<void> {
    this.moved[1].add(userId);
    const membership = { userId, teamId: this.oneOf(TEAMS) };
    const known = await manager.findOneBy(Membership, membership);
    await (known ? manager.remove(known) : manager.save(Membership, membership));
  }

  private async watch(watcher: Watcher, rule: Rule): Promise<void> {
    const filter = this.filter();
    const { requestId, channel } = await watcher.client.subscribe(rule, filter);
    const watch = { rule, filter, requestId };
    watcher.watches.set(requestId, watch);
    watcher.channels.set(channel, watch);
  }

  private async rewatch(watcher: Watcher): Promise<void> {
    const { requestId, rule } = this.oneOf([...watcher.watches.values()]);
    watcher.watches.delete(requestId);
    await watcher.client.call(rule, 'unsubscribe', 'SUBSCRIPTION', { data: { target: requestId } });
    await this.watch(watcher, this.oneOf(RULES));
  }

  private async read({ userId, client }: Watcher): Promise<void> {
    const [, now] = this.states;
    const rule = this.oneOf(RULES);
    const filter = this.filter();
    const ordering = this.oneOf(['id', '-title', 'secret', 'team__id']);
    const id = this.oneOf([...this.states[0].tasks.keys()]);
    const [list, row] = await Promise.all([
      client.call(rule, 'list', 'GET', { query: { ...filter, ordering, page_size: 100 } }),
      client.call(rule, 'retrieve', 'GET', { query: { pk: id ?? 0 } }),
    ]);
    this.frames += 2;
    const isAllowed = ordering === 'id' || ordering === '-title';
    const expected = now.list(userId, rule, filter);
    const { count, results = [] } = list.data as { count?: number; results?: Task[] };
    const sorted = results.toSorted((a, b) => a.id - b.id);
    if (isAllowed ? count !== expected.length || !isDeepStrictEqual(sorted, expected) : list.status !== 400)
      this.report(`user ${userId} listed ${rule} by ${ordering}: ${JSON.stringify(list)}, not ${JSON.stringify(expected)}`);
    const shown = now.shown(userId, rule, id);
    if (shown ? !isDeepStrictEqual(row.data, shown) : row.status !== 404)
      this.report(`user ${userId} retrieved ${id} by ${rule}: ${JSON.stringify(row)}`);
  } // prettier-ignore

  private checkChanges(watcher: Watcher): void {
    const { frames } = watcher.client;
    for (; watcher.checked < frames.length; watcher.checked++) {
      const { event, frame } = frames[watcher.checked];
      this.frames++;
      const watch = watcher.watches.get(frame['requestId'] as string);
      const channel = (frame['data'] as { channel?: string } | null)?.channel;
      if (frame['type'] === undefined && watch && channel) watcher.channels.set(channel, watch);
      else if (frame['type'] === undefined) this.report(`user ${watcher.userId} got ${event} ${JSON.stringify(frame)}`);
      else this.checkChange(watcher, frame as unknown as ChangeFrame);
    }
  }

  private checkChange({ userId, channels }: Watcher, change: ChangeFrame): void {
    this.changes++;
    const watch = channels.get(change.channel);
    const fault = watch ? this.faultOf(userId, watch, change) : 'of no channel of theirs';
    if (fault) this.report(`user ${userId} got ${JSON.stringify(change)} by ${JSON.stringify(watch)}: ${fault}`);
  }

  private faultOf(userId: number, { rule, filter }: Watch, { type, id, data }: ChangeFrame): string | undefined {
    if (type === 'reset') {
      const isTheirs = this.moved.some((users) => users.has(userId));
      return isTheirs && data === null && id === undefined ? undefined : 'a reset that tells of others';
    }
    const known = this.states.map((state) => state.shown(userId, rule, id));
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

  private fields(): Omit<Task, 'id' | 'team'> {
    const [title, secret] = [this.word(), this.word()];
    const ownerId = this.oneOf([...WATCHERS, WRITER]);
    return { title, secret, ownerId, isPublic: this.chance() < 0.3, teamId: this.oneOf(TEAMS) };
  }

  private pick<K extends 'teamId' | 'ownerId' | 'title' | 'isPublic'>(names: readonly K[]): Partial<Pick<Task, K>> {
    const fields = this.fields();
    const name = this.oneOf(names);
    return { [name]: fields[name] } as Partial<Pick<Task, K>>;
  }

  private filter(): Filter {
    const roll = this.chance();
    if (roll < 0.5) return {};
    return roll < 0.75 ? { teamId: this.oneOf(TEAMS) } : { isPublic: this.chance() < 0.5 };
  }

  private userOf(client: TestClient): number {
    return this.watchers.find((watcher) => watcher.client === client)?.userId ?? WRITER;
  }

  private word(): string {
    return Math.floor(this.chance() * 2 ** 40).toString(36);
  }

  private oneOf<T>(items: readonly T[]): T {
    return items[Math.floor(this.chance() * items.length)];
  }
}

/** mulberry32: the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
