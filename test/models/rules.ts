// Who sees which rows: drawn with the model, written as a visibility for the hook and as a rule for the oracle.

import { In, MoreThan, Not } from 'typeorm';
import type { Model, Role } from './model.js';

export type Rule =
  | { readonly kind: 'all' }
  /** A column of the row itself. */
  | { readonly kind: 'own'; readonly path: string; readonly values: readonly unknown[]; readonly isNot?: true }
  /** A related row for which it holds. */
  | { readonly kind: 'related'; readonly relation: string; readonly rule: Rule }
  | { readonly kind: 'count'; readonly relation: string; readonly moreThan: number }
  | { readonly kind: 'any'; readonly rules: readonly Rule[] };

export const USERS = [1, 2, 3] as const;

const own = (path: string, ...values: unknown[]): Rule => ({ kind: 'own', path, values });
const related = (relation: string, rule: Rule): Rule => ({ kind: 'related', relation, rule });

export function ruleOf({ spec, columns }: Model, role: Role, user: number): Rule {
  if (role !== 'item') {
    if (spec.relatedRule === 'all' || role === 'member' || role === 'link') return { kind: 'all' };
    return own({ group: 'owner', note: 'author', tag: 'label', detail: 'owner' }[role], 0, user);
  }
  const tenants = columns['tenant']?.values ?? [];
  const mine = own('tenant', tenants[user - 1]);
  const asMember = related('group', related('members', own('userId', user)));
  switch (spec.rule) {
    case 'all':
      return { kind: 'all' };
    case 'tenant':
      return mine;
    case 'tenants':
      return own('tenant', tenants[user - 1], tenants[3]);
    case 'other':
      return { kind: 'own', path: 'tenant', values: [tenants[user % 3]], isNot: true };
    case 'either':
      return { kind: 'any', rules: [mine, own('text', ...(columns['text']?.values ?? []).slice(user, user + 2))] };
    case 'group':
      return related('group', own('open', true));
    case 'members':
      return asMember;
    case 'ownOrMember':
      return { kind: 'any', rules: [mine, asMember] };
    case 'tags':
      return related('tags', own('label', user));
    case 'notes':
      return related('notes', own('author', user));
    case 'detail':
      return related('detail', own('owner', user));
    case 'parent':
      return { kind: 'any', rules: [mine, related('parent', mine)] };
    case 'embedded':
      return own('place.zip', user);
    case 'hasGroup':
      return related('group', { kind: 'all' });
    case 'noteCount':
      return { kind: 'any', rules: [mine, { kind: 'count', relation: 'notes', moreThan: user - 1 }] };
  }
}

/** As `visibility` returns it. */
export function whereOf(rule: Rule): unknown {
  switch (rule.kind) {
    case 'all':
      return true;
    case 'own':
      return nested(rule.path, rule.isNot ? Not(In([...rule.values])) : rule.values.length === 1 ? rule.values[0] : In([...rule.values])); // prettier-ignore
    case 'related':
      return { [rule.relation]: whereOf(rule.rule) };
    case 'count':
      return { [rule.relation]: MoreThan(rule.moreThan) };
    case 'any':
      return rule.rules.map(whereOf);
  }
}

/** The conditions on a row's own columns in it, with the role of the row. */
export function ownConditions(role: Role, rule: Rule): { role: Role; rule: Rule & { kind: 'own' } }[] {
  switch (rule.kind) {
    case 'own':
      return [{ role, rule }];
    case 'related':
      return ownConditions(targetOf(role, rule.relation), rule.rule);
    case 'any':
      return rule.rules.flatMap((one) => ownConditions(role, one));
    default:
      return [];
  }
}

/** Where the relation of a role leads. */
export function targetOf(role: Role, relation: string): Role {
  if (relation === 'parent' || relation === 'children') return 'item';
  return { group: 'group', members: 'member', notes: 'note', tags: 'tag', detail: 'detail', item: 'item', items: 'item', links: 'link' }[relation] as Role; // prettier-ignore
}

export function relationsOf(rule: Rule): string[] {
  if (rule.kind === 'related') return [rule.relation, ...relationsOf(rule.rule)];
  if (rule.kind === 'count') return [rule.relation];
  return rule.kind === 'any' ? rule.rules.flatMap(relationsOf) : [];
}

function nested(path: string, value: unknown): object {
  return path
    .split('.')
    .toReversed()
    .reduce<unknown>((inner, name) => ({ [name]: inner }), value) as object;
}
