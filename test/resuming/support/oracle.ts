// Who may see which issues, computed from the tables alone.

import type { DataSource } from 'typeorm';
import { Issue, Member, Project } from './entities.js';

export type Filter = Readonly<Record<string, string | boolean>>;
export type Shown = Pick<Issue, 'id' | 'title' | 'status' | 'ownerId' | 'projectId'>;

export class Tables {
  private constructor(
    private readonly issues: readonly Issue[],
    private readonly members: ReadonlySet<string>,
    private readonly open: ReadonlySet<number>,
  ) {}

  static async read({ manager }: DataSource): Promise<Tables> {
    const issues = await manager.find(Issue, { relations: { readers: true }, withDeleted: true });
    const members = await manager.find(Member);
    const projects = await manager.findBy(Project, { isOpen: true });
    const pairs = members.map(({ userId, projectId }) => `${userId} ${projectId}`);
    return new Tables(issues, new Set(pairs), new Set(projects.map(({ id }) => id)));
  }

  /** The rows that a list must have, by id. */
  shown(userId: number, namespace: string, filter: Filter = {}): Map<number, Shown> {
    const seen = this.issues.filter((issue) => this.sees(userId, namespace, issue) && this.matches(issue, filter));
    return new Map(
      seen.map(({ id, title, status, ownerId, projectId }) => [id, { id, title, status, ownerId, projectId }]),
    );
  }

  get ids(): number[] {
    return this.issues.map(({ id }) => id);
  }

  isMember(userId: number, projectId: number): boolean {
    return this.members.has(`${userId} ${projectId}`);
  }

  isOpen(projectId: number): boolean {
    return this.open.has(projectId);
  }

  isReader(userId: number, issueId: number): boolean {
    return this.issues.some(({ id, readers }) => id === issueId && readers.some((reader) => reader.id === userId));
  }

  private sees(userId: number, namespace: string, issue: Issue): boolean {
    const { ownerId, projectId, deletedAt, readers } = issue;
    if (namespace === 'all') return true;
    if (deletedAt !== null) return false;
    if (namespace === 'owners') return ownerId === userId;
    if (namespace === 'readers') return readers.some(({ id }) => id === userId);
    if (namespace === 'open') return ownerId === userId || (projectId !== null && this.open.has(projectId));
    return projectId !== null && this.isMember(userId, projectId);
  }

  private matches({ status, title, projectId }: Issue, filter: Filter): boolean {
    if (filter['status'] !== undefined && filter['status'] !== status) return false;
    if (filter['project__isOpen'] !== undefined && !(projectId !== null && this.open.has(projectId) === filter['project__isOpen'])) return false; // prettier-ignore
    return filter['title__icontains'] === undefined || title.includes(String(filter['title__icontains']));
  }
}
