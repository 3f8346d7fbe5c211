// Entities whose values easily differ between the four forms: as given, as stored, as read, as announced.

import { Allow, IsOptional } from 'class-validator';
import { Expose } from 'class-transformer';
import {
  AfterLoad,
  Column,
  CreateDateColumn,
  Entity,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  VersionColumn,
  type ColumnOptions,
} from 'typeorm';
import type { DatabaseType } from '../../support/databases.js';

/** A class of the application, with a form of its own on the wire (`toJSON`). */
class Money {
  constructor(readonly cents: number) {}
  toJSON(): string {
    return `${(this.cents / 100).toFixed(2)} EUR`;
  }
}

/** A class of the application, without one. */
class Span {
  constructor(
    readonly from: number,
    readonly to: number,
  ) {}
  get length(): number {
    return this.to - this.from;
  }
}

const money = {
  to: (value: Money | string | null) => (value instanceof Money ? value.cents : value === null ? null : Number(value)),
  from: (value: number | string | null) => (value === null ? null : new Money(Number(value))),
};
const span = {
  to: (value: Span | { from: number; to: number } | null) => value && `${value.from}-${value.to}`,
  from: (value: string | null) => value && new Span(...(value.split('-').map(Number) as [number, number])),
};
const big = {
  to: (value: string | number | bigint | null) => (value === null ? null : String(value)),
  from: (value: string | number | null) => (value === null ? null : BigInt(value)),
};
const trimmed = { to: (value: string) => value.trim().toLowerCase(), from: (value: unknown) => value };
const url = {
  to: (value: string | URL | null) => (value instanceof URL ? value.href : value),
  from: (value: string | null) => value && new URL(value),
};
const bytes = {
  to: (value: unknown) => (typeof value === 'string' ? Buffer.from(value) : value),
  from: (value: unknown) => value,
};

const bit = { to: (value: unknown) => (Buffer.isBuffer(value) ? value[0] : value), from: (value: unknown) => value };

/** A column, the value to create the row with, and the value to update it to. */
type Awkward = readonly [options: ColumnOptions, created: unknown, updated: unknown];

const EVERYWHERE: Record<string, Awkward> = {
  nothing: [{ type: 'varchar', nullable: true }, undefined, undefined],
  defaulted: [{ type: 'varchar', default: 'x' }, undefined, 'y'],
  listed: [{ type: 'simple-array', default: 'a,b' }, undefined, ['c', 'd,e']],
  price: [{ type: 'decimal', precision: 10, scale: 2 }, '5.5', '7'],
  whole: [{ type: 'bigint' }, '12', 13],
  huge: [{ type: 'bigint', transformer: big }, '900719925474099', '-5'],
  day: [{ type: 'date' }, '2026-02-03', '2026-02-04'],
  money: [{ type: 'int', transformer: money, nullable: true }, '550', '1'],
  span: [
    { type: 'varchar', transformer: span, nullable: true },
    { from: 1, to: 5 },
    { from: 2, to: 3 },
  ],
  site: [{ type: 'varchar', transformer: url, nullable: true }, 'https://a.b/c?d', 'https://e.f'],
  slug: [{ type: 'varchar', transformer: trimmed }, '  Hello ', ' World'],
  data: [{ type: 'simple-json', nullable: true }, { a: [1, { b: null }] }, [1]],
  flag: [{ type: Boolean, default: false }, undefined, true],
  small: [{ type: 'simple-enum', enum: ['s', 'm'], default: 's' }, undefined, 'm'],
};

const OWN: Record<DatabaseType, Record<string, Awkward>> = {
  'better-sqlite3': {
    blob: [{ type: 'blob', transformer: bytes }, 'née', 'b'],
    at: [{ type: 'datetime' }, '2026-02-03T04:05:06.789Z', '2026-02-03T04:05:06Z'],
    ratio: [{ type: 'real' }, 1.5, 0.1],
    json: [{ type: 'json', nullable: true }, { a: 1 }, 'text'],
  },
  postgres: {
    blob: [{ type: 'bytea', transformer: bytes }, 'née', 'b'],
    at: [{ type: 'timestamptz' }, '2026-02-03T04:05:06.789Z', '2026-02-03T04:05:06+02:00'],
    micro: [{ type: 'timestamp', precision: 6 }, '2026-02-03T04:05:06.789123Z', '2026-02-03T04:05:06Z'],
    forever: [{ type: 'timestamp', default: 'infinity', update: false }, undefined, undefined],
    padded: [{ type: 'char', length: 5 }, 'ab', 'abc'],
    interval: [{ type: 'interval' }, '1 day 02:00', '3 months'],
    point: [{ type: 'point' }, '(1,2)', { x: 2, y: 3 }],
    ratio: [{ type: 'float8' }, 'Infinity', 'NaN'],
    single: [{ type: 'float4' }, 0.1, 1e10],
    exact: [{ type: 'numeric' }, 'NaN', '1.10'],
    cash: [{ type: 'money' }, '5.5', '1234567'],
    bits: [{ type: 'bit', length: 3 }, '101', '110'],
    numbers: [{ type: 'int', array: true, default: '{1,2}' }, undefined, [3]],
    clock: [{ type: 'time' }, '04:05', '04:05:06.7'],
    json: [{ type: 'jsonb', nullable: true }, { b: 1, a: 2 }, 'text'],
    address: [{ type: 'inet' }, '10.0.0.1/32', '::1'],
    uuid: [{ type: 'uuid' }, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc999c0b4ef8bb6d6bb9bd380a12'],
    range: [{ type: 'int4range' }, '[1,5]', '(1,5)'],
  },
  mariadb: {
    blob: [{ type: 'blob', transformer: bytes }, 'née', 'b'],
    at: [{ type: 'datetime', precision: 0 }, '2026-02-03T04:05:06.789Z', '2026-02-03T04:05:06Z'],
    micro: [{ type: 'datetime', precision: 6 }, '2026-02-03T04:05:06.789Z', '2026-02-03T04:05:06Z'],
    padded: [{ type: 'char', length: 5 }, 'ab ', 'abc'],
    bit: [{ type: 'bit', transformer: bit }, 1, 0],
    single: [{ type: 'float' }, 0.1, 1.23456789],
    ratio: [{ type: 'double' }, 0.1, 1e300],
    year: [{ type: 'year' }, 26, 1999],
    set: [{ type: 'set', enum: ['a', 'b', 'c'] }, ['c', 'a'], ['b']],
    clock: [{ type: 'time' }, '04:05', '04:05:06'],
    json: [{ type: 'json', nullable: true }, { b: 1, a: 2 }, 'text'],
    positive: [{ type: 'bigint', unsigned: true }, '18446744073709551615', 1],
    point: [{ type: 'point' }, 'POINT(1 2)', 'POINT(2 3)'],
  },
};

class Place {
  @Column({ type: 'varchar', nullable: true }) city: string | null;
  @Column({ type: 'varchar', nullable: true, select: false }) code: string | null;
}

/** Entity, view, input and values for one database. */
export function awkwardRows(type: DatabaseType) {
  const columns: Record<string, Awkward> = { ...EVERYWHERE, ...OWN[type] };

  @Entity()
  class Thing {
    @PrimaryGeneratedColumn() id: number;
    @Column({ type: 'varchar' }) name: string;
    @Column({ type: 'varchar', default: 'secret', select: false }) secret: string;
    @Column(() => Place) place: Place;
    @CreateDateColumn() createdAt: Date;
    @UpdateDateColumn() updatedAt: Date;
    @VersionColumn() version: number;
    shout: string;

    get upper(): string {
      return this.name.toUpperCase();
    }

    @AfterLoad()
    load(): void {
      this.shout = `${this.name}! ${this.secret ?? 'no secret'}`;
    }
  }
  class ThingView {
    @Expose() id: number;
  }
  class ThingInput {
    @Allow() name: string;
  }
  const fixed = ['id', 'name', 'secret', 'place', 'createdAt', 'updatedAt', 'version', 'shout', 'upper'];
  for (const name of [...fixed, ...Object.keys(columns)]) Expose()(ThingView.prototype, name);
  for (const name of ['name', 'secret', 'place', ...Object.keys(columns)]) {
    Allow()(ThingInput.prototype, name);
    IsOptional()(ThingInput.prototype, name);
  }
  for (const [name, [options]] of Object.entries(columns)) Column(options)(Thing.prototype, name);

  const values = (index: 1 | 2): Record<string, unknown> =>
    Object.fromEntries(Object.entries(columns).map(([name, awkward]) => [name, awkward[index]]));
  return {
    Thing,
    ThingView,
    ThingInput,
    created: { name: 'one', place: { city: 'Rome', code: 'c' }, ...values(1) },
    updated: { name: 'two', secret: 'changed', place: { city: null }, ...values(2) },
  };
}
