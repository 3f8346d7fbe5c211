// The options of a store of TypeORM rows.

import type { SelectQueryBuilder } from 'typeorm';
import type { DirectReader } from '../direct/direct-reader.js';
import type { CascadeRules } from '../query/cascade-guard.js';
import type { SightReader } from '../query/sight.js';
import type { StoredRows } from '../reader/stored-rows.js';
import type { LockedRows } from './locked-rows.js';

export interface TypeOrmStoreOptions<E extends object> extends CascadeRules {
  /** The hook's own query; visibility and filters narrow it by its main alias. @default all rows */
  readonly baseQuery?: () => SelectQueryBuilder<E>;
  /** The related rows that filters and orders may read. @default all of them */
  readonly sightOf?: SightReader;
  /** Reads plain rows without TypeORM's query builder, if the base query is all rows. */
  readonly direct?: DirectReader;
  /** Whether soft-deleted rows count as rows. @default false */
  readonly withDeleted?: boolean;
  /** Reads back what was written. @default one that shares no reads with the capture of changes */
  readonly stored?: StoredRows<E>;
  /** Reads and locks rows that will be written, by one statement, if the base query is all rows. */
  readonly locked?: LockedRows<E>;
  /** Whether to delete rows for good if the entity has a `@DeleteDateColumn()`. @default false */
  readonly hardDelete?: boolean;
}
