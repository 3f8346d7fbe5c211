// A row that leaves its writer's sight while the write waits for its lock: a version conflict would show it as it is now.

import { Expose } from 'class-transformer';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { Column, DataSource, Entity, PrimaryGeneratedColumn, VersionColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { Hook, HookScope, ModelHook, type Visibility } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { describeEachServer } from '../support/databases.js';

@Entity()
class Paper {
  @PrimaryGeneratedColumn() id: number;
  @Column() ownerId: number;
  @Column({ type: 'varchar' }) title: string;
  @VersionColumn() version: number;
}

class PaperInput {
  @IsOptional() @IsString() title?: string;
  @IsOptional() @IsInt() version?: number;
}

class PaperView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() version: number;
}

@Hook('papers')
class PaperHook extends ModelHook<Paper> {
  entity = Paper;
  updateInput = PaperInput;
  output = PaperView;

  override visibility(scope: HookScope): Visibility<Paper> {
    return { ownerId: scope.user.id as number };
  }
}

describeEachServer('a row that leaves sight while its writer waits for it', ({ options }) => {
  /** The answer to an update of a row that another transaction, `meanwhile`, has changed and not committed yet. */
  async function answerAfter(meanwhile: Partial<Paper>) {
    await using app = await createTestApp({
      entities: [Paper],
      providers: [PaperHook],
      database: await options([Paper]),
    });
    const papers = app.dataSource.getRepository(Paper);
    const { id } = await papers.save({ ownerId: 1, title: 'mine' });
    const ada = await app.connect(1);
    const answer = await app.dataSource.transaction(async (manager) => {
      await manager.update(Paper, id, meanwhile);
      const answered = ada.call('papers', 'update', 'PATCH', { query: { pk: id }, data: { title: 'new', version: 1 } });
      // Read more often, MariaDB answers from its cache for ever.
      await expect.poll(() => waitersOf(app.dataSource), { interval: 250 }).toBe(1);
      return { answered };
    });
    return { answer: await answer.answered, stored: await papers.findOneByOrFail({ id }) };
  }

  it('is not found, and its new content is not shown as a conflict', async () => {
    const { answer, stored } = await answerAfter({ ownerId: 2, title: 'secret' });
    expect(answer).toMatchObject({ status: 404, data: { code: 'NOT_FOUND' } });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(stored).toMatchObject({ ownerId: 2, title: 'secret' });
  });

  it('is shown as a conflict as long as it is in sight', async () => {
    const { answer, stored } = await answerAfter({ title: 'other' });
    expect(answer).toMatchObject({ status: 409, data: { code: 'VERSION_CONFLICT', current: { title: 'other' } } });
    expect(stored).toMatchObject({ title: 'other' });
  });
});

/** Statements of this database that wait for a lock. */
async function waitersOf({ options, manager }: DataSource): Promise<number> {
  const [{ waiters }] = await manager.query<[{ waiters: unknown }]>(
    options.type === 'postgres'
      ? `SELECT count(*) AS waiters FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
      : `SELECT count(*) AS waiters FROM information_schema.innodb_trx t JOIN information_schema.processlist p
           ON p.id = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.db = database()`,
  );
  return Number(waiters);
}
