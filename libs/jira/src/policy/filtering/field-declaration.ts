// The fields a hook lets clients filter, order and search by, checked once at boot.

import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { fieldWeights } from './field-weights.js';
import { isLookup, lookupsOf, type FieldType, type FieldTypes } from './field-type.js';
import type { QueryLimits } from '../../core/limits/limits.js';
import { pathOf, type Lookup } from './filter.js';

/** A hook's declaration. Names may cross relations: `project__name` or `project.name`. */
export interface FieldDeclaration {
  readonly filterFields: Readonly<Record<string, readonly string[]>>;
  readonly orderingFields: readonly string[];
  readonly searchFields: readonly string[];
  /** Order of a list if the client names none. */
  readonly ordering?: readonly string[];
  /** Fields across relations that read related rows even if their own hook hides them. @default none */
  readonly unrestrictedFields?: readonly string[];
  /** Weights of conditions, by field or by field and lookup. @default what `weightOf` returns */
  readonly queryWeights?: Readonly<Record<string, number>>;
}

export interface DeclaredField {
  readonly path: readonly string[];
  /** Whether it reads related rows that the caller may not retrieve. */
  readonly unrestricted?: boolean;
}

export interface WeighedField extends DeclaredField {
  /** The weight of a condition with this lookup. */
  readonly weigh: (lookup: Lookup) => number;
}

export interface AllowedField extends WeighedField {
  readonly type: FieldType;
  readonly lookups: ReadonlySet<Lookup>;
}

/** The declaration, checked; fields by their name on the wire, `project__name`. */
export interface CheckedFields {
  readonly filter: ReadonlyMap<string, AllowedField>;
  readonly ordering: ReadonlyMap<string, DeclaredField>;
  readonly search: readonly WeighedField[];
}

/**
 * Checks a hook's declaration against what its rows hold.
 *
 * @param subject the hook's class, for errors
 * @throws ConfigurationError for an unknown field, an unknown lookup, or a lookup the field's type does not support
 */
export function checkFields(
  subject: string,
  declared: FieldDeclaration,
  types: FieldTypes,
  limits: QueryLimits,
): CheckedFields {
  const unrestricted = checkUnrestricted(subject, declared, types);
  const weights = fieldWeights(subject, declared.queryWeights ?? {}, [...Object.keys(declared.filterFields), ...declared.searchFields], types); // prettier-ignore
  const resolve = (option: string, name: string): DeclaredField & { type: FieldType } => {
    const path = pathOf(name);
    const type = types.typeOf(path);
    if (!type)
      throw new ConfigurationError(subject, `lists "${name}" in ${option}, but has no such column.`, 'Correct the name; write a field of a related row as "project__name", and the key of one of several as "members__id".'); // prettier-ignore
    if (types.relationDepth(path) > limits.relationDepth)
      throw new ConfigurationError(subject, `lists "${name}" in ${option}, across more than ${limits.relationDepth} relations.`, 'Use a nearer field, or raise the limit relationDepth.'); // prettier-ignore
    return { path, type, ...(unrestricted.has(path.join('__')) && { unrestricted: true }) };
  };
  const filter = Object.entries(declared.filterFields).map(([name, lookups]): [string, AllowedField] => {
    const field = resolve('filterFields', name);
    return [
      field.path.join('__'),
      { ...field, weigh: weights(field.path), lookups: checkLookups(subject, name, lookups, field.type) },
    ];
  });
  const orderable = (name: string): DeclaredField => {
    const { type: _, ...field } = resolve('orderingFields', name);
    if (!types.hasMany(field.path)) return field;
    throw new ConfigurationError(subject, `lists "${name}" in orderingFields, which crosses a to-many relation.`, 'Order by a column of the row itself, or of a to-one relation.'); // prettier-ignore
  };
  return {
    filter: new Map(filter),
    ordering: new Map(declared.orderingFields.map((name) => [pathOf(name).join('__'), orderable(name)])),
    search: declared.searchFields.map((name) => {
      const { type, ...field } = resolve('searchFields', name);
      if (type.kind !== 'string')
        throw new ConfigurationError(subject, `lists "${name}" in searchFields, which is not a text column.`, 'List text columns only.'); // prettier-ignore
      return { ...field, weigh: weights(field.path) };
    }),
  };
}

function checkLookups(subject: string, name: string, given: unknown, type: FieldType): ReadonlySet<Lookup> {
  const allowed = lookupsOf(type);
  if (!Array.isArray(given))
    throw new ConfigurationError(subject, `has no array of lookups for "${name}" in filterFields.`, `Set it to an array of lookups: ${allowed.join(', ')}.`); // prettier-ignore
  const lookups = given as readonly string[];
  return new Set(
    lookups.map((lookup) => {
      if (isLookup(lookup) && allowed.includes(lookup)) return lookup;
      if (lookup.endsWith('regex') && isLookup(lookup) && type.kind === 'string')
        throw new ConfigurationError(subject, `lists the lookup "${lookup}" for "${name}", but patterns on this database have no time limit.`, 'Use contains or startswith, or match in an action of your own.'); // prettier-ignore
      const kind = type.kind === 'other' ? 'an array, JSON or binary' : `a ${type.kind}`;
      const fault = isLookup(lookup) ? `${kind} field does not support` : 'does not exist';
      throw new ConfigurationError(subject, `lists the lookup "${lookup}" for "${name}", which ${fault}.`, `Use ${allowed.join(', ')}.`); // prettier-ignore
    }),
  );
}

/** The fields named as unrestricted, by their name on the wire. */
function checkUnrestricted(subject: string, declared: FieldDeclaration, types: FieldTypes): ReadonlySet<string> {
  const { filterFields, orderingFields, searchFields, ordering = [], unrestrictedFields = [] } = declared;
  const fields = [...Object.keys(filterFields), ...orderingFields, ...searchFields, ...ordering.map((name) => name.replace(/^-/, ''))]; // prettier-ignore
  const listed = new Set(fields.map((name) => pathOf(name).join('__')));
  return new Set(
    unrestrictedFields.map((name) => {
      const path = pathOf(name);
      if (!listed.has(path.join('__')))
        throw new ConfigurationError(subject, `lists "${name}" in unrestrictedFields, and nowhere else.`, 'Name a field of filterFields, orderingFields, searchFields or ordering.'); // prettier-ignore
      if (types.relationDepth(path) === 0)
        throw new ConfigurationError(subject, `lists "${name}" in unrestrictedFields, which crosses no relation: nothing restricts it.`, 'Take it out of unrestrictedFields.'); // prettier-ignore
      return path.join('__');
    }),
  );
}
