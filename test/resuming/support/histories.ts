// Random histories: writes, memberships, rollbacks and cuts. In the end, everybody must hold what the tables say.

import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from 'typeorm';
import type { TestApp } from '../../support/app.js';
import { Dice } from '../../authorization/support/dice.js';
import { Issue, Member, Person, Project } from './entities.js';
import { Follower } from './follower.js';
import { Tables, type Filter } from './oracle.js';

const USERS = [1, 2];
const PROJECTS = [1, 2, 3];
const STATUSES = ['todo', 'done'];
const NAMESPACES = ['members', 'owners', 'open', 'readers', 'looked', 'all'];
const FILTERS: readonly Filter[] = [{}, {}, { status: 'todo' }, { title__icontains: 'a' }, { project__isOpen: true }];

export interface Tally {
  histories: number;
  recovered: number;
  refetched: number;
  told: number;
  readonly faults: string[];
}

/** Fills the tables that the histories change. */
export async function seedHistories({ dataSource: { manager } }: TestApp): Promise<void> {
  await manager.save(Project, PROJECTS.map((id) => ({ id, isOpen: id === 1 }))); // prettier-ignore
  await manager.save(Person, USERS.map((id) => ({ id }))); // prettier-ignore
  await manager.save(Member, USERS.map((userId) => ({ userId, projectId: userId }))); // prettier-ignore
}

export class Histories {
  private nextId = 1;
  private tables!: Tables;

  constructor(
    private readonly app: TestApp,
    private readonly tally: Tally,
  ) {}

  async play(seed: number): Promise<void> {
    const dice = new Dice(seed);
    const { app, tally } = this;
    this.tables = await Tables.read(app.dataSource);
    const followers = [1, 2, 3].map(() => new Follower(dice.oneOf(USERS), dice.oneOf(NAMESPACES), dice.oneOf(FILTERS)));
    await Promise.all(followers.map((follower) => follower.connect(app)));
    for (let round = 0; round < 2; round++) {
      const readable = followers.map(({ rows }) => new Set(rows.keys()));
      const step = async (decisive: number): Promise<void> => {
        await this.step(dice, decisive);
        for (const [n, { userId, namespace, filter }] of followers.entries())
          for (const id of this.tables.shown(userId, namespace, filter).keys()) readable[n].add(id);
      };
      for (let i = 0; i < 3; i++) await step(0.1);
      // Some lose their connection while changes are on their way; others have received them all.
      for (const follower of followers) {
        if (dice.chance() < 0.5) await follower.settle();
        follower.cut();
      }
      const isCalm = dice.chance() < 0.6;
      for (let i = 0; i < 6; i++) await step(isCalm ? 0 : 0.3);
      await Promise.all(followers.map((follower) => follower.connect(app, dice.chance() < 0.3)));
      for (const [n, { told, userId, namespace }] of followers.entries())
        for (const id of told)
          if (!readable[n].has(id)) this.fault(seed, `user ${userId} was told by ${namespace} of ${id}`);
      await this.check(seed, followers);
    }
    tally.histories++;
    for (const follower of followers) {
      tally.recovered += follower.recovered;
      tally.refetched += follower.refetched;
      tally.told += follower.told.size;
      follower.close();
    }
  }

  private async check(seed: number, followers: readonly Follower[]): Promise<void> {
    const tables = await Tables.read(this.app.dataSource);
    for (const follower of followers) {
      await follower.settle();
      const { userId, namespace, filter, rows } = follower;
      const expected = tables.shown(userId, namespace, filter);
      if (isDeepStrictEqual(sorted(rows), sorted(expected))) continue;
      const said = JSON.stringify([sorted(rows), sorted(expected)]);
      this.fault(seed, `user ${userId} holds by ${namespace} ${JSON.stringify(filter)} wrong rows: ${said}`);
    }
  }

  private fault(seed: number, what: string): void {
    this.tally.faults.push(`seed ${seed}: ${what}`);
  }

  /**
   * Runs one transaction, which may roll back.
   *
   * @param decisive probability (0 to 1) that it changes who sees what, in place of issues
   */
  private async step(dice: Dice, decisive: number): Promise<void> {
    const { dataSource } = this.app;
    const isRolledBack = dice.chance() < 0.1;
    try {
      await dataSource.transaction(async (manager) => {
        if (dice.chance() < decisive) await this.decide(dice, manager);
        else for (let i = dice.oneOf([1, 1, 2, 3]); i > 0; i--) await this.write(dice, manager);
        if (isRolledBack) throw new Error('planned');
      });
    } catch (error) {
      if (!isRolledBack) throw error;
    }
    this.tables = await Tables.read(dataSource);
  }

  private async write(dice: Dice, manager: EntityManager): Promise<void> {
    const { ids } = this.tables;
    const id = dice.oneOf(ids);
    const roll = dice.chance();
    const fields = {
      title: dice.oneOf(['a', 'b', 'ab']),
      status: dice.oneOf(STATUSES),
      ownerId: dice.oneOf([...USERS, null]),
      projectId: dice.oneOf([...PROJECTS, null]),
    };
    if (id === undefined || (roll < 0.3 && ids.length < 12)) {
      // Keys of rows that are gone come back as other rows.
      const key = dice.chance() < 0.3 ? dice.oneOf([1, 2, 3, 4]) : this.nextId++;
      if (!(await manager.exists(Issue, { where: { id: key }, withDeleted: true })))
        await manager.insert(Issue, { id: key, ...fields });
    } else if (roll < 0.5) await manager.update(Issue, { id }, { title: fields.title });
    else if (roll < 0.6) await manager.update(Issue, { status: fields.status }, { status: dice.oneOf(STATUSES) });
    else if (roll < 0.7) await manager.update(Issue, { id }, { projectId: fields.projectId });
    else if (roll < 0.8) await manager.update(Issue, { id }, { ownerId: fields.ownerId });
    else if (roll < 0.88) await manager.softDelete(Issue, { id });
    else if (roll < 0.92) await manager.restore(Issue, { id });
    else {
      const found = await manager.findOne(Issue, { where: { id }, withDeleted: true });
      if (found) await manager.remove(found);
    }
  }

  private async decide(dice: Dice, manager: EntityManager): Promise<void> {
    const [userId, projectId, roll] = [dice.oneOf(USERS), dice.oneOf(PROJECTS), dice.chance()];
    if (roll < 0.5) {
      if (this.tables.isMember(userId, projectId)) await manager.delete(Member, { userId, projectId });
      else await manager.save(Member, { userId, projectId });
    } else if (roll < 0.7) await manager.update(Project, { id: projectId }, { isOpen: !this.tables.isOpen(projectId) });
    else {
      const id = dice.oneOf(this.tables.ids);
      if (id === undefined || !(await manager.existsBy(Issue, { id }))) return;
      const readers = manager.createQueryBuilder().relation(Issue, 'readers').of(id);
      await (this.tables.isReader(userId, id) ? readers.remove(userId) : readers.add(userId));
    }
  }
}

function sorted<T>(rows: ReadonlyMap<number, T>): T[] {
  return [...rows].toSorted(([a], [b]) => a - b).map(([, row]) => row);
}
