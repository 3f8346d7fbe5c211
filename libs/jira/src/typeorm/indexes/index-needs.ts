// Finds the indexes that a hook's queries can use: for its filters, search, order, visibility and relations.

import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata, RelationMetadata } from '../../commits/typeorm-internals.js';
import type { IndexForm, IndexUse } from '../../commits/dialect/index-dialect.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import type { Lookup, Ordering } from '../../policy/filtering/filter.js';
import { pathOf } from '../../policy/filtering/filter.js';
import { kindOf, typeOf } from '../query/column-value.js';
import type { Condition } from '../query/condition.js';
import { totalOrder } from '../query/cursor.js';
import { resolvePath } from '../query/field-path.js';
import { linkTableOf, ownForeignKeys, relationKeys } from '../rows/related-rows.js';

export interface IndexPart {
  readonly column: ColumnMetadata;
  readonly form: IndexForm;
  readonly isDescending: boolean;
}

/** An index that begins with the `equal` columns, in any order, followed by the columns that rows are sorted by. */
export interface IndexNeed {
  readonly table: EntityMetadata;
  readonly equal: readonly IndexPart[];
  readonly sorted: readonly IndexPart[];
  /** What uses it, as text for people. */
  readonly use: string;
}

/** A use that no index of the database can serve. */
export interface Unserved {
  readonly use: string;
  readonly why: string;
}

/** What a hook declares. */
export interface IndexedHook {
  readonly namespace: string;
  readonly lookupField: string;
  readonly filterFields: Readonly<Record<string, readonly string[]>>;
  readonly searchFields: readonly string[];
  readonly orderingFields: readonly string[];
  readonly ordering: readonly string[];
}

const USES: Readonly<Record<Lookup, IndexUse | 'none' | 'skipped'>> = {
  exact: 'equal', in: 'equal', gt: 'compare', gte: 'compare', lt: 'compare', lte: 'compare', range: 'compare', date: 'compare',
  year: 'compare', startswith: 'begin', endswith: 'contain', contains: 'contain', iexact: 'fold', icontains: 'fold',
  istartswith: 'fold', iendswith: 'fold', regex: 'none', iregex: 'none', month: 'none', day: 'none', week_day: 'none',
  hour: 'none', minute: 'none', second: 'none',
  // Most rows pass these: the database reads them one by one.
  ne: 'skipped', not_in: 'skipped', isnull: 'skipped',
}; // prettier-ignore

export class IndexNeeds {
  readonly needs: IndexNeed[] = [];
  readonly unserved: Unserved[] = [];

  constructor(private readonly metadata: EntityMetadata) {}

  /** @param visibility the visibility of a caller, as far as it is known */
  addHook(hook: IndexedHook, visibility: Condition | undefined): void {
    const { namespace } = hook;
    if (hook.lookupField !== 'pk')
      this.addField(hook.lookupField, 'equal', `${namespace}: lookup by ${hook.lookupField}`);
    for (const [field, lookups] of Object.entries(hook.filterFields))
      for (const lookup of lookups) this.addField(field, USES[lookup as Lookup], `${namespace}: ${pathOf(field).join('__')}__${lookup}`); // prettier-ignore
    for (const field of hook.searchFields) this.addField(field, 'fold', `${namespace}: search of ${field}`);
    if (visibility) this.addCondition(this.metadata, visibility, `${namespace}: visibility`);
    const equal = visibility ? this.constants(visibility) : [];
    this.addOrder(hook.ordering, equal, `${namespace}: list`);
    for (const field of hook.orderingFields) this.addOrder([field], equal, `${namespace}: ordering=${field}`);
  }

  private addField(field: string, indexUse: IndexUse | 'none' | 'skipped', use: string): void {
    const found = indexUse === 'skipped' ? undefined : resolvePath(this.metadata, pathOf(field));
    if (!found || indexUse === 'skipped') return;
    for (const relation of found.relations) this.addRelation(relation, use);
    this.addColumn(found.column, indexUse, use);
  }

  private addColumn(column: ColumnMetadata, indexUse: IndexUse | 'none', use: string): void {
    if (isCoarse(column) || column.isVirtualProperty) return;
    const form = indexUse === 'none' ? undefined : formOf(indexUse, column);
    if (form) this.needs.push({ table: column.entityMetadata, equal: [plain(column, form)], sorted: [], use });
    else this.unserved.push({ use, why: `no index of ${databaseOf(column)} serves it` });
  }

  /** The columns by which a relation finds its rows. Related rows that are found by their primary key need no further index. */
  private addRelation(relation: RelationMetadata, use: string): void {
    const add = (columns: readonly ColumnMetadata[], table = columns[0]?.entityMetadata): void => {
      if (table) this.needs.push({ table, equal: columns.map((column) => plain(column)), sorted: [], use });
    };
    const link = linkTableOf(relation);
    if (link) for (const columns of [link.own, link.other]) add(columns, link.table);
    else add(relation.isOwning ? ownForeignKeys(relation) : relationKeys(relation).related);
  }

  private addCondition(metadata: EntityMetadata, condition: Condition, use: string): void {
    switch (condition.kind) {
      case 'compare':
        return this.addColumn(condition.column, condition.operator === 'in' ? 'equal' : 'compare', use);
      case 'text':
        return this.addColumn(condition.column, textUse(condition), use);
      case 'related':
        this.addRelation(condition.relation, use);
        return this.addCondition(condition.relation.inverseEntityMetadata, condition.condition, use);
      case 'count':
        return this.addRelation(condition.relation, use);
      case 'and':
      case 'or':
        for (const part of condition.parts) this.addCondition(metadata, part, use);
        return;
      case 'negate':
      case 'complement':
        return this.addCondition(metadata, condition.part, use);
      case 'part':
      case 'native':
        this.unserved.push({ use, why: `${condition.column.propertyPath} is compared by an operator of its own` });
        return;
      case 'null':
    }
  }

  /** Columns with one value in all rows that the caller sees; in an index, the order's columns follow them. */
  private constants(visibility: Condition): IndexPart[] {
    const parts = visibility.kind === 'and' ? visibility.parts : [visibility];
    return parts.flatMap((part) => {
      if (part.kind !== 'compare' || part.operator !== 'in' || part.values.length !== 1) return [];
      const form = kindOf(part.column) === 'instant' ? undefined : formOf('equal', part.column);
      return form ? [plain(part.column, form)] : [];
    });
  }

  private addOrder(fields: readonly string[], equal: readonly IndexPart[], use: string): void {
    const ordering = fields.map((field): Ordering => ({
      path: pathOf(field.replace(/^-/, '')),
      direction: field.startsWith('-') ? 'desc' : 'asc',
    })); // prettier-ignore
    const sorted: IndexPart[] = [];
    for (const { path, direction } of totalOrder(this.metadata, ordering)) {
      const found = resolvePath(this.metadata, path);
      if (!found) return;
      const { relations, column } = found;
      if (equal.some((one) => one.column === column)) continue;
      const form = relations.length > 0 ? undefined : formOf('order', column);
      if (!form) return this.addUnsorted(path, relations.length > 0 ? undefined : column, use);
      sorted.push({ column, form, isDescending: direction === 'desc' });
    }
    this.needs.push({ table: this.metadata, equal, sorted, use });
  }

  private addUnsorted(path: readonly string[], column: ColumnMetadata | undefined, use: string): void {
    const name = path.join('__');
    const why = column ? `no index of ${databaseOf(column)} has the order of ${name}` : `${name} is of another table: rows are sorted after they are read`; // prettier-ignore
    this.unserved.push({ use, why });
  }
}

function textUse({ test, folded }: Condition & { kind: 'text' }): IndexUse | 'none' {
  if (test === 'regex') return 'none';
  return folded ? 'fold' : test === 'startswith' ? 'begin' : test === 'exact' ? 'equal' : 'contain';
}

/** Whether the column has few values, each in many rows: an index of the column alone is hardly ever used. */
function isCoarse(column: ColumnMetadata): boolean {
  return kindOf(column) === 'boolean' || kindOf(column) === 'enum';
}

function plain(column: ColumnMetadata, form: IndexForm = 'plain'): IndexPart {
  return { column, form, isDescending: false };
}

function formOf(use: IndexUse, column: ColumnMetadata): IndexForm | undefined {
  return dialectOf(column.entityMetadata.dataSource).indexes.formFor(use, typeOf(column));
}

function databaseOf(column: ColumnMetadata): string {
  return dialectOf(column.entityMetadata.dataSource).indexes.database;
}
