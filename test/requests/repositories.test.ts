import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Module } from '@nestjs/common';
import { Column, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';
import { expect, it } from 'vitest';
import { Action, ActionScope, GenericModelHook, Hook } from 'nestjs-jira';
import { Expose } from 'class-transformer';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Line {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
}
class LineView {
  @Expose() id: number;
}

@Hook('lines')
class LineHook extends GenericModelHook<Line> {
  entity = Line;
  output = LineView;

  constructor(@InjectRepository(Line) private readonly lines: Repository<Line>) {
    super();
  }

  @Action({ methods: ['POST'] })
  async fail(scope: ActionScope) {
    await scope.manager.insert(Line, { text: 'by the manager' });
    await this.lines.insert({ text: 'by a repository' });
    throw new Error('after all');
  }
}

@Module({ imports: [TypeOrmModule.forFeature([Line])], providers: [LineHook] })
class LinesModule {}

describeEachDatabase('an injected repository', ({ type, options }) => {
  it("joins the action's transaction on SQLite alone", async () => {
    await using app = await createTestApp({
      entities: [Line],
      providers: [],
      imports: [LinesModule],
      database: await options([Line]),
    });
    const client = await app.connect(1);
    expect(await client.call('lines', 'fail', 'POST')).toMatchObject({ status: 500 });
    const kept = await app.dataSource.manager.find(Line);
    expect(kept.map(({ text }) => text)).toEqual(type === 'better-sqlite3' ? [] : ['by a repository']);
  });
});
