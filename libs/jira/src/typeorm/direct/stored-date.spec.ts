import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { dateOf } from './stored-date.js';

const { driver } = new DataSource({ type: 'better-sqlite3', database: ':memory:' });
const read = (value: unknown): unknown => driver.prepareHydratedValue(value, { type: 'datetime' } as never);

describe('dateOf', () => {
  it('reads the usual form as TypeORM does', () => {
    for (const value of ['2026-11-21 05:43:21', '1999-02-28 23:59:59.999', '0100-01-01 00:00:00', '9999-12-01 10:00:00.001'])
      expect([value, dateOf(value)]).toEqual([value, read(value)]); // prettier-ignore
  });

  it('leaves every other form to TypeORM', () => {
    const others = ['2026-11-31 00:00:00', '2026-13-01 00:00:00', '2026-11-21 24:00:00', '2026-11-21 05:43:60'];
    for (const value of [
      ...others,
      '0099-01-01 00:00:00',
      '2026-11-21T05:43:21Z',
      '2026-11-21',
      '',
      null,
      undefined,
      5,
    ])
      expect([value, dateOf(value)]).toEqual([value, undefined]);
  });
});
