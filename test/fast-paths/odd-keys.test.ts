// Rows read together by keys of odd types, soft-deleted ones among them: each caller is answered as if it had asked alone.

import { Expose } from 'class-transformer';
import { Hook, ReadOnlyModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { Column, DeleteDateColumn, Entity, PrimaryColumn, type PrimaryColumnOptions } from 'typeorm';
import { expect, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { describeEachServer } from '../support/databases.js';

const ENUM = ['x y', 'z', 'NULL', '{}'];
const KINDS: readonly (readonly [string, PrimaryColumnOptions, readonly string[]])[] = [
  ['char', { type: 'char', length: 5 }, ['a', 'b', 'ab c', '%']],
  ['decimal', { type: 'decimal', precision: 10, scale: 2 }, ['1.50', '2.00', '0.10', '-3.25']],
  ['bigint', { type: 'bigint' }, ['9007199254740993', '9007199254740992', '1', '-5']],
  ['enum', { type: 'enum', enum: ENUM }, ENUM],
  ['date', { type: 'date' }, ['2026-01-01', '2026-02-28', '1999-12-31', '2000-01-01']],
];

describeEachServer('Reads together', ({ options }) => {
  it.each(KINDS)('by keys of type %s', async (name, column, keys) => {
    @Entity({ name: `odd_${name}` })
    class Odd {
      @PrimaryColumn(column) key: string;
      @Column({ type: 'int' }) owner: number;
      @Column({ type: 'boolean' }) open: boolean;
      @Column({ type: 'varchar', length: 20 }) secret: string;
      @DeleteDateColumn() gone: Date | null;
    }
    class OddView {
      @Expose() key: string;
      @Expose() secret: string;
    }
    @Hook('odd')
    class OddHook extends ReadOnlyModelHook<Odd> {
      entity = Odd;
      output = OddView;
      override lookupField = 'key';
      override visibility({ user }: HookScope): Visibility<Odd> {
        return user?.id === 9 ? [{ owner: 1 }, { open: true }] : { owner: user?.id ?? 0 };
      }
    }
    const app = await createTestApp({ entities: [Odd], providers: [OddHook], database: await options([Odd]) });
    const rows = keys.map((key, i) => ({ key, owner: (i % 2) + 1, open: i === 1, secret: `s${i}`, gone: i === 3 ? new Date() : null })); // prettier-ignore
    await app.dataSource.manager.insert(Odd, rows);
    const clients = await Promise.all([1, 2, 3, 9].map((user) => app.connect(user)));
    const pks = [...keys, 'nope', 7, ''];
    const asked = clients.flatMap((client) => pks.flatMap((pk) => Array.from({ length: 4 }, () => ({ client, pk }))));
    const ask = async ({ client, pk }: (typeof asked)[number]): Promise<unknown> => {
      const { status, data } = await client.call('odd', 'retrieve', 'GET', { query: { pk } });
      return [status, (data as { secret?: string }).secret];
    };
    const alone: unknown[] = [];
    for (const one of asked) alone.push(await ask(one));
    expect(alone).toContainEqual([200, 's0']);
    for (let round = 0; round < 3; round++) expect(await Promise.all(asked.map(ask))).toEqual(alone);
    await app.close();
  });
});
