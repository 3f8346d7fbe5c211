// What a model may vary: one factor each, with the levels that are drawn. The first level is the plainest.

import type { DatabaseType } from '../support/databases.js';

export const FACTORS = {
  // The entity that hooks watch, and how it is mapped.
  itemKey: ['increment', 'uuid', 'natural', 'bigint', 'composite', 'date', 'transformed'],
  itemInheritance: ['none', 'child', 'parent'],
  itemSoftDelete: ['no', 'yes'],
  itemTree: ['none', 'self', 'closure', 'path'],
  naming: ['default', 'names', 'strategy', 'prefix'],
  schema: ['default', 'own'],
  times: ['none', 'version', 'dates'],
  index: ['none', 'unique', 'partial'],
  listeners: ['none', 'entity', 'subscriber'],
  // Its columns.
  tenant: ['int', 'bigint', 'decimal', 'text', 'transformed'],
  text: ['varchar', 'text', 'char', 'enum', 'simpleEnum', 'trimmed'],
  amount: ['int', 'bigint', 'decimal', 'double', 'float', 'boolean', 'rounded'],
  at: ['date', 'datetime', 'precise', 'time'],
  extra: ['none', 'json', 'simpleJson', 'simpleArray', 'array', 'bytes', 'interval', 'point'],
  embedded: ['none', 'embedded', 'unprefixed', 'nested'],
  hidden: ['none', 'unexposed', 'exposed'],
  computed: ['none', 'getter', 'afterLoad', 'virtual', 'generated'],
  // To one: its group.
  groupKey: ['increment', 'uuid', 'natural', 'composite'],
  groupInheritance: ['none', 'child'],
  groupSoftDelete: ['no', 'yes'],
  groupReference: ['key', 'code', 'unconstrained'],
  groupLoading: ['plain', 'eager', 'lazy'],
  groupColumn: ['implicit', 'property'],
  groupDelete: ['noAction', 'cascade', 'setNull'],
  // To many, and to one from the other side.
  notes: ['none', 'nullify', 'delete', 'softDelete', 'disable'],
  noteCascade: ['none', 'insert', 'all'],
  noteSoftDelete: ['no', 'yes'],
  tags: ['none', 'owned', 'inverse', 'entity'],
  tagCascade: ['none', 'insert'],
  detail: ['none', 'owning', 'inverse'],
  // What hooks say.
  rule: ['all', 'tenant', 'tenants', 'other', 'either', 'group', 'members', 'ownOrMember', 'tags', 'notes', 'detail', 'parent', 'embedded', 'hasGroup', 'noteCount'],
  relatedRule: ['all', 'own'],
  dependsOn: ['named', 'none'],
} as const; // prettier-ignore

export type Factor = keyof typeof FACTORS;
export type Level<F extends Factor = Factor> = (typeof FACTORS)[F][number];
export type Spec = { readonly [F in Factor]: Level<F> };
export const FACTOR_NAMES = Object.keys(FACTORS) as Factor[];

/** The plainest model. */
export const PLAIN = Object.fromEntries(FACTOR_NAMES.map((factor) => [factor, FACTORS[factor][0]])) as Spec;

/** What one level asks of the others; where it does not hold, the level gives way to the plainest. */
type Rule = (spec: Spec, database: DatabaseType) => boolean;
const isPostgres: Rule = (_, database) => database === 'postgres';
const NEEDS: Partial<Record<string, Rule>> = {
  // TypeORM's trees have keys of one column, and tables of their own.
  'itemTree=self': ({ itemKey }) => itemKey !== 'composite',
  'itemTree=closure': ({ itemKey, itemInheritance, schema }) => !['composite', 'transformed', 'date'].includes(itemKey) && itemInheritance === 'none' && schema === 'default',
  // TypeORM writes the keys of a path into its SQL as they are: texts of clients must not be keys of such trees.
  'itemTree=path': ({ itemKey, itemInheritance }) => !['composite', 'transformed', 'date', 'natural'].includes(itemKey) && itemInheritance === 'none',
  'schema=own': isPostgres,
  'extra=array': isPostgres,
  'extra=interval': isPostgres,
  'extra=point': isPostgres,
  'index=partial': (_, database) => database !== 'mariadb',
  'groupReference=code': ({ groupKey }) => groupKey !== 'composite',
  'groupColumn=property': ({ groupKey, groupReference }) => groupKey !== 'composite' || groupReference === 'code',
  'notes=softDelete': ({ noteSoftDelete }) => noteSoftDelete === 'yes',
  'noteCascade=insert': ({ notes }) => notes !== 'none',
  'noteCascade=all': ({ notes }) => notes !== 'none',
  'noteSoftDelete=yes': ({ notes }) => notes !== 'none',
  'tagCascade=insert': ({ tags }) => tags === 'owned' || tags === 'inverse',
  'rule=tags': ({ tags }) => tags === 'owned' || tags === 'inverse',
  'rule=notes': ({ notes }) => notes !== 'none',
  'rule=noteCount': ({ notes }) => notes !== 'none',
  'rule=detail': ({ detail }) => detail !== 'none',
  'rule=parent': ({ itemTree }) => itemTree !== 'none',
  'rule=embedded': ({ embedded }) => embedded !== 'none',
  'dependsOn=none': ({ rule }) => !['all', 'tenant', 'tenants', 'other', 'either', 'embedded'].includes(rule),
}; // prettier-ignore

/** The spec without what its other levels, or the database, do not allow. */
export function drawable(spec: Spec, database: DatabaseType): Spec {
  const result: Record<string, string> = { ...spec };
  const isUnmet = (factor: Factor): boolean => NEEDS[`${factor}=${result[factor]}`]?.(result as Spec, database) === false;
  for (let unmet = FACTOR_NAMES.filter(isUnmet); unmet.length > 0; unmet = FACTOR_NAMES.filter(isUnmet))
    for (const factor of unmet) result[factor] = PLAIN[factor];
  return result as Spec;
} // prettier-ignore

/** A spec as its difference from the plainest: what a test by name says. */
export function described(spec: Spec): Partial<Spec> {
  return Object.fromEntries(FACTOR_NAMES.flatMap((factor) => (spec[factor] === PLAIN[factor] ? [] : [[factor, spec[factor]]]))) as Partial<Spec>; // prettier-ignore
}
