import type { DataSource, Logger } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { Expose } from 'class-transformer';
import { Hook, ReadOnlyModelHook } from 'nestjs-jira';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { BLOG, Comment, CommentHook, Person, PersonHook, Post, PostHook, seedBlog, TagHook } from './model.js';

const ask = (query: object): { query: object } => ({ query });

describeEachDatabase('expand', ({ options }) => {
  const start = async (more: Partial<TestAppOptions> = {}) =>
    createTestApp({ ...BLOG, ...more, database: await options(BLOG.entities) });

  it('adds related rows of every kind, as their hooks show them', async () => {
    await using app = await start();
    await seedBlog(app);
    const ada = await app.connect(1);
    const answer = await ada.call('posts', 'retrieve', 'GET', ask({ pk: 1, expand: 'author,editor,tags,comments.author' })); // prettier-ignore
    expect(answer.data).toEqual({
      id: 1,
      title: 'First',
      author: { id: 1, name: 'Ada' },
      editor: { id: 2, name: 'Grace' },
      tags: [{ name: 'art' }, { name: 'news' }],
      comments: [
        { id: 2, text: 'for Ada', author: null },
        { id: 1, text: 'public', author: { id: 2, name: 'Grace' } },
      ],
    });
  });

  it('leaves out rows that the caller may not retrieve', async () => {
    await using app = await start();
    await seedBlog(app);
    const grace = await app.connect(2);
    const answer = await grace.call('posts', 'list', 'GET', ask({ expand: ['author', 'editor', 'comments'] }));
    expect((answer.data as { results: unknown }).results).toEqual([
      {
        id: 1,
        title: 'First',
        author: { id: 1, name: 'Ada' },
        editor: { id: 2, name: 'Grace' },
        comments: [{ id: 1, text: 'public' }],
      },
      { id: 2, title: 'Second', author: null, editor: null, comments: [{ id: 3, text: 'on the second' }] },
    ]);
  });

  it('asks the database twice for each relation, however many rows there are', async () => {
    await using app = await start({ options: { fastPaths: { reads: false } } });
    await seedBlog(app);
    const ada = await app.connect(1);
    const count = (): Promise<number> =>
      queriesOf(app.dataSource, () => ada.call('posts', 'list', 'GET', ask({ expand: 'comments.author', page_size: 100 }))); // prettier-ignore
    const few = await count();
    const { manager } = app.dataSource;
    for (let i = 0; i < 30; i++) {
      const post = await manager.save(Post, { title: `Post ${i}`, author: { id: 1 } });
      await manager.save(Comment, [1, 2].map((id) => ({ text: 'more', post, author: { id } }))); // prettier-ignore
    }
    expect(await count()).toBe(few);
    const plain = await queriesOf(app.dataSource, () => ada.call('posts', 'list', 'GET'));
    expect(few - plain).toBe(4);
  });

  it('refuses what is not allowed, more rows than the limit, and values that are no names', async () => {
    await using app = await start({ options: { limits: { expandedRows: 2 } } });
    await seedBlog(app);
    const ada = await app.connect(1);
    const refused = async (query: object): Promise<unknown> => {
      const answer = await ada.call('posts', 'list', 'GET', ask(query));
      expect(answer).toMatchObject({ status: 400, data: { code: 'VALIDATION_FAILED' } });
      return (answer.data as { errors: unknown }).errors;
    };
    expect(await refused({ expand: 'comments.post' })).toEqual({ expand: ['"comments.post" cannot be expanded.'] });
    expect(await refused({ expand: 'password' })).toEqual({ expand: ['"password" cannot be expanded.'] });
    expect(await refused({ expand: '__proto__' })).toEqual({ expand: ['"__proto__" cannot be expanded.'] });
    expect(await refused({ expand: { author: 1 } })).toEqual({ expand: ['Must be names separated by commas.'] });
    expect(await refused({ expand: 'comments' })).toEqual({ expand: [expect.stringContaining('more than 2 rows')] });
  });

  it('is refused at boot where a path names no relation, or a related entity has not one hook', async () => {
    class Wrong extends PostHook {
      override expandFields = ['authr'];
    }
    Hook('wrong')(Wrong);
    await expect(start({ hooks: [PersonHook, Wrong] })).rejects.toThrow('has no relation "authr"');
    await expect(start({ hooks: [PostHook, TagHook, CommentHook] })).rejects.toThrow(
      'PostHook expands "author", but no hook serves Person.',
    );
  });

  it('orders by no field of which a row may have several', async () => {
    class Unordered extends PostHook {
      override ordering = ['comments__text'];
    }
    Hook('unordered')(Unordered);
    await expect(start({ hooks: [...BLOG.hooks, Unordered] })).rejects.toThrow(
      'Unordered orders by "comments__text", which crosses a to-many relation. Order by a column of the row itself',
    );
  });

  it('obeys the permissions of the related hook', async () => {
    @Hook('people')
    class Nobodys extends PersonHook {
      override permissions = [() => false];
    }
    await using app = await start({ hooks: [Nobodys, TagHook, PostHook, CommentHook] });
    await seedBlog(app);
    const ada = await app.connect(1);
    const answer = await ada.call('posts', 'retrieve', 'GET', ask({ pk: 1, expand: 'author' }));
    expect(answer.data).toEqual({ id: 1, title: 'First', author: null });
  });

  describe('of an entity with several hooks', () => {
    class NameView {
      @Expose() name: string;
    }

    /** Shows less of people, and of more of them. */
    @Hook('names')
    class NameHook extends ReadOnlyModelHook<Person> {
      entity = Person;
      output = NameView;
    }

    const withNames = (expandFields: Record<string, string> | string[]) => {
      class Several extends PostHook {
        override expandFields = expandFields;
      }
      Hook('several')(Several);
      return start({ hooks: [PersonHook, NameHook, TagHook, CommentHook, Several] });
    };

    it('shows rows as the hook does that the allow-list names', async () => {
      const allowed = { author: 'names', editor: 'people', tags: 'tags', 'comments.author': 'names' };
      await using app = await withNames(allowed);
      await seedBlog(app);
      const ada = await app.connect(1);
      const retrieve = async (pk: number, query: object): Promise<unknown> =>
        (await ada.call('several', 'retrieve', 'GET', ask({ pk, fields: 'id', ...query }))).data;
      expect(await retrieve(1, { expand: 'author,editor,comments.author' })).toEqual({
        id: 1,
        author: { name: 'Ada' },
        editor: { id: 2, name: 'Grace' },
        comments: [
          { id: 2, text: 'for Ada', author: { name: 'Ghost' } },
          { id: 1, text: 'public', author: { name: 'Grace' } },
        ],
      });
      expect(await retrieve(2, { expand: 'author' })).toEqual({ id: 2, author: { name: 'Ghost' } });
      expect(await retrieve(1, { expand: 'author', fields: 'author.id' })).toMatchObject({
        errors: { fields: ['There is no field "author.id".'] },
      });
    });

    it('is refused at boot where the allow-list names none of them, or another', async () => {
      await expect(withNames(['author'])).rejects.toThrow(
        `Several expands "author", but several hooks serve Person. Name one of people, names: expandFields = { 'author': 'people' }.`,
      );
      await expect(withNames({ author: 'persons' })).rejects.toThrow(
        'Several expands "author", but no hook "persons" serves Person. Name one of people, names.',
      );
      await expect(withNames({ authr: 'people' })).rejects.toThrow('has no relation "authr"');
    });
  });
});

describeEachDatabase('fields', ({ options }) => {
  it('narrows rows, and expanded rows, to the named fields', async () => {
    await using app = await createTestApp({ ...BLOG, database: await options(BLOG.entities) });
    await seedBlog(app);
    const ada = await app.connect(1);
    const retrieve = async (query: object): Promise<unknown> =>
      (await ada.call('posts', 'retrieve', 'GET', ask({ pk: 1, ...query }))).data;
    expect(await retrieve({ fields: 'title' })).toEqual({ title: 'First' });
    expect(await retrieve({ fields: 'title,author.name', expand: 'author' })).toEqual({
      title: 'First',
      author: { name: 'Ada' },
    });
    expect(await retrieve({ fields: 'author.name', expand: 'author' })).toEqual({
      id: 1,
      title: 'First',
      author: { name: 'Ada' },
    });
    for (const [fields, wrong] of [
      ['titel', 'titel'],
      ['author.name', 'author.name'],
      ['title.x', 'title.x'],
    ])
      // prettier-ignore
      expect(await retrieve({ fields })).toMatchObject({ errors: { fields: [`There is no field "${wrong}".`] } });
    expect(await retrieve({ fields: 'author.password', expand: 'author' })).toMatchObject({
      errors: { fields: ['There is no field "author.password".'] },
    });
  });
});

/** How many queries a call makes. */
async function queriesOf(dataSource: DataSource, call: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const before = dataSource.logger;
  const logger: Partial<Logger> = { ...before, logQuery: () => void count++ };
  dataSource.logger = logger as Logger;
  try {
    await call();
  } finally {
    dataSource.logger = before;
  }
  return count;
}
