// Each kind of write, on each database: what is announced. docs/observers.md shows the same table.

import { readFileSync } from 'node:fs';
import { InsertQueryBuilder, type DataSource } from 'typeorm';
import { beforeEach, describe, expect, it } from 'vitest';
import { installSqliteLeases } from '../../libs/jira/src/commits/leases/sqlite-leases.js';
import { describeEachDatabase } from '../support/databases.js';
import { KINDS } from './support/kinds.js';
import { LIBRARY, seedLibrary } from './support/library.js';
import { Mirror } from './support/mirror.js';

/** TypeORM 0.3 cannot say all of them. */
const isSayable = ({ title }: { readonly title: string }): boolean =>
  title !== '`insert` of what a select gives' || 'valuesFromSelect' in InsertQueryBuilder.prototype;

describeEachDatabase('What is announced', ({ open }) => {
  let dataSource: DataSource;
  let mirror: Mirror;

  beforeEach(async () => {
    dataSource = await open(LIBRARY);
    installSqliteLeases(dataSource);
    mirror = new Mirror(dataSource, ['Author', 'Tag', 'Book', 'Page', 'Seat', 'Animal'], ['Book']);
    await seedLibrary(dataSource.manager);
    mirror.commits.length = 0;
  });

  it.each(KINDS.filter(isSayable).map((kind) => [kind.title, kind] as const))(
    '%s',
    async (title, { write, announced }) => {
      await write(dataSource.manager);
      expect(mirror.take()).toEqual(announced);
      expect((await mirror.compare()).length > 0).toBe(title.endsWith('not seen'));
    },
  );
});

describe('docs/observers.md', () => {
  it('lists each kind of write with what the tests found', () => {
    const text = readFileSync('docs/observers.md', 'utf8').replaceAll(/ +/g, ' ');
    for (const { title, announced } of KINDS) {
      const types = announced.map((change) => change.split(' ')[0]);
      const shown = announced.length === 0 ? 'nothing' : [...new Set(types)].map((type) => `\`${type}\``).join(', ');
      expect(text).toContain(`| ${title} | ${shown} |`);
    }
  });
});
