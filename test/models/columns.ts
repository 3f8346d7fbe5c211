// The kinds of columns a model draws from, with the values that are awkward in each.

import type { ColumnOptions } from 'typeorm';
import type { DatabaseType } from '../support/databases.js';
import type { Spec } from './factors.js';

export interface ColumnKind {
  readonly options: ColumnOptions;
  /** What an entity may hold. */
  readonly values: readonly unknown[];
  /** How a client writes it; undefined = it cannot. @default as it is */
  readonly wire?: (value: unknown) => unknown;
  /** Clients send dates as texts. */
  readonly isDate?: true;
}

/** Neither folds case nor pads: as the other databases compare. */
const EXACT: Readonly<Record<DatabaseType, ColumnOptions>> = {
  'better-sqlite3': {},
  postgres: {},
  mariadb: { charset: 'utf8mb4', collation: 'utf8mb4_nopad_bin' },
};

const doubled = {
  to: (value: unknown) => (typeof value === 'number' ? Math.round(value * 2) : value),
  from: (value: unknown) => (typeof value === 'number' ? Math.floor(value / 2) : value),
};
const rounded = {
  to: (value: unknown) => (typeof value === 'number' ? Math.round(value) : value),
  from: (value: unknown) => value,
};
const trimmed = {
  to: (value: unknown) => (typeof value === 'string' ? value.trim().toLowerCase() : value),
  from: (value: unknown) => value,
};
export const prefixed = {
  to: (value: unknown) => (typeof value === 'string' && value.startsWith('p-') ? Number(value.slice(2)) : value),
  from: (value: unknown) => (typeof value === 'number' ? `p-${value}` : value),
};

/** Who owns a row: what most visibilities ask. The first values are those of users 1, 2 and 3; others are near them. */
export function tenantKind(kind: Spec['tenant'], database: DatabaseType): ColumnKind {
  switch (kind) {
    case 'int':
      return { options: { type: 'int' }, values: [1, 2, 3, 0, -1] };
    case 'bigint':
      // Beyond 2^53, where JavaScript's numbers have only every second one.
      return { options: { type: 'bigint' }, values: ['9007199254740993', '9007199254740992', '9007199254740994', '7'] }; // prettier-ignore
    case 'decimal':
      return { options: { type: 'decimal', precision: 30, scale: 10 }, values: ['12345678901234567.0000000001', '12345678901234567.0000000002', '12345678901234567.0000000003', '0.5000000000'] }; // prettier-ignore
    case 'text':
      return { options: { type: 'varchar', length: 20, ...EXACT[database] }, values: ['u', 'U', 'ü', 'u ', ''] };
    case 'transformed':
      // 1.5 is stored as 3, and read as 1.
      return { options: { type: 'int', transformer: doubled }, values: [1, 2, 3, 1.5, 2.5] };
  }
}

export function textKind(kind: Spec['text'], database: DatabaseType): ColumnKind {
  const exact = EXACT[database];
  const awkward = ['', 'a', 'A', 'a ', ' a', 'é', 'É', "o'clock", '%_', 'x,y', '"q"', '😀', 'null', '0'];
  switch (kind) {
    case 'varchar':
      return { options: { type: 'varchar', length: 50, ...exact }, values: awkward };
    case 'text':
      return { options: { type: 'text', ...exact }, values: [...awkward, 'long '.repeat(500)] };
    case 'char':
      return { options: { type: database === 'better-sqlite3' ? 'character' : 'char', length: 4, ...exact }, values: ['a', 'ab', 'a b', 'abcd', 'A'] }; // prettier-ignore
    case 'enum':
      return { options: { type: database === 'better-sqlite3' ? 'simple-enum' : 'enum', enum: ['low', 'High', 'é'] }, values: ['low', 'High', 'é'] }; // prettier-ignore
    case 'simpleEnum':
      return { options: { type: 'simple-enum', enum: ['low', 'high'] }, values: ['low', 'high'] };
    case 'trimmed':
      return { options: { type: 'varchar', length: 50, transformer: trimmed, ...exact }, values: ['a', ' A ', 'B', 'b'] }; // prettier-ignore
  }
}

export function amountKind(kind: Spec['amount'], database: DatabaseType): ColumnKind {
  switch (kind) {
    case 'int':
      return { options: { type: 'int' }, values: [0, 1, -1, 2147483647] };
    case 'bigint':
      return { options: { type: 'bigint' }, values: ['0', '1', '-5', database === 'better-sqlite3' ? '9007199254740991' : '9223372036854775806'] }; // prettier-ignore
    case 'decimal':
      return { options: { type: 'decimal', precision: 10, scale: 2 }, values: ['0.00', '5.5', '5.50', '-0.01', '12345678.90'] }; // prettier-ignore
    case 'double':
      return { options: { type: 'double precision' }, values: [0, 0.1, -1.5, 1e21, 1e-7] };
    case 'float':
      return { options: { type: database === 'postgres' ? 'real' : 'float' }, values: [0, 0.1, 16777217, 0.3333333333] };
    case 'boolean':
      return { options: { type: 'boolean' }, values: [true, false] };
    case 'rounded':
      return { options: { type: 'int', transformer: rounded }, values: [0, 1, 1.4, 1.6] };
  }
} // prettier-ignore

export function atKind(kind: Spec['at'], database: DatabaseType): ColumnKind {
  const moments = ['2026-01-31T00:00:00.000Z', '2026-01-31T23:59:59.999Z', '1969-12-31T23:59:59.000Z', '2024-02-29T12:30:00.500Z'].map((text) => new Date(text)); // prettier-ignore
  const wire = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value);
  switch (kind) {
    case 'date':
      return { options: { type: 'date' }, values: ['2026-01-31', '1969-12-31', '2024-02-29'] };
    case 'datetime':
      return { options: { type: database === 'postgres' ? 'timestamp' : 'datetime' }, values: moments, wire, isDate: true }; // prettier-ignore
    case 'precise': {
      const precision = { precision: 6 };
      const type = { 'better-sqlite3': 'datetime', postgres: 'timestamptz', mariadb: 'datetime' } as const;
      return { options: { type: type[database], ...(database !== 'better-sqlite3' && precision) }, values: moments, wire, isDate: true }; // prettier-ignore
    }
    case 'time':
      return { options: { type: 'time' }, values: ['00:00:00', '23:59:59', '12:30:00'] };
  }
}

export function extraKind(kind: Spec['extra'], database: DatabaseType): ColumnKind | undefined {
  const trees = [{ a: [1, { b: null }] }, {}, [], { d: '2026-01-01T00:00:00.000Z' }];
  switch (kind) {
    case 'none':
      return undefined;
    case 'json':
      return { options: { type: { 'better-sqlite3': 'simple-json', postgres: 'jsonb', mariadb: 'json' }[database] as 'json' }, values: trees }; // prettier-ignore
    case 'simpleJson':
      return { options: { type: 'simple-json' }, values: trees };
    case 'simpleArray':
      return { options: { type: 'simple-array' }, values: [['a', 'b'], ['x'], ['1', '2']] };
    case 'array':
      return { options: { type: 'int', array: true }, values: [[1, 2], [], [3]] };
    case 'bytes':
      return { options: { type: { 'better-sqlite3': 'blob', postgres: 'bytea', mariadb: 'varbinary' }[database] as 'blob', ...(database === 'mariadb' && { length: 20 }) }, values: [Buffer.from([1, 255, 0]), Buffer.from('ab')], wire: () => undefined }; // prettier-ignore
    case 'interval':
      return { options: { type: 'interval' }, values: ['1 day', '2 hours 30 minutes', '00:00:05'] };
    case 'point':
      return { options: { type: 'point' }, values: ['1,2', '0,0'], wire: () => undefined };
  }
}
