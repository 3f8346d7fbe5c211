// A relation may refer to another column than the key: the row that it leads to is the one with that value.

import { Allow } from 'class-validator';
import { Expose } from 'class-transformer';
import { Column, Entity, JoinColumn, JoinTable, ManyToMany, ManyToOne, PrimaryColumn, PrimaryGeneratedColumn, type Relation } from 'typeorm'; // prettier-ignore
import { expect, it } from 'vitest';
import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { describeEachDatabase, type TestDatabase } from '../support/databases.js';

@Entity()
class Country {
  @PrimaryGeneratedColumn() id: number;
  /** Of the type of a key, so that one may be taken for the other. */
  @Column({ unique: true }) code: number;
  @Column() ownerId: number;
}

@Entity()
class Shelf {
  @PrimaryColumn() room: number;
  @PrimaryColumn() place: number;
  @Column() ownerId: number;
}

@Entity()
class Parcel {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: Number, nullable: true }) countryCode: number | null;
  @ManyToOne(() => Country, { nullable: true })
  @JoinColumn({ name: 'countryCode', referencedColumnName: 'code' })
  country: Relation<Country> | null;
  @ManyToMany(() => Country)
  @JoinTable({ inverseJoinColumn: { referencedColumnName: 'code' } })
  stops: Relation<Country[]>;
  @ManyToOne(() => Shelf, { nullable: true }) shelf: Relation<Shelf> | null;
}

class View {
  @Expose() id: number;
}

class ShelfView {
  @Expose() room: number;
}

class Anything {
  @Allow() countryCode?: unknown;
  @Allow() country?: unknown;
  @Allow() stops?: unknown;
  @Allow() shelf?: unknown;
}

@Hook('parcels')
class ParcelHook extends ModelHook<Parcel> {
  entity = Parcel;
  output = View;
  createInput = Anything;
}

@Hook('countries')
class CountryHook extends ModelHook<Country> {
  entity = Country;
  output = View;
  override visibility({ user }: HookScope): Visibility<Country> {
    return { ownerId: user.id };
  }
}

@Hook('shelves')
class ShelfHook extends ModelHook<Shelf> {
  entity = Shelf;
  output = ShelfView;
  override visibility({ user }: HookScope): Visibility<Shelf> {
    return { ownerId: user.id };
  }
}

const ENTITIES = [Country, Shelf, Parcel];

/** Country 1 is Ada's and has the code 2, country 2 is another's and has the code 1. */
async function start(database: TestDatabase): Promise<TestApp> {
  const app = await createTestApp({
    entities: ENTITIES,
    providers: [ParcelHook, CountryHook, ShelfHook],
    database: await database.options(ENTITIES),
  });
  const { manager } = app.dataSource;
  await manager.insert(Country, { code: 2, ownerId: 1 });
  await manager.insert(Country, { code: 1, ownerId: 2 });
  await manager.insert(Shelf, [{ room: 1, place: 1, ownerId: 1 }, { room: 1, place: 2, ownerId: 2 }]); // prettier-ignore
  return app;
}

const WRITES: readonly [string, object, object | undefined][] = [
  ['takes the code of a row that is seen', { countryCode: 2 }, undefined],
  ['refuses the code of one that is hidden', { countryCode: 1 }, { countryCode: expect.any(Array) as unknown }],
  ['takes an object with the code', { country: { code: 2 } }, undefined],
  ['refuses an object with a hidden code', { country: { code: 1 } }, { country: expect.any(Array) as unknown }],
  [
    'goes by the code whatever key is beside it',
    { country: { id: 1, code: 1 } },
    { country: expect.any(Array) as unknown },
  ],
  ['refuses an object with the key alone', { country: { id: 1 } }, { country: ['Must name a row by "code".'] }],
  ['links what is seen', { stops: [{ id: 1, code: 2 }] }, undefined],
  ['links nothing that is hidden', { stops: [{ id: 2, code: 1 }] }, { 'stops.0': expect.any(Array) as unknown }],
  [
    'links no hidden code under the key of a row that is seen',
    { stops: [{ id: 1, code: 1 }] },
    { 'stops.0': expect.any(Array) as unknown },
  ],
  ['takes a key of several columns', { shelf: { room: 1, place: 1 } }, undefined],
  ['refuses one that is hidden', { shelf: { room: 1, place: 2 } }, { shelf: expect.any(Array) as unknown }],
  ['refuses a part of one', { shelf: { room: 1 } }, { shelf: ['Must name a row by "room" and "place".'] }],
];

describeEachDatabase('a relation by another column than the key', (database) => {
  it('takes and links the rows that are seen, and no others', async () => {
    await using app = await start(database);
    const ada = await app.connect(1);
    const { manager } = app.dataSource;
    await manager.insert(Parcel, {});
    for (const [name, data, errors] of WRITES) {
      const before = await manager.count(Parcel);
      const created = await ada.call('parcels', 'create', 'POST', { data });
      const updated = await ada.call('parcels', 'update', 'PATCH', { query: { pk: 1 }, data });
      expect([name, created.status, updated.status]).toEqual([name, ...(errors ? [400, 400] : [201, 200])]);
      expect([created, updated].map((answer) => (answer.data as { errors?: object }).errors)).toEqual([errors, errors]);
      expect(await manager.count(Parcel)).toBe(errors ? before : before + 1);
    }
  });
});
