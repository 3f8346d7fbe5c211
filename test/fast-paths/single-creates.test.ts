// On PostgreSQL a plain create is one statement: it must leave, answer and announce just what the ordinary one does.

import { Expose } from 'class-transformer';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import {
  Column,
  CreateDateColumn,
  DataSource,
  Entity,
  EntityManager,
  PrimaryGeneratedColumn,
  VersionColumn,
} from 'typeorm';
import { afterEach, expect, it, vi } from 'vitest';
import { createTestApp } from '../support/app.js';
import { describeEachServer } from '../support/databases.js';
import { Wire } from '../support/wire.js';

@Entity()
class Post {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', length: 40, unique: true }) title: string;
  @Column({ type: 'varchar', length: 10, default: 'open' }) status: string;
  @Column({ type: 'int', nullable: true }) stars: number | null;
  @VersionColumn() version: number;
  @CreateDateColumn() createdAt: Date;
}

class PostInput {
  @IsString() @MaxLength(100) title: string;
  @IsOptional() @IsIn(['open', 'done']) status?: string;
}

class PostView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() status: string;
  @Expose() stars: number | null;
  @Expose() version: number;
}

const PATIENT = { timeout: 10_000 };

/** User 1 sees all, user 2 what is open. */
@Hook('posts')
class PostHook extends ModelHook<Post> {
  entity = Post;
  createInput = PostInput;
  output = PostView;

  override visibility({ user }: HookScope): Visibility<Post> {
    return user?.id === 1 ? true : { status: 'open' };
  }
}

describeEachServer('A create by one statement', ({ type, options }) => {
  afterEach(() => vi.restoreAllMocks());

  const start = async (writes = true) => {
    const database = await options([Post]);
    const wire = await Wire.open((database as { url: string }).url);
    const direct = await new DataSource({ ...database, synchronize: false }).initialize();
    const app = await createTestApp({
      entities: [Post],
      providers: [PostHook],
      database: { ...database, url: wire.url } as typeof database,
      options: { fastPaths: { writes } },
    });
    const ada = await app.connect(1);
    await ada.subscribe('posts');
    const inserts = vi.spyOn(EntityManager.prototype, 'insert');
    return {
      app, ada, wire, direct, inserts,
      create: (data: object, client = ada) => client.call('posts', 'create', 'POST', { data }),
      told: () => ada.changes('posts').map(({ type: kind, data }) => [kind, (data as Post | null)?.title ?? null]),
      [Symbol.asyncDispose]: async () => {
        wire.drop();
        await app.close();
        await wire[Symbol.asyncDispose]();
        await direct.destroy();
      },
    }; // prettier-ignore
  };

  it('answers, stores and announces what the ordinary one does', async () => {
    const stories = [];
    for (const writes of [true, false]) {
      await using world = await start(writes);
      const { ada, app, create } = world;
      const answers = [];
      for (const data of [
        { title: 'a' },
        { title: 'a' },
        { title: 'x'.repeat(60) },
        { title: 'b', status: 'done' },
        {},
      ])
        answers.push(await create(data));
      await ada.settled('posts');
      const shown = answers.map(({ status, data, position }) => {
        const { requestId: _, ...rest } = data as Record<string, unknown>;
        return [status, rest, position !== undefined];
      });
      stories.push({ shown, told: world.told(), rows: (await app.dataSource.manager.find(Post)).map(({ title, status, version }) => [title, status, version]) }); // prettier-ignore
      expect(world.inserts.mock.calls.length > 0).toBe(!writes || type !== 'postgres');
      vi.restoreAllMocks();
    }
    expect(stories[0]).toEqual(stories[1]);
    expect(stories[0]?.told).toEqual([
      ['added', 'a'],
      ['added', 'b'],
    ]);
  });

  it('is ordinary for a writer whose rows are checked after the write', async () => {
    await using world = await start();
    const bob = await world.app.connect(2);
    expect((await world.create({ title: 'hidden', status: 'done' }, bob)).status).toBe(400);
    expect((await world.create({ title: 'seen' }, bob)).status).toBe(201);
    expect(world.inserts).toHaveBeenCalledTimes(2);
    await world.ada.settled('posts');
    expect(world.told()).toEqual([['added', 'seen']]);
  });

  if (type !== 'postgres') return;

  it('is told as a gap where its answer is lost, and its writer is told that nobody knows', async () => {
    await using world = await start();
    const { create, wire, ada, direct } = world;
    wire.lose('INSERT', 'cut');
    expect(await create({ title: 'lost' })).toMatchObject({ status: 503, data: { code: 'OUTCOME_UNKNOWN' } });
    await vi.waitFor(() => expect(world.told()).toEqual([['reset', null]]));
    await vi.waitFor(async () => expect(await direct.manager.count(Post)).toBe(1));
    expect((await create({ title: 'next' })).status).toBe(201);
    await ada.settled('posts');
    expect(world.told().at(-1)).toEqual(['added', 'next']);
  });

  it('is not overtaken in silence by who wrote its row next', async () => {
    await using world = await start();
    const { create, wire, app, direct } = world;
    wire.lose('INSERT', 'hold');
    void create({ title: 'first' }).catch(() => undefined);
    await vi.waitFor(async () => expect(await direct.manager.count(Post)).toBe(1), PATIENT);
    await app.dataSource.manager.update(Post, { title: 'first' }, { stars: 5 });
    // As of a COMMIT that is not answered: who comes later waits a second, and has everybody refetch.
    const both = [
      ['modified', 'first'],
      ['reset', null],
    ];
    await vi.waitFor(() => expect(world.told()).toEqual(both));
  });

  it('is left to TypeORM where the table has triggers, made before or later', async () => {
    await using world = await start();
    const { create, direct, ada } = world;
    expect((await create({ title: 'plain' })).status).toBe(201);
    await direct.query(`CREATE FUNCTION star() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE post SET stars = 5 WHERE id = NEW.id; RETURN NULL; END $$`);
    await direct.query('CREATE TRIGGER star AFTER INSERT ON post FOR EACH ROW EXECUTE FUNCTION star()');
    expect((await create({ title: 'first' })).data).toMatchObject({ stars: 5 });
    expect((await create({ title: 'second' })).data).toMatchObject({ stars: 5 });
    expect(world.inserts).toHaveBeenCalledTimes(1);
    await ada.settled('posts');
    expect(world.told()).toEqual([
      ['added', 'plain'],
      ['reset', null],
      ['added', 'second'],
    ]);
    expect(ada.changes('posts').at(-1)?.data).toMatchObject({ stars: 5 });
  });
});
