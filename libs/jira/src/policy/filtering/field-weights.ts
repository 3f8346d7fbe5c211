// The weights of conditions on a hook's fields: its own, or the usual ones.

import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { isLookup, type FieldTypes } from './field-type.js';
import { pathOf, type Lookup } from './filter.js';
import { weightOf } from './weight.js';

/**
 * @param fields those that clients may filter or search by
 * @throws ConfigurationError for a weight that is not a whole number, or for a field that clients cannot query
 */
export function fieldWeights(
  subject: string,
  queryWeights: Readonly<Record<string, number>>,
  fields: readonly string[],
  types: FieldTypes,
): (path: readonly string[]) => (lookup: Lookup) => number {
  const queried = new Set(fields.map(wireName));
  const own = new Map(Object.entries(queryWeights).map(([name, weight]) => [wireName(name), weight]));
  for (const [name, weight] of own) {
    if (!Number.isInteger(weight) || weight < 0)
      throw new ConfigurationError(subject, `has the weight ${String(weight)} for "${name}" in queryWeights.`, 'Use a whole number, 0 or more.'); // prettier-ignore
    if (!queried.has(name) && !queried.has(withoutLookup(name)))
      throw new ConfigurationError(subject, `weighs "${name}" in queryWeights, which clients can neither filter nor search by.`, 'Name a field of filterFields or searchFields, or one with its lookup: "title__icontains".'); // prettier-ignore
  }
  return (path) => {
    const name = path.join('__');
    const relations = types.relationDepth(path);
    return (lookup) => own.get(`${name}__${lookup}`) ?? own.get(name) ?? weightOf(lookup, relations);
  };
}

function wireName(name: string): string {
  return pathOf(name).join('__');
}

function withoutLookup(name: string): string {
  const split = name.lastIndexOf('__');
  return isLookup(name.slice(split + 2)) ? name.slice(0, split) : name;
}
