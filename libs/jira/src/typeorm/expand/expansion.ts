// Adds related rows to answers (`expand=author,comments.author`). The hook of each related entity decides which rows
// the caller sees, and in which form.

import type { EntityMetadata, RelationMetadata } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { ValidationException } from '../../core/errors/jira.exception.js';
import type { HookScope } from '../../core/scope/scope.js';
import type { Condition } from '../query/condition.js';
import { RowPredicate } from '../query/row-predicate.js';
import { readPairs, rowKey } from './related-keys.js';
import { namesIn, treeOf, type NameTree } from './name-tree.js';

/** What an expansion needs of the hook of a related entity. */
export interface RelatedHook {
  readonly outputNames: readonly string[];
  /** The rows that this caller may retrieve, as far as the database can tell. */
  sightOf(scope: HookScope): Promise<Condition>;
  /** The rows with these keys that the caller may retrieve, in the hook's order, each with its shown form. */
  retrieveAll(scope: HookScope, ids: readonly object[]): Promise<readonly ShownRow[]>;
}

export interface ShownRow {
  readonly row: object;
  readonly shown: unknown;
}

interface Step {
  readonly name: string;
  readonly relation: RelationMetadata;
  readonly hook: RelatedHook;
  readonly steps: readonly Step[];
}

/** Paths of relations. To choose among several hooks of an entity: an object of paths, each with a hook's namespace. */
export type ExpandFields = readonly string[] | Readonly<Record<string, string>>;

export interface ExpansionLimits {
  readonly relationDepth: number;
  readonly expandedRows: number;
}

export class Expansion {
  /** The paths that the hook allows. */
  private readonly allowed: NameTree;
  /** The namespace of the hook that shows the rows at a path, if one is named. */
  private readonly named: ReadonlyMap<string, string>;

  /** @throws ConfigurationError for a path that names no relation or is too deep */
  constructor(
    private readonly subject: string,
    private readonly metadata: EntityMetadata,
    private readonly outputNames: readonly string[],
    expandFields: ExpandFields,
    private readonly hooksOf: (related: EntityMetadata) => ReadonlyMap<string, RelatedHook>,
    private readonly limits: ExpansionLimits,
  ) {
    this.named = new Map(Array.isArray(expandFields) ? [] : Object.entries(expandFields as object));
    const paths = Array.isArray(expandFields) ? (expandFields as string[]) : [...this.named.keys()];
    for (const path of paths) this.checkPath(path.split('.'));
    this.allowed = treeOf(paths);
  }

  /** Called when all hooks are known. @throws ConfigurationError if no hook, or more than one, could show a related entity */
  assertComplete(): void {
    this.stepsOf(this.metadata, this.allowed);
  }

  /** Adds the related rows that the query's `expand` names, and removes the fields that its `fields` leaves out. */
  async apply(rows: readonly ShownRow[], scope: HookScope): Promise<unknown[]> {
    const expand = treeOf(namesIn(scope.query['expand'], 'expand'));
    refuseUnknown(expand, this.allowed);
    const steps = this.stepsOf(this.metadata, expand);
    const fields = scope.query['fields'] === undefined ? undefined : treeOf(namesIn(scope.query['fields'], 'fields'));
    if (fields) refuseFields(fields, this.outputNames, steps);
    return this.shape(rows, this.metadata, steps, fields, scope);
  }

  private async shape(
    rows: readonly ShownRow[],
    metadata: EntityMetadata,
    steps: readonly Step[],
    fields: NameTree | undefined,
    scope: HookScope,
  ): Promise<unknown[]> {
    const own = fields && new Set([...fields.keys()].filter((name) => !steps.some((step) => step.name === name)));
    const shaped = rows.map(({ shown }) => narrow(shown, own));
    if (rows.length === 0) return shaped;
    for (const step of steps) {
      const related = await this.related(rows, metadata, step, fields?.get(step.name), scope);
      for (const [i, { row }] of rows.entries()) {
        const found = related.get(rowKey(metadata, row)) ?? [];
        shaped[i] = { ...(shaped[i] as object), [step.name]: isToMany(step.relation) ? found : (found[0] ?? null) };
      }
    }
    return shaped;
  }

  /** The shown related rows by the parent's key. Takes two queries, however many rows there are. */
  private async related(
    parents: readonly ShownRow[],
    metadata: EntityMetadata,
    { name, relation, hook, steps }: Step,
    fields: NameTree | undefined,
    scope: HookScope,
  ): Promise<Map<string, unknown[]>> {
    const { expandedRows } = this.limits;
    const sight = new RowPredicate(relation.inverseEntityMetadata, await hook.sightOf(scope));
    if (sight.constant === false) return new Map();
    const keys = parents.map(({ row }) => row);
    const pairs = await readPairs(scope.manager, metadata, relation, keys, {
      limit: expandedRows + 1,
      narrow: (query, alias) => sight.apply(query, alias),
    });
    if (pairs.length > expandedRows)
      throw new ValidationException({
        expand: [`"${name}" has more than ${expandedRows} rows. Request fewer rows, or list them with their own hook.`],
      });
    const target = relation.inverseEntityMetadata;
    const ids = new Map(pairs.map(({ related }) => [rowKey(target, related), related]));
    const rows = ids.size === 0 ? [] : await hook.retrieveAll(scope, [...ids.values()]);
    const shaped = await this.shape(rows, target, steps, fields, scope);
    const parentsOf = new Map<string, string[]>();
    for (const { parent, related } of pairs) {
      const id = rowKey(target, related);
      const those = parentsOf.get(id);
      if (those) those.push(rowKey(metadata, parent));
      else parentsOf.set(id, [rowKey(metadata, parent)]);
    }
    const found = new Map<string, unknown[]>();
    for (const [i, { row }] of rows.entries())
      for (const parent of parentsOf.get(rowKey(target, row)) ?? []) {
        const those = found.get(parent);
        if (those) those.push(shaped[i]);
        else found.set(parent, [shaped[i]]);
      }
    return found;
  }

  private stepsOf(metadata: EntityMetadata, tree: NameTree, prefix = ''): Step[] {
    return [...tree].map(([name, below]) => {
      const relation = metadata.findRelationWithPropertyPath(name) as RelationMetadata; // the allow-list was checked
      const target = relation.inverseEntityMetadata;
      const path = prefix + name;
      return { name, relation, hook: this.hookAt(path, target), steps: this.stepsOf(target, below, `${path}.`) };
    });
  }

  /** The hook that shows the rows at a path: the named one, else the only one. */
  private hookAt(path: string, target: EntityMetadata): RelatedHook {
    const hooks = this.hooksOf(target);
    const namespaces = [...hooks.keys()];
    const wanted = this.named.get(path) ?? (namespaces.length === 1 ? namespaces[0] : undefined);
    const hook = wanted === undefined ? undefined : hooks.get(wanted);
    if (hook) return hook;
    const [fault, cure]: readonly [string, string] =
      namespaces.length === 0
        ? ['no hook serves', `Add a hook for it, or leave "${path}" out of "expandFields".`]
        : wanted === undefined
          ? [
              `several hooks serve`,
              `Name one of ${namespaces.join(', ')}: expandFields = { '${path}': '${namespaces[0]}' }.`,
            ]
          : [`no hook "${wanted}" serves`, `Name one of ${namespaces.join(', ')}.`];
    throw new ConfigurationError(this.subject, `expands "${path}", but ${fault} ${target.name}.`, cure);
  }

  private checkPath(path: readonly string[]): void {
    let { metadata } = this;
    for (const name of path) {
      const relation = metadata.findRelationWithPropertyPath(name);
      if (!relation)
        throw new ConfigurationError(
          this.subject,
          `expands "${path.join('.')}", but ${metadata.name} has no relation "${name}".`,
          'Name relations in "expandFields".',
        );
      metadata = relation.inverseEntityMetadata;
    }
    if (path.length > this.limits.relationDepth)
      throw new ConfigurationError(
        this.subject,
        `expands "${path.join('.')}", which is deeper than ${this.limits.relationDepth} relations.`,
        'Shorten it, or raise the limit "relationDepth".',
      );
  }
}

function isToMany({ isOneToMany, isManyToMany }: RelationMetadata): boolean {
  return isOneToMany || isManyToMany;
}

function refuseUnknown(asked: NameTree, allowed: NameTree, prefix = ''): void {
  for (const [name, below] of asked) {
    const allowedBelow = allowed.get(name);
    if (!allowedBelow) throw new ValidationException({ expand: [`"${prefix}${name}" cannot be expanded.`] });
    refuseUnknown(below, allowedBelow, `${prefix}${name}.`);
  }
}

function refuseFields(fields: NameTree, outputNames: readonly string[], steps: readonly Step[], prefix = ''): void {
  for (const [name, below] of fields) {
    const step = steps.find((one) => one.name === name);
    if (step) refuseFields(below, step.hook.outputNames, step.steps, `${prefix}${name}.`);
    else if (below.size > 0 || !outputNames.includes(name))
      throw new ValidationException({ fields: [`There is no field "${prefix}${[name, ...below.keys()].join('.')}".`] });
  }
}

/** Keeps the named fields. The row stays whole if there are no names, or only those of expanded rows. */
function narrow(shown: unknown, fields: ReadonlySet<string> | undefined): unknown {
  if (!fields || fields.size === 0 || typeof shown !== 'object' || shown === null) return shown;
  return Object.fromEntries(Object.entries(shown).filter(([name]) => fields.has(name)));
}
