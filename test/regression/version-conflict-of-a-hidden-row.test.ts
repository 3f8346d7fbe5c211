// A row that left its writer's sight between being read and being locked: a version conflict would show it as it is now.

import { Injectable } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { Column, DataSource, Entity, PrimaryGeneratedColumn, VersionColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { Hook, HookScope, ModelHook, Permission, type Visibility } from 'nestjs-jira';
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

/** What happens between the read of the row and its lock. */
let meanwhile: (dataSource: DataSource) => Promise<unknown>;

@Injectable()
class Interrupted extends Permission {
  constructor(private readonly dataSource: DataSource) {
    super();
  }
  override async hasObjectPermission() {
    await meanwhile(this.dataSource);
    return true;
  }
}

@Hook('papers')
class PaperHook extends ModelHook<Paper> {
  entity = Paper;
  updateInput = PaperInput;
  output = PaperView;
  override permissions = [Interrupted];

  override visibility(scope: HookScope): Visibility<Paper> {
    return { ownerId: scope.user.id as number };
  }
}

describeEachServer('a row that leaves sight while it is written', ({ options }) => {
  it('is not found, and its new content is not shown as a conflict', async () => {
    const database = await options([Paper]);
    await using app = await createTestApp({
      entities: [Paper],
      providers: [PaperHook, Interrupted],
      database,
    });
    const papers = app.dataSource.getRepository(Paper);
    const { id } = await papers.save({ ownerId: 1, title: 'mine' });
    meanwhile = (dataSource) => dataSource.getRepository(Paper).update(id, { ownerId: 2, title: 'secret' });
    const ada = await app.connect(1);
    const query = { pk: id };
    const answer = await ada.call('papers', 'update', 'PATCH', { query, data: { title: 'new', version: 1 } });
    expect(answer).toMatchObject({ status: 404, data: { code: 'NOT_FOUND' } });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(await papers.findOneByOrFail({ id })).toMatchObject({ ownerId: 2, title: 'secret' });
  });

  it('is shown as a conflict as long as it is in sight', async () => {
    const database = await options([Paper]);
    await using app = await createTestApp({
      entities: [Paper],
      providers: [PaperHook, Interrupted],
      database,
    });
    const papers = app.dataSource.getRepository(Paper);
    const { id } = await papers.save({ ownerId: 1, title: 'mine' });
    meanwhile = (dataSource) => dataSource.getRepository(Paper).update(id, { title: 'other' });
    const ada = await app.connect(1);
    const query = { pk: id };
    const answer = await ada.call('papers', 'update', 'PATCH', { query, data: { title: 'new', version: 1 } });
    expect(answer).toMatchObject({ status: 409, data: { code: 'VERSION_CONFLICT', current: { title: 'other' } } });
  });
});
