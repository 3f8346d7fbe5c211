import type { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from './databases.js';
import { Note } from './note.js';

describeEachDatabase('a test database', ({ type, open, options }) => {
  it('has the tables of its entities and is of the named type', async () => {
    const db = await open([Note]);
    await db.getRepository(Note).save({ text: 'kept' });
    expect(await db.getRepository(Note).findBy({ text: 'kept' })).toHaveLength(1);
    expect(db.options.type).toBe(type);
  });

  it('is empty at first, beside another of the same kind', async () => {
    const [a, b] = [await open([Note]), await open([Note])];
    await a.getRepository(Note).save({ text: 'only here' });
    expect(await b.getRepository(Note).count()).toBe(0);
  });

  it('can be given as options', async () => {
    expect(await options([Note], { logging: false })).toMatchObject({ type, synchronize: true, entities: [Note] });
  });

  describe('opened in beforeAll', () => {
    let db: DataSource;
    beforeAll(async () => {
      db = await open([Note]);
    });
    it('lasts over one test', async () => {
      expect(await db.getRepository(Note).save({ text: 'kept' })).toMatchObject({ text: 'kept' });
    });
    it('and the next', async () => {
      expect(await db.getRepository(Note).count()).toBe(1);
    });
  });
});
