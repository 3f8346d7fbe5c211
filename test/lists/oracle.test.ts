// Random lists under random writes, of clients that are cut off and come back: at rest each holds what a fresh `list` answers it,
// and was never shown more.
//
// npm run lists -- --queries 10000 --database postgres --seed 1

import { setTimeout as wait } from 'node:timers/promises';
import { Expose } from 'class-transformer';
import { Column, Entity, ManyToOne, OneToMany, PrimaryColumn, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { createClient, type JiraClient } from 'nestjs-jira-client';
import {
  CursorPagination,
  Hook,
  LimitOffsetPagination,
  ReadOnlyModelHook,
  type HookScope,
  type Visibility,
} from 'nestjs-jira';
import { expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { Proxy } from '../resuming/support/proxy.js';
import { describeEachDatabase, type DatabaseType } from '../support/databases.js';

const QUERIES = Number(process.env['LISTS_QUERIES'] ?? 16);
const SEED = Number(process.env['LISTS_SEED'] ?? 1);
const ONLY = process.env['LISTS_DATABASE'] as DatabaseType | undefined;
/** Lists that are open at one time, and rounds of writes that each goes through. */
const TOGETHER = 16;
const ROUNDS = 2;

@Entity()
class Team {
  @PrimaryColumn({ type: 'int' }) id: number;
  @Column() name: string;
  @OneToMany(() => Member, ({ team }) => team) members: Relation<Member>[];
}
@Entity()
class Member {
  @PrimaryColumn({ type: 'int' }) userId: number;
  @PrimaryColumn({ type: 'int' }) teamId: number;
  @ManyToOne(() => Team) team: Relation<Team>;
}
@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'int' }) teamId: number;
  @ManyToOne(() => Team) team: Relation<Team>;
  @Column({ type: 'int', nullable: true }) rank: number | null;
  @Column({ type: 'varchar', length: 40, nullable: true }) label: string | null;
  @Column({ type: 'boolean' }) isOpen: boolean;
  @Column({ type: 'int' }) ownerId: number;
}
class NoteView {
  @Expose() id: number;
  @Expose() teamId: number;
  @Expose() rank: number | null;
  @Expose() label: string | null;
  @Expose() ownerId: number;
}
class TeamView {
  @Expose() id: number;
}

@Hook('teams')
class TeamHook extends ReadOnlyModelHook<Team> {
  entity = Team;
  output = TeamView;
}
@Hook('notes')
class NoteHook extends ReadOnlyModelHook<Note> {
  entity = Note;
  output = NoteView;
  override pageSize = 4;
  filterFields = { rank: ['gte', 'isnull'], isOpen: ['exact'], label: ['icontains'] };
  orderingFields = ['rank', 'label', 'isOpen', 'team__name'];
  searchFields = ['label'];
  override visibility({ user }: HookScope): Visibility<Note> {
    return { team: { members: { userId: Number(user?.id) } } };
  }
}
@Hook('own')
class OwnHook extends NoteHook {
  override pagination = LimitOffsetPagination;
  override visibility({ user }: HookScope): Visibility<Note> {
    return { ownerId: Number(user?.id) };
  }
}
@Hook('all')
class AllHook extends NoteHook {
  override pagination = CursorPagination;
  override visibility(): Visibility<Note> {
    return true;
  }
}

type Row = { readonly id: number; readonly teamId: number; readonly ownerId: number };
type Asked = Readonly<Record<string, unknown>>;

class Random {
  constructor(private state: number) {}
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}

const USERS = [1, 2];
const TEAMS = [1, 2, 3];
const LABELS = [null, 'a', 'A', 'á', 'b', 'ab', '\u{1F600}', '\uFFFD', 'Z', ''];
const ORDERINGS = [undefined, 'rank', '-rank', 'label', '-label', 'rank,-label', 'isOpen,-rank', 'team__name', '-team__name,label']; // prettier-ignore

function query(random: Random, hook: string): Asked {
  const ordering = random.of(hook === 'all' ? ORDERINGS.slice(0, 7) : ORDERINGS);
  const paging: Asked =
    hook === 'notes'
      ? random.of([{}, { page: 2 }, { page_size: 1 }, { page_size: 200 }, { page: 3, page_size: 2 }])
      : hook === 'own'
        ? random.of([{}, { offset: 2 }, { limit: 1 }, { limit: 200 }, { limit: 3, offset: 5 }])
        : random.of([{}, { page_size: 1 }, { page_size: 200 }]);
  const filter = random.of<Asked>([{}, {}, { rank__gte: 2 }, { isOpen: true }, { rank__isnull: true }, { label__icontains: 'A' }, { search: 'b' }]); // prettier-ignore
  return { ...paging, ...filter, ...(ordering !== undefined && { ordering }) };
}

interface Listening {
  readonly user: number;
  readonly hook: string;
  readonly query: Asked;
  readonly limit: number | undefined;
  readonly stop: () => void;
  rows?: readonly Row[];
  count?: number | null;
}

class Play {
  readonly faults: string[] = [];
  steps = 0;
  /** Clients that write nothing, and are never cut off. */
  private readonly askers: JiraClient[];
  private clients: JiraClient[] = [];
  private proxies: Proxy[] = [];
  /** Teams that each user was ever in, in this play. */
  private readonly sight = new Map(USERS.map((user) => [user, new Set<number>()]));

  constructor(
    private readonly app: TestApp,
    private readonly random: Random,
  ) {
    this.askers = USERS.map((user) => createClient(app.url, { auth: app.authOf(user) }));
  }

  private async connect(): Promise<void> {
    this.proxies = await Promise.all(USERS.map(() => Proxy.to(this.app.url)));
    this.clients = USERS.map((user, i) => createClient(this.proxies[i].url, { auth: this.app.authOf(user), resetJitterMs: 5, reconnectMinMs: 1, reconnectMaxMs: 50 })); // prettier-ignore
  }

  /** For as long as the next steps take. */
  private cutOff(): void {
    const proxy = this.random.of(this.proxies);
    proxy.cut();
    setTimeout(() => (proxy.isOpen = true), this.random.below(80));
  }

  async run(): Promise<void> {
    const { manager } = this.app.dataSource;
    await manager.deleteAll(Note);
    await manager.deleteAll(Member);
    for (const id of TEAMS) await manager.save(Team, { id, name: this.random.of(['x', 'y', 'z']) });
    for (const userId of USERS) await this.join(userId, this.random.of(TEAMS));
    for (let i = 0; i < 12; i++) await manager.insert(Note, this.note());
    await this.connect();
    const lists = Array.from({ length: TOGETHER }, () => this.listen());
    for (let round = 0; round < ROUNDS && this.faults.length === 0; round++) {
      await Promise.all([this.write(6), this.write(6)]);
      await this.compare(lists, round);
    }
    for (const { stop } of lists) stop();
    for (const client of [...this.clients, ...this.askers]) client.close();
    for (const proxy of this.proxies) await proxy[Symbol.asyncDispose]();
  }

  private listen(): Listening {
    const { random } = this;
    const user = random.of(USERS);
    const hook = random.of(['notes', 'own', 'all']);
    const asked = query(random, hook);
    const limit = asked['page'] === undefined && random.below(4) === 0 ? random.of([0, 1, 5, 200]) : undefined;
    const headers = limit === undefined ? undefined : { limit };
    const jira = this.clients[USERS.indexOf(user)];
    const one: Listening = {
      user,
      hook,
      query: asked,
      limit,
      stop: jira.listen(jira.hook(hook).action('list', { query: asked, headers }), (rows, { count }) => {
        one.rows = rows as Row[];
        one.count = count;
        this.check(one);
      }),
    };
    return one;
  }

  private check({ user, hook, rows = [], query: asked }: Listening): void {
    const teams = this.sight.get(user) as Set<number>;
    const leaked = rows.filter(({ teamId, ownerId }) => (hook === 'notes' && !teams.has(teamId)) || (hook === 'own' && ownerId !== user)); // prettier-ignore
    if (leaked.length > 0)
      this.faults.push(`${hook} ${JSON.stringify(asked)} showed ${user} ${JSON.stringify(leaked)}`);
    if (new Set(rows.map(({ id }) => id)).size < rows.length) this.faults.push(`${hook} showed a row twice`);
  }

  private async compare(lists: readonly Listening[], round: number): Promise<void> {
    const until = Date.now() + 20_000;
    for (const list of lists) {
      for (;;) {
        const fresh = await this.fresh(list);
        const shown = { rows: list.rows, count: list.count };
        if (JSON.stringify(shown) === JSON.stringify(fresh)) break;
        if (Date.now() > until) {
          const { user, hook, query: asked, limit } = list;
          this.faults.push(`round ${round}: user ${user} ${hook} ${JSON.stringify(asked)} limit ${limit}: ${JSON.stringify(shown)} is not ${JSON.stringify(fresh)}`); // prettier-ignore
          return;
        }
        await wait(20);
      }
    }
  }

  private async fresh({ user, hook, query: asked, limit }: Listening): Promise<unknown> {
    const size = limit === undefined ? {} : hook === 'own' ? { limit: limit || 1 } : { page_size: limit || 1 };
    const jira = this.askers[USERS.indexOf(user)];
    const page = (await jira.request(hook, 'list', { query: { ...asked, ...size } })) as {
      count?: number;
      results: Row[];
    };
    const { results: rows, count = null } = page;
    if (limit !== 0) return { rows, count };
    const all =
      hook === 'all' ? await jira.request(hook, 'list', { query: { ...asked, page_size: 1_000 } }) : undefined;
    return { rows: [], count: all ? (all as { results: Row[] }).results.length : count };
  }

  private note(): Partial<Note> {
    const { random } = this;
    const rank = random.of([null, 0, 1, 1, 2, 3, 9]);
    return {
      teamId: random.of(TEAMS),
      rank,
      label: random.of(LABELS),
      isOpen: random.below(2) === 0,
      ownerId: random.of(USERS),
    };
  }

  private async join(userId: number, teamId: number): Promise<void> {
    this.sight.get(userId)?.add(teamId);
    await this.app.dataSource.manager.save(Member, { userId, teamId });
  }

  private async write(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.steps++;
      if (this.random.below(10) === 0) this.cutOff();
      // A database may ask concurrent writers to retry.
      await this.step().catch((error: unknown) => {
        if (!/deadlock|lock|duplicate|unique|foreign/i.test(String(error))) throw error;
      });
      if (this.random.below(3) === 0) await wait(this.random.below(60));
    }
  }

  private async step(): Promise<void> {
    const { random } = this;
    const { manager } = this.app.dataSource;
    const ids = (await manager.find(Note, { select: { id: true } })).map(({ id }) => id);
    const some = [random.of(ids), random.of(ids), random.of(ids)].filter((id) => id !== undefined);
    switch (random.below(11)) {
      case 0:
      case 1:
        return void (await manager.insert(Note, [this.note(), this.note()].slice(random.below(2))));
      case 2:
        return void (
          some.length > 0 && (await manager.update(Note, some.slice(0, 1), { rank: random.of([null, 0, 5]) }))
        );
      case 3:
        return void (some.length > 0 && (await manager.update(Note, some, { label: random.of(LABELS) })));
      case 4:
        return void (
          some.length > 0 &&
          (await manager.update(Note, some.slice(0, 1), { teamId: random.of(TEAMS), ownerId: random.of(USERS) }))
        );
      case 5:
        return void (some.length > 0 && (await manager.delete(Note, some)));
      case 6:
        return void (await manager.update(Note, { isOpen: random.below(2) === 0 }, { rank: random.of([null, 1, 7]) }));
      case 7:
        return void (random.below(3) === 0 && (await manager.delete(Note, { teamId: random.of(TEAMS) })));
      case 8: {
        const userId = random.of(USERS);
        const teamId = random.of(TEAMS);
        return random.below(2) === 0
          ? this.join(userId, teamId)
          : void (await manager.delete(Member, { userId, teamId }));
      }
      case 9:
        return void (await manager.update(Team, random.of(TEAMS), { name: random.of(['x', 'y', 'z']) }));
      default:
        await manager.transaction(async (inner) => {
          await inner.insert(Note, this.note());
          if (some.length > 0) await inner.update(Note, some, { rank: 4 });
          if (random.below(2) === 0) throw new Error('rolled back: lock');
        });
    }
  }
}

describeEachDatabase('live lists', ({ type, options }) => {
  it.skipIf(ONLY !== undefined && ONLY !== type)(
    `are at rest what a fresh query answers (seed ${SEED})`,
    { timeout: 60_000 + QUERIES * 2_000 },
    async () => {
      await using app = await createTestApp({
        entities: [Team, Member, Note],
        providers: [TeamHook, NoteHook, OwnHook, AllHook],
        database: await options([]),
        options: { limits: { pageSize: 1_000, userRequestsPerSecond: 100_000 } },
      });
      const faults: string[] = [];
      let steps = 0;
      for (let seed = SEED; (seed - SEED) * TOGETHER < QUERIES && faults.length === 0; seed++) {
        const play = new Play(app, new Random(seed));
        await play.run();
        steps += play.steps;
        faults.push(...play.faults.map((fault) => `seed ${seed}: ${fault}`));
      }
      expect(faults).toEqual([]);
      expect(steps).toBeGreaterThan(0);
    },
  );
});
