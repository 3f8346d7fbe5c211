// The entity of the TypeORM servers, and their database.

import { Column, CreateDateColumn, DataSource, Entity, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { PROJECTS, seededIssue, type Status } from '../work/issues.js';
import { freshDatabase } from '../work/databases.js';
import { markCommit, ROW, ROWS, type UpdateOrder } from './control.js';

abstract class IssueColumns {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 200 })
  title: string;

  // MariaDB has no default of a text.
  @Column({ type: 'varchar', length: 2000, default: '' })
  description: string;

  @Column({ type: 'varchar', length: 16, default: 'open' })
  status: Status;

  @Column({ type: 'integer' })
  projectId: number;

  @Column({ type: 'integer', nullable: true })
  assigneeId: number | null;

  @CreateDateColumn()
  createdAt: Date;

  @UpdateDateColumn()
  updatedAt: Date;
}

@Entity()
export class Issue extends IssueColumns {}

/** The same columns without a hook or an observer: the entity that nobody watches. */
@Entity()
export class Note extends IssueColumns {}

const place = await freshDatabase();

export function databaseOptions(): DataSourceOptions {
  return {
    ...place,
    entities: [Issue, Note],
    synchronize: true,
    // Called just before each statement runs: the only sign of a commit that no subscriber can delay.
    ...(ROW === 'latency' ? { verbose: (sql: unknown) => sql === 'COMMIT' && markCommit() } : {}),
  };
}

export async function seed(dataSource: DataSource): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, index) => seededIssue(index + 1));
  for (const entity of [Issue, Note])
    for (let from = 0; from < rows.length; from += 100)
      await dataSource.getRepository<IssueColumns>(entity).insert(rows.slice(from, from + 100));
}

/** The same loop for all servers. Each update gives the ten rows of one project another assignee. */
export async function runUpdates(dataSource: DataSource, { updates, watched }: UpdateOrder): Promise<number> {
  const repository = dataSource.getRepository<IssueColumns>(watched ? Issue : Note);
  for (let n = 0; n < updates; n++)
    await repository.update({ projectId: n % PROJECTS }, { assigneeId: (assignee = (assignee % 1000) + 1) });
  return updates;
}

// Never the value that a row already has, so that each update changes each of its rows.
let assignee = 100;
