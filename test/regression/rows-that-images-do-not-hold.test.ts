// What only a query finds out of a row is in answers of writes and in events as it is in reads.

import { Expose, Type } from 'class-transformer';
import { Allow } from 'class-validator';
import { expect, it } from 'vitest';
import {
  AfterLoad,
  ChildEntity,
  Column,
  Entity,
  ManyToOne,
  PrimaryGeneratedColumn,
  RelationId,
  TableInheritance,
  VirtualColumn,
  type EntitySubscriberInterface,
} from 'typeorm';
import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Writer {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar' }) name: string;
  @Column({ type: 'varchar' }) password: string;
}
@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
class Text {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar' }) title: string;
  @Column({ type: 'varchar', default: 's', select: false }) secret: string;
  @Column({ type: 'boolean', default: true }) isOpen: boolean;
  @ManyToOne(() => Writer) writer: Writer;
  @RelationId((text: Text) => text.writer) by: number;
  @VirtualColumn({ query: (alias) => `SELECT COUNT(*) FROM writer WHERE writer.id <= ${alias}.id` }) writers: number;
  loaded: string;

  get upper(): string {
    return this.title.toUpperCase();
  }
  @AfterLoad()
  async load(): Promise<void> {
    await Promise.resolve();
    this.loaded = `loaded ${this.title}`;
  }
}
@ChildEntity('story')
class Story extends Text {
  @Column({ type: 'int', nullable: true }) pages: number;
  override get upper(): string {
    return `STORY ${this.title.toUpperCase()}`;
  }
}

class WriterView {
  @Expose() id: number;
  @Expose() name: string;
}
class TextView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() secret: string;
  @Expose() upper: string;
  @Expose() loaded: string;
  @Expose() by: number;
  @Expose() writers: unknown;
  @Expose() pages: number;
  @Expose() @Type(() => WriterView) writer: WriterView;
}
class TextInput {
  @Allow() title: string;
  @Allow() isOpen: boolean;
  @Allow() writer: object;
  @Allow() pages: number;
}

@Hook('texts')
class TextHook extends ModelHook<Text> {
  entity = Text;
  createInput = TextInput;
  output = TextView;
  override visibility(): Visibility<Text> {
    return { isOpen: true };
  }
}
@Hook('stories')
class StoryHook extends ModelHook<Story> {
  entity = Story;
  createInput = TextInput;
  output = TextView;
}
@Hook('joined')
class JoinedHook extends ModelHook<Text> {
  entity = Text;
  createInput = TextInput;
  output = TextView;
  override getQuery(scope: HookScope) {
    return super.getQuery(scope).leftJoinAndSelect('row.writer', 'writer').addSelect('row.secret');
  }
}

const read = async (client: TestClient, namespace: string, pk: number): Promise<unknown> => {
  const { data } = await client.call(namespace, 'retrieve', 'GET', { query: { pk } });
  const list = (await client.call(namespace, 'list', 'GET')).data as { results: { id: number }[] };
  expect(list.results.find(({ id }) => id === pk)).toEqual(data);
  return data;
};

describeEachDatabase('A row with more than its columns', ({ options }) => {
  const entities = [Writer, Text, Story];

  it.each(['texts', 'stories', 'joined'])('is the same in answers and events of %s', async (namespace) => {
    await using app = await createTestApp({
      providers: [TextHook, StoryHook, JoinedHook],
      entities,
      database: await options(entities),
    });
    const ada = await app.dataSource.manager.save(Writer, { name: 'Ada', password: 'p' });
    const client = await app.connect(1);
    await client.subscribe(namespace);
    const data = { title: 'one', writer: { id: ada.id }, pages: 3 };
    const created = await client.call(namespace, 'create', 'POST', { data });
    expect(created).toMatchObject({ status: 201 });
    const { id } = created.data as { id: number };
    const first = await read(client, namespace, id);
    expect(created.data).toEqual(first);
    expect((await client.nextChanges(namespace, 1))[0]?.data).toEqual(first);
    expect(first).toMatchObject({ loaded: 'loaded one', by: ada.id });
    const isStory = namespace === 'stories';
    expect(first).toMatchObject(isStory ? { upper: 'STORY ONE', pages: 3 } : { upper: 'ONE' });
    const related = { secret: 's', writer: { id: ada.id, name: 'Ada' } };
    const { secret, writer } = first as Partial<typeof related>;
    expect({ secret, writer }).toEqual(namespace === 'joined' ? related : { secret: undefined, writer: undefined });
    const updated = await client.call(namespace, 'update', 'PATCH', { query: { pk: id }, data: { title: 'two' } });
    const second = await read(client, namespace, id);
    expect(updated.data).toEqual(second);
    expect((await client.nextChanges(namespace, 2))[1]?.data).toEqual(second);
    await app.dataSource.manager.delete(Text, id);
    expect((await client.nextChanges(namespace, 3))[2]).toMatchObject({ type: 'removed', id, data: { pk: id } });
  });

  it('shows an event of a parent the row of a child as that', async () => {
    await using app = await createTestApp({ providers: [TextHook], entities, database: await options(entities) });
    const client = await app.connect(1);
    await client.subscribe('texts');
    const { id } = await app.dataSource.manager.save(Story, { title: 'tale', pages: 7 });
    const [added] = await client.nextChanges('texts', 1);
    expect(added?.data).toEqual(await read(client, 'texts', id));
    expect(added?.data).toMatchObject({ upper: 'STORY TALE', pages: 7 });
  });

  it('goes by what a subscriber of the application does when it is loaded', async () => {
    await using app = await createTestApp({ providers: [StoryHook], entities, database: await options(entities) });
    const shouting: EntitySubscriberInterface<Text> = {
      listenTo: () => Text,
      afterLoad: (text) => void (text.title += ', heard'),
    };
    app.dataSource.subscribers.push(shouting);
    const client = await app.connect(1);
    await client.subscribe('stories');
    const created = await client.call('stories', 'create', 'POST', { data: { title: 'x' } });
    const first = await read(client, 'stories', (created.data as { id: number }).id);
    expect(first).toMatchObject({ title: 'x, heard' });
    expect(created.data).toEqual(first);
    expect((await client.nextChanges('stories', 1))[0]?.data).toEqual(first);
  });

  it('is not shown as it became out of sight: the channel fetches again', async () => {
    await using app = await createTestApp({ providers: [TextHook], entities, database: await options(entities) });
    const client = await app.connect(1);
    await client.subscribe('texts');
    const { id } = await app.dataSource.manager.save(Text, { title: 'seen' });
    await client.nextChanges('texts', 1);
    await Promise.all([
      app.dataSource.manager.update(Text, id, { title: 'still seen' }),
      app.dataSource.manager.update(Text, id, { title: 'hidden', isOpen: false }),
    ]);
    await client.settled('texts');
    expect(JSON.stringify(client.frames)).not.toContain('hidden');
    expect(client.changes('texts').at(-1)).toMatchObject({ type: 'removed', data: { pk: id } });
  });
});
