// The schema of a model hook's queries: filters with their lookups, search, ordering, pages, `expand` and `fields`.

import { CONTEXT } from '../hooks/plumbing.js';
import { isLookup } from '../policy/filtering/field-type.js';
import type { Lookup } from '../policy/filtering/filter.js';
import { pathOf } from '../policy/filtering/filter.js';
import { exposedNames } from '../policy/serialization/compiled-view.js';
import type { GenericModelHook } from '../typeorm/hooks/generic-model-hook.js';
import { areStock, type RowFacts } from '../typeorm/hooks/row-facts.js';
import { idOf, type Components } from './components.js';
import { lookupValue, queriedValue } from './field-schema.js';
import { anyOf, listOf, orNull, unknown, type Schema } from './schema.js';

export interface QueryDescription {
  /** Filters, `search`, `ordering` and pages. */
  readonly list: Schema;
  /** Keys that narrow a subscription. */
  readonly subscribe: Schema;
  /** Keys that name a row, and filters. */
  readonly lookup: Schema;
  /** The keys of `lookup`, with `expand` and `fields`. */
  readonly retrieve: Schema;
}

const INTEGER: Schema = { type: 'integer', minimum: 1 };
const PAGE_KEYS: Readonly<Record<string, Schema>> = {
  page: { ...INTEGER, description: 'Number of the page, from 1.' },
  offset: { type: 'integer', minimum: 0, description: 'Rows to skip.' },
  cursor: { type: ['string', 'null'], description: '"next" or "previous" of a page.' },
};

type Properties = Readonly<Record<string, Schema>>;

export function queriesOf(hook: GenericModelHook<object>, rows: RowFacts, components: Components): QueryDescription {
  const namespace = hook[CONTEXT].namespace;
  const filters = components.ref(hook, 'filters', idOf(`${namespace}.filters`), () => filtersSchema(hook, rows));
  const own = components.resolve(filters)['properties'] as Properties;
  const patterns = components.resolve(filters)['patternProperties'] as Properties | undefined;
  const made = (properties: Properties, required: readonly string[] = []): Schema => ({
    type: 'object',
    properties: { ...own, ...properties },
    ...(required.length > 0 && { required }),
    ...(patterns && { patternProperties: patterns }),
    ...(areStock(hook, 'parseFilter') ? { additionalProperties: false } : unknown('parseFilter() is overridden')),
  });
  const of = (what: string, properties: Properties, required: readonly string[] = []): Schema =>
    components.ref(hook, what, idOf(`${namespace}.${what}`), () => made(properties, required));
  const name = nameProperties(hook, rows);
  const reserved = { ...search(hook), ...ordering(hook), ...backends(hook), ...shape(hook) };
  // Keys that are accepted, but ignored outside of lists.
  const unread = Object.fromEntries([...UNREAD, ...pageKeys(hook)].map((key) => [key, READ_BY_LISTS]));
  const missing = name.required;
  return {
    list: of('list', { ...pages(hook), ...reserved, ...leftAside(hook, name.properties) }),
    subscribe: of('subscribe', { ...unread, ...search(hook), ...backends(hook), ...leftAside(hook, name.properties) }),
    lookup: of('lookup', { ...unread, ...search(hook), ...backends(hook), ...name.properties }, missing),
    retrieve: of(
      'retrieve',
      { ...unread, ...search(hook), ...backends(hook), ...shape(hook), ...name.properties },
      missing,
    ),
  };
}

const UNREAD = ['ordering', 'expand', 'fields'];
const READ_BY_LISTS: Schema = { description: 'Read by lists only.', 'x-ignored': true };

/** Keys that name a row are ignored here, unless they are declared as filters. */
function leftAside(hook: GenericModelHook<object>, names: Properties): Properties {
  const free = Object.keys(names).filter((key) => !Object.hasOwn(hook.filterFields, key));
  return Object.fromEntries(free.map((key) => [key, { description: 'Names one row, and is not read here.', 'x-ignored': true }])); // prettier-ignore
}

function filtersSchema(hook: GenericModelHook<object>, rows: RowFacts): Schema {
  const { limits } = hook[CONTEXT];
  const properties: Record<string, Schema> = {};
  const patterns: Record<string, Schema> = {};
  for (const [declared, lookups] of Object.entries(hook.filterFields)) {
    const path = pathOf(declared);
    const type = rows.types.typeOf(path);
    if (!type) continue;
    const spelled = path.map(escaped).join(String.raw`(__|\.)`);
    for (const lookup of lookups.filter(isLookup)) {
      const value = lookupValue(type, lookup, limits);
      properties[keyOf(path, lookup)] = { ...value, 'x-lookup': lookup };
      const written = lookup === 'exact' ? String.raw`((__|\.)exact)?` : String.raw`(__|\.)${lookup}`;
      // Negated filters, and paths written with dots.
      patterns[`^${spelled}${written}!?$`] = value;
    }
  }
  const alternatives = { $ref: `#/components/schemas/${idOf(`${hook[CONTEXT].namespace}.filters`)}` };
  properties['$or'] = {
    ...listOf({ allOf: [alternatives], type: 'object', minProperties: 1 }),
    minItems: 1,
    maxItems: limits.terms,
    description: `One of these must hold. At most ${limits.orDepth} levels, and ${limits.terms} conditions in all.`,
  };
  return {
    type: 'object',
    properties,
    ...(Object.keys(patterns).length > 0 && { patternProperties: patterns }),
    ...(areStock(hook, 'parseFilter') ? { additionalProperties: false } : unknown('parseFilter() is overridden')),
  };
}

function keyOf(path: readonly string[], lookup: Lookup): string {
  return lookup === 'exact' ? path.join('__') : [...path, lookup].join('__');
}

function search({ searchFields, [CONTEXT]: { limits } }: GenericModelHook<object>): Properties {
  if (searchFields.length === 0) return { search: { enum: ['', null], description: 'This hook has no search.', 'x-ignored': true } }; // prettier-ignore
  const description = `At most ${limits.searchWords} words, each of which must occur in one of ${searchFields.join(', ')}.`; // prettier-ignore
  return { search: { type: ['string', 'number', 'boolean', 'null'], maxLength: limits.stringLength, description } };
}

function ordering(hook: GenericModelHook<object>): Properties {
  if (!areStock(hook, 'parseOrdering')) return { ordering: unknown('parseOrdering() is overridden') };
  const { orderingFields, [CONTEXT]: context } = hook;
  if (orderingFields.length === 0)
    return { ordering: { enum: ['', null], description: 'This hook has one order.', 'x-ignored': true } };
  const max = context.limits.orderingFields;
  const names = orderingFields.map((name) => pathOf(name).join('__'));
  const one = `-?(${orderingFields
    .map((name) =>
      pathOf(name)
        .map(escaped)
        .join(String.raw`(__|\.)`),
    )
    .join('|')})`;
  const text = { type: ['string', 'null'], pattern: `^(\\s*${one}\\s*(,\\s*${one}\\s*){0,${max - 1}})?$` };
  const items = { type: 'string', pattern: `^\\s*${one}\\s*$` };
  const description = `Of ${names.join(', ')}; "-" sorts descending. At most ${max}.`;
  return {
    ordering: {
      ...anyOf(text, { ...listOf(items), maxItems: max }),
      description,
      'x-choices': names.flatMap((name) => [name, `-${name}`]),
      ...(hook.ordering.length > 0 && { 'x-default': hook.ordering.join(',') }),
    },
  };
}

function backends({ [CONTEXT]: { filterBackends } }: GenericModelHook<object>): Properties {
  const keys = filterBackends.flatMap(({ queryKeys }) => queryKeys);
  return Object.fromEntries(keys.map((key) => [key, unknown('read by a filter backend')]));
}

/** `expand` and `fields`, which shape the answer. */
function shape(hook: GenericModelHook<object>): Properties {
  const { expandFields } = hook;
  const paths = Array.isArray(expandFields) ? (expandFields as readonly string[]) : Object.keys(expandFields);
  const output = hook.getOutput();
  const fields = output ? exposedNames(output) : [];
  const names = (choices: readonly string[], description: string): Schema => ({
    ...anyOf({ type: ['string', 'null'] }, listOf({ type: 'string' })),
    description,
    'x-choices': choices,
    'x-validators': ['names'],
  });
  return {
    ...(paths.length > 0
      ? { expand: names(paths, `Related rows to answer beside each row: ${paths.join(', ')}.`) }
      : { expand: { ...unknown('this hook expands nothing'), 'x-ignored': true } }),
    fields: names(fields, 'The only fields to answer.'),
  };
}

function pageKeys(hook: GenericModelHook<object>): readonly string[] {
  return hook[CONTEXT].pagination?.queryKeys ?? [];
}

/** An invalid page key is not an error: it means the default. */
function pages(hook: GenericModelHook<object>): Properties {
  const { limits, pageSize } = hook[CONTEXT];
  const size = Math.min(hook.pageSize ?? pageSize, limits.pageSize);
  const sizes = { ...INTEGER, maximum: limits.pageSize, default: size, description: 'Rows of a page.' };
  return Object.fromEntries(
    pageKeys(hook).map((key) => [
      key,
      { ...(PAGE_KEYS[key] ?? (['page_size', 'limit'].includes(key) ? sizes : unknown('read by the pagination'))), 'x-lenient': true }, // prettier-ignore
    ]),
  );
}

/** The keys that name one row: the lookup key, or `pk`. */
export function nameProperties(
  hook: GenericModelHook<object>,
  rows: RowFacts,
): { readonly properties: Properties; readonly required: readonly string[] } {
  const key = hook.lookupQueryKey ?? hook.lookupField;
  const pk = keySchema(hook, rows);
  if (key === 'pk') return { properties: { pk }, required: ['pk'] };
  const type = hook.lookupField === 'pk' ? undefined : rows.types.typeOf(hook.lookupField.split(/__|\./));
  const named = type ? queriedValue(type, hook[CONTEXT].limits) : pk;
  // One of the two is needed; the client chooses which.
  return { properties: { [key]: named, pk: orNull(pk) }, required: [] };
}

function keySchema(hook: GenericModelHook<object>, { types, keyNames }: RowFacts): Schema {
  const { limits } = hook[CONTEXT];
  const parts = keyNames.map((name): readonly [string, Schema] => {
    const type = types.typeOf(name.split('.'));
    return [name, type ? queriedValue(type, limits) : unknown('a part of the key')];
  });
  const [first] = parts;
  if (parts.length === 1 && first) return { ...first[1], description: 'The primary key.' };
  return { type: 'object', properties: Object.fromEntries(parts), required: keyNames, description: 'The primary key.' };
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}/]/g, String.raw`\$&`);
}
