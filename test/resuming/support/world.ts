// Two nodes and a writer on one database and one Redis, and who may see what, by the tables alone.

import { randomUUID } from 'node:crypto';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { Issue, Member, Project } from '../../support/tracker.js';
import type { Dice } from '../../authorization/support/dice.js';
import { forkNode, startNode, type ClusterNode, type NodeReport, type NodeSettings } from './node.js';
import { Proxy } from './proxy.js';
import type { Reader } from './reader.js';

export type Row = Pick<Issue, 'id' | 'title' | 'status' | 'projectId'>;

export const USERS = 10;
const PROJECTS = 4;
const STATUSES = ['open', 'done'];

const projectsOf = (userId: number): number[] => [(userId % PROJECTS) + 1, ((userId + 1) % PROJECTS) + 1];

export interface WorldOptions {
  readonly database: DataSourceOptions;
  readonly redisUrl: string;
  /** Whether each node has a process of its own. */
  readonly areApart: boolean;
}

export class World implements AsyncDisposable {
  private constructor(
    private readonly settings: NodeSettings,
    private readonly areApart: boolean,
    private readonly writer: Awaited<ReturnType<typeof startNode>>,
    readonly nodes: ClusterNode[],
    /** The proxy in front of the nodes. */
    readonly balancer: Proxy,
  ) {}

  static async open({ database, redisUrl, areApart }: WorldOptions): Promise<World> {
    const settings: NodeSettings = { database, redis: { url: redisUrl, prefix: `test:${randomUUID()}:` } };
    const writer = await startNode(settings);
    const { manager } = writer.app.dataSource;
    await manager.save(Project, Array.from({ length: PROJECTS }, (_, n) => ({ id: n + 1, name: `${n}` }))); // prettier-ignore
    const members = Array.from({ length: USERS }, (_, n) => projectsOf(n + 1).map((projectId) => ({ userId: n + 1, projectId }))); // prettier-ignore
    await manager.save(Member, members.flat());
    const world = new World(settings, areApart, writer, [], await Proxy.to());
    world.nodes.push(await world.start(), await world.start());
    world.balance();
    return world;
  }

  get dataSource(): DataSource {
    return this.writer.app.dataSource;
  }

  /** Stops a node and starts another in its place. */
  async restart(n: number): Promise<void> {
    const [stopping] = this.nodes.splice(n, 1);
    this.balance();
    await stopping.stop();
    this.nodes.splice(n, 0, await this.start());
    this.balance();
  }

  async reports(): Promise<NodeReport[]> {
    return Promise.all(this.nodes.map((node) => node.report()));
  }

  /** Creates, updates or deletes an issue at random. */
  async write(dice: Dice): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const ids = await manager.find(Issue, { select: { id: true }, order: { id: 'DESC' }, take: 30 });
      const id = dice.oneOf(ids)?.id;
      const fields = { title: `${dice.chance()}`, status: dice.oneOf(STATUSES), projectId: dice.oneOf([1, 2, 3, 4]) };
      const roll = dice.chance();
      if (id === undefined || roll < 0.4) await manager.save(Issue, fields);
      else if (roll < 0.85) await manager.update(Issue, id, fields);
      else await manager.delete(Issue, id);
    });
  }

  /** The readers that do not hold exactly what their users may see. */
  async wrong(readers: readonly Reader[]): Promise<Reader[]> {
    const issues = await this.dataSource.manager.find(Issue);
    const shown = new Map<string, string>();
    const expected = ({ userId, isOpenOnly }: Reader): string => {
      const key = `${userId} ${isOpenOnly}`;
      const mine = projectsOf(userId);
      const isShown = (one: Issue): boolean => mine.includes(one.projectId) && (!isOpenOnly || one.status === 'open');
      if (!shown.has(key)) shown.set(key, textOf(issues.filter(isShown)));
      return shown.get(key) ?? '';
    };
    return readers.filter((reader) => textOf([...reader.rows.values()]) !== expected(reader));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.balancer[Symbol.asyncDispose]();
    for (const node of this.nodes) await node.stop();
    await this.writer.stop();
  }

  private start(): Promise<ClusterNode> {
    return this.areApart ? forkNode(this.settings) : startNode(this.settings);
  }

  private balance(): void {
    this.balancer.targets = this.nodes.map(({ url }) => url);
  }
}

function textOf(rows: readonly Row[]): string {
  const sorted = rows.toSorted((a, b) => a.id - b.id);
  return JSON.stringify(sorted.map(({ id, title, status, projectId }) => [id, title, status, projectId]));
}
