// The keys of a model's rows, and what refers to them.

import { PrimaryColumn, PrimaryGeneratedColumn, type ColumnOptions } from 'typeorm';
import type { DatabaseType } from '../support/databases.js';
import type { Builder, Decorator } from './builder.js';
import { prefixed } from './columns.js';
import type { Spec } from './factors.js';
import type { Role } from './model.js';

export function keyOf(kind: Spec['itemKey'] | Spec['groupKey'], builder: Builder): Record<string, Decorator> {
  switch (kind) {
    case 'increment':
      return { id: PrimaryGeneratedColumn() };
    case 'uuid':
      return { id: PrimaryGeneratedColumn('uuid') };
    case 'natural':
      return { id: PrimaryColumn({ type: 'varchar', length: 30, ...builder.named('id') }) };
    case 'bigint':
      return { id: PrimaryColumn({ type: 'bigint', ...builder.named('id') }) };
    case 'date':
      return { id: PrimaryColumn({ type: 'date', ...builder.named('id') }) };
    case 'transformed':
      return { id: PrimaryColumn({ type: 'int', transformer: prefixed, ...builder.named('id') }) };
    case 'composite':
      return {
        k1: PrimaryColumn({ type: 'int', ...builder.named('k1') }),
        k2: PrimaryColumn({ type: 'varchar', length: 10, ...builder.named('k2') }),
      };
  }
}

export function keyed(spec: Spec, role: Role, index: number): Record<string, unknown> {
  const kind = role === 'item' ? spec.itemKey : role === 'group' ? spec.groupKey : role === 'tag' ? 'natural' : 'increment'; // prettier-ignore
  switch (kind) {
    case 'increment':
    case 'uuid':
      return {};
    case 'natural':
      return { id: `${role} ${index}'` };
    case 'bigint':
      return { id: String(4_503_599_627_370_496n + BigInt(index)) };
    case 'date':
      return { id: new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10) };
    case 'transformed':
      return { id: `p-${index + 1}` };
    case 'composite':
      return { k1: Math.floor(index / 2), k2: `k${index % 2}` };
  }
}

export function groupKeyType(spec: Spec, database: DatabaseType): ColumnOptions {
  if (spec.groupReference === 'code') return { type: 'varchar', length: 40 };
  if (spec.groupKey === 'uuid') return { type: database === 'better-sqlite3' ? 'varchar' : 'uuid' };
  return spec.groupKey === 'natural' ? { type: 'varchar', length: 30 } : { type: 'int' };
}
