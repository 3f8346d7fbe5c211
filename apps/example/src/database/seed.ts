// Shows how to write the first rows when the application starts on an empty database.

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Comment } from '../comments/comment.entity.js';
import { Issue } from '../issues/issue.entity.js';
import { Membership } from '../projects/membership.entity.js';
import { Project } from '../projects/project.entity.js';
import { User } from '../users/user.entity.js';
import { LAUNCH, ORCHARD, type SeedIssue } from './seed-data.js';

/** Fills an empty database in one transaction: Ada is a member of two projects, Grace of one of them. */
@Injectable()
export class Seed implements OnModuleInit {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  async onModuleInit(): Promise<void> {
    await this.database.transaction(async (manager) => {
      if (!(await manager.existsBy(User, {}))) await plant(manager);
    });
  }
}

async function plant(manager: EntityManager): Promise<void> {
  const ada = await manager.save(User, { username: 'ada', name: 'Ada Lovelace' });
  const grace = await manager.save(User, { username: 'grace', name: 'Grace Hopper' });
  const orchard = await manager.save(Project, { name: 'Orchard' });
  const launch = await manager.save(Project, { name: 'Quiet launch' });
  await manager.save(Membership, [
    { userId: ada.id, projectId: orchard.id },
    { userId: grace.id, projectId: orchard.id },
    { userId: ada.id, projectId: launch.id },
  ]);
  const ids = { ada: ada.id, grace: grace.id };
  await plantIssues(manager, orchard.id, ORCHARD, ids);
  await plantIssues(manager, launch.id, LAUNCH, ids);
}

async function plantIssues(
  manager: EntityManager,
  projectId: number,
  issues: readonly SeedIssue[],
  ids: Readonly<Record<'ada' | 'grace', number>>,
): Promise<void> {
  for (const [index, { assignee, comments = [], ...fields }] of issues.entries()) {
    const assigneeId = assignee ? ids[assignee] : null;
    const issue = await manager.save(Issue, { ...fields, projectId, assigneeId, rank: index + 1 });
    for (const [author, text] of comments) {
      await manager.save(Comment, { text, issueId: issue.id, authorId: ids[author] });
    }
  }
}
