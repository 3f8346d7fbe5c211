import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { JiraModule, JiraServer, OnChange, type Change } from 'nestjs-jira';
import { freshDatabase } from '../support/databases.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

@Injectable()
class Auditor {
  readonly heard: string[] = [];

  @OnChange(Issue, { serialize: ({ title }) => title })
  note({ type }: Change<Issue>, title: unknown): void {
    this.heard.push(`${type} ${String(title)}`);
  }
}

describe('an application context, without a server', () => {
  it('boots, hears what it writes, may emit into the void, and closes', async () => {
    const { place, drop } = await freshDatabase();
    @Module({
      imports: [
        TypeOrmModule.forRoot({ ...place, entities: TRACKER.entities, synchronize: true }),
        JiraModule.forRoot({ socketIo: { cors: { origin: '*' } } }),
      ],
      providers: [...TRACKER.providers, Auditor],
    })
    class JobModule {}
    const context = await NestFactory.createApplicationContext(JobModule, { logger: ['error', 'fatal'] });
    const dataSource = context.get(DataSource);
    await seedTracker({ dataSource });
    const issues = dataSource.getRepository(Issue);
    await issues.save({ title: 'nightly', projectId: 1 });
    await issues.update({ title: 'nightly' }, { title: 'daily' });
    await dataSource
      .transaction(async (manager) => {
        await manager.delete(Issue, { title: 'daily' });
        throw new Error('kept after all');
      })
      .catch(() => undefined);
    context.get(JiraServer).emit('news', 'to nobody');
    await context.close();
    await drop();
    expect(context.get(Auditor).heard).toEqual(['added nightly', 'modified daily']);
  });
});
