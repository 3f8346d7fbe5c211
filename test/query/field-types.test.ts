// What a hook's fields hold, as the entity says, on each database.

import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { lookupsOf, type FieldType } from '../../libs/jira/src/policy/filtering/field-type.js';
import { EntityFieldTypes } from '../../libs/jira/src/typeorm/query/field-types.js';
import { describeEachDatabase } from '../support/databases.js';
import { MODEL, Sample } from './model.js';

describeEachDatabase('the fields of an entity', ({ open }) => {
  it('have the types of their columns', async () => {
    const types = new EntityFieldTypes((await open(MODEL)).getMetadata(Sample));
    const kindOf = (name: string): string | undefined => types.typeOf(name.split('.'))?.kind;
    expect(
      Object.fromEntries(
        ['code', 'text', 'flag', 'amount', 'big', 'ratio', 'price', 'at', 'day', 'uid', 'level', 'address.city', 'owner', 'owner.id', 'owner.name', 'tags.label', 'tags', 'nope', 'owner.nope', 'address', 'constructor', '__proto__'].map((name) => [name, kindOf(name)]), // prettier-ignore
      ),
    ).toEqual({
      code: 'string', text: 'string', flag: 'boolean', amount: 'integer', big: 'bigint', ratio: 'number', price: 'decimal', at: 'date', day: 'day', uid: 'uuid',
      level: 'enum', 'address.city': 'string', owner: 'integer', 'owner.id': 'integer', 'owner.name': 'string', 'tags.label': 'string',
    }); // prettier-ignore
    expect(types.typeOf(['amount'])).toEqual({ kind: 'integer', isNullable: true, min: -2147483648, max: 2147483647 });
    expect(['tags.label', 'tags.id', 'owner.name', 'text'].map((name) => types.hasMany(name.split('.')))).toEqual([true, true, false, false]); // prettier-ignore
    expect(types.typeOf(['level'])?.values).toEqual(['low', 'High', 'é']);
    expect(['owner.id', 'owner.name', 'tags.label', 'text'].map((name) => types.relationDepth(name.split('.')))).toEqual([0, 1, 1, 0]); // prettier-ignore
  });
});

describe('a date of MySQL', () => {
  const typeOf = async (timezone: string): Promise<FieldType | undefined> => {
    const dataSource = new DataSource({ type: 'mariadb', database: 'none', timezone, entities: MODEL });
    await dataSource['buildMetadatas']();
    return new EntityFieldTypes(dataSource.getMetadata(Sample)).typeOf(['at']);
  };

  it('has parts only where it is kept in UTC', async () => {
    const [utc, other] = [await typeOf('Z'), await typeOf('+02:00')];
    expect(utc && lookupsOf(utc)).toContain('hour');
    expect(other && lookupsOf(other)).not.toContain('hour');
    expect(other && lookupsOf(other)).toContain('date');
  });
});
