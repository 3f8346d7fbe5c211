// From a request's `query` to a filter and an ordering. All errors are reported at once, under the client's own keys.

import { ValidationException } from '../../core/errors/jira.exception.js';
import {
  checkFields,
  type AllowedField,
  type CheckedFields,
  type DeclaredField,
  type FieldDeclaration,
} from './field-declaration.js';
import { isLookup, parseBoolean, parseDay, parseFieldValue, type FieldTypes, type ParsedValue } from './field-type.js';
import { allOf, type Filter, type FilterTerm, type Lookup, type Ordering } from './filter.js';
import { patternFault } from './pattern.js';
import { spendOnce, type BudgetLimits } from '../../core/limits/budget.js';
import { DEFAULT_LIMITS, type QueryLimits } from '../../core/limits/limits.js';
import type { HookScope } from '../../core/scope/scope.js';

const OR = '$or';

/**
 * The queries one hook understands: `field[__relation][__lookup][!]`, `$or` groups, `search`, `ordering`.
 * Created once at boot, where the hook's declaration is checked.
 */
export class QueryLanguage {
  private readonly fields: CheckedFields;

  /**
   * @param subject the hook's class, for errors
   * @throws ConfigurationError if the declaration names an unknown field
   */
  constructor(
    subject: string,
    declared: FieldDeclaration,
    types: FieldTypes,
    private readonly limits: QueryLimits & BudgetLimits = DEFAULT_LIMITS,
  ) {
    this.fields = checkFields(subject, declared, types, limits);
  }

  /** What clients may filter, order and search by. */
  fieldsUsed(): DeclaredField[] {
    const { filter, ordering, search } = this.fields;
    return [...filter.values(), ...ordering.values(), ...search];
  }

  /**
   * The filter of a query, its `search` included.
   *
   * @param reserved keys that are not filters: of the pagination, `expand`, the lookup key
   * @param payer whose budget pays for the query, once per request
   * @throws ValidationException that names every key that is not allowed and every value of the wrong type
   * @throws JiraException `TOO_MANY_REQUESTS` if the budget is used up
   */
  parseFilter(query: Readonly<Record<string, unknown>>, reserved: ReadonlySet<string>, payer?: HookScope): Filter {
    const reader = new FilterReader(this.fields, this.limits);
    const filter = reader.read(query, reserved);
    if (payer && reader.weight > 0) spendOnce(payer, reader.weight, this.limits);
    return filter;
  }

  /**
   * The ordering of a query, such as `-createdAt,title`; `undefined` if it has none.
   *
   * @throws ValidationException if a field is not allowed
   */
  parseOrdering(query: Readonly<Record<string, unknown>>): readonly Ordering[] | undefined {
    const raw = query['ordering'];
    if (raw === undefined || raw === null || raw === '') return undefined;
    const names: unknown[] = Array.isArray(raw) ? raw : typeof raw === 'string' ? raw.split(',') : [raw];
    if (names.length > this.limits.orderingFields)
      throw orderingFault(`Must name at most ${this.limits.orderingFields} fields.`);
    return names.map((name) => this.orderingOf(name));
  }

  private orderingOf(name: unknown): Ordering {
    if (typeof name !== 'string') throw orderingFault('Must be field names such as "-createdAt,title".');
    const trimmed = name.trim();
    const isDescending = trimmed.startsWith('-');
    const field = isDescending ? trimmed.slice(1) : trimmed;
    const found = this.fields.ordering.get(field.replaceAll('.', '__'));
    if (!found) throw orderingFault(`"${clip(field)}" is not a field you can order by.`);
    return { ...found, direction: isDescending ? 'desc' : 'asc' };
  }
}

function orderingFault(message: string): ValidationException {
  return new ValidationException({ ordering: [message] });
}

/** Reads one query and collects its errors. */
class FilterReader {
  // A Map, because a client may send a key named `constructor`.
  private readonly errors = new Map<string, string[]>();
  private termCount = 0;
  weight = 0;

  constructor(
    private readonly fields: CheckedFields,
    private readonly limits: QueryLimits,
  ) {}

  read(query: Readonly<Record<string, unknown>>, reserved: ReadonlySet<string>): Filter {
    const parts = Object.entries(query).map(([key, value]) => {
      // A field with a reserved name needs its lookup: `page__exact`.
      if (key === 'search') return this.search(value);
      return reserved.has(key) ? undefined : this.entry(key, value, '', 1);
    });
    if (this.termCount > this.limits.terms) this.fault('', `The query has more than ${this.limits.terms} conditions.`);
    const { queryWeight } = this.limits;
    if (this.weight > queryWeight)
      this.fault('', `The query weighs ${this.weight}; the limit is ${queryWeight}. Use fewer conditions on texts and related rows.`); // prettier-ignore
    if (this.errors.size > 0) throw new ValidationException(Object.fromEntries(this.errors));
    return allOf(...parts);
  }

  private entry(key: string, value: unknown, prefix: string, depth: number): Filter | undefined {
    return key === OR ? this.group(value, `${prefix}${OR}`, depth) : this.term(key, value, prefix + key);
  }

  private group(value: unknown, name: string, depth: number): Filter | undefined {
    if (depth > this.limits.orDepth)
      return this.fault(name, `${OR} may be nested at most ${this.limits.orDepth} levels deep.`);
    if (!Array.isArray(value) || value.length === 0) return this.fault(name, 'Must be an array of filter objects.'); // prettier-ignore
    // Checked before it is read, so that a list that is too long costs nothing.
    if (value.length > this.limits.terms)
      return this.fault(name, `Must have at most ${this.limits.terms} alternatives.`);
    const filters = value.map((alternative: unknown, index) => {
      const label = `${name}.${index}`;
      if (
        typeof alternative !== 'object' ||
        alternative === null ||
        Array.isArray(alternative) ||
        Object.keys(alternative).length === 0
      )
        // prettier-ignore
        return this.fault(label, 'Must be an object of filters.');
      return allOf(...Object.entries(alternative).map(([key, item]) => this.entry(key, item, `${label}.`, depth + 1)));
    });
    return { kind: 'or', filters: filters.filter((filter): filter is Filter => filter !== undefined) };
  }

  private term(key: string, value: unknown, name: string): Filter | undefined {
    const isNegated = key.endsWith('!');
    const found = this.resolve(isNegated ? key.slice(0, -1) : key);
    if (!found) return this.fault(name, 'This field cannot be filtered.');
    const { field, lookup } = found;
    if (!field.lookups.has(lookup))
      return this.fault(name, `The lookup "${lookup}" is not allowed here; allowed: ${[...field.lookups].join(', ')}.`);
    this.termCount += 1;
    this.weight += field.weigh(lookup);
    const parsed = this.value(field, lookup, value);
    if (!parsed.ok) return this.fault(name, parsed.fault);
    const { path, unrestricted } = field;
    const term: FilterTerm = { kind: 'term', path, lookup, value: parsed.value, ...(unrestricted && { unrestricted }) };
    return isNegated ? { kind: 'not', filter: term } : term;
  }

  /** The whole key may be a field; otherwise its last part is a lookup. */
  private resolve(key: string): { field: AllowedField; lookup: Lookup } | undefined {
    const name = key.replaceAll('.', '__');
    const whole = this.fields.filter.get(name);
    if (whole) return { field: whole, lookup: 'exact' };
    const split = name.lastIndexOf('__');
    const lookup = name.slice(split + 2);
    const field = split > 0 && isLookup(lookup) ? this.fields.filter.get(name.slice(0, split)) : undefined;
    return field && isLookup(lookup) ? { field, lookup } : undefined;
  }

  private value(field: AllowedField, lookup: Lookup, raw: unknown): ParsedValue {
    const { stringLength, inValues } = this.limits;
    switch (lookup) {
      case 'isnull':
        return parseBoolean(raw);
      case 'in':
      case 'not_in':
        return this.list(field, raw, 1, inValues, `Must have 1 to ${inValues} values.`);
      case 'range':
        return this.list(field, raw, 2, 2, 'Must have two values: from and to.');
      case 'date':
        return parseDay(raw);
      case 'year':
      case 'month':
      case 'day':
      case 'week_day':
      case 'hour':
      case 'minute':
      case 'second': {
        const [min, max] = PART_BOUNDS[lookup];
        return parseFieldValue({ kind: 'integer', isNullable: false, min, max }, raw, stringLength);
      }
      case 'exact':
      case 'ne':
        if (raw === null) return { ok: true, value: null };
        return parseFieldValue(field.type, raw, stringLength);
      case 'iexact':
      case 'contains':
      case 'icontains':
      case 'startswith':
      case 'istartswith':
      case 'endswith':
      case 'iendswith':
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
        return parseFieldValue(field.type, raw, stringLength);
      case 'regex':
      case 'iregex': {
        const parsed = parseFieldValue(field.type, raw, stringLength);
        const fault = parsed.ok ? patternFault(String(parsed.value), lookup === 'iregex') : undefined;
        return fault === undefined ? parsed : { ok: false, fault };
      }
    }
  }

  private list(field: AllowedField, raw: unknown, min: number, max: number, fault: string): ParsedValue {
    const { stringLength } = this.limits;
    if (typeof raw === 'string' && raw.length > stringLength * max) return { ok: false, fault };
    const items: unknown[] = Array.isArray(raw) ? raw : typeof raw === 'string' ? raw.split(',') : [raw];
    if (items.length < min || items.length > max) return { ok: false, fault };
    const values = items.map((item): ParsedValue => {
      // `in` and `not_in` may also ask for rows without a value; a range needs two ends.
      if (item === null && min === 1) return { ok: true, value: null };
      return parseFieldValue(field.type, item, stringLength);
    });
    const wrong = values.find((value) => !value.ok);
    return wrong ?? { ok: true, value: values.map((value) => (value.ok ? value.value : undefined)) };
  }

  /** Every word must occur in one of the search fields. */
  private search(raw: unknown): Filter | undefined {
    if (raw === undefined || raw === null || raw === '') return undefined;
    if (this.fields.search.length === 0) return this.fault('search', 'This list cannot be searched.');
    const parsed = parseFieldValue({ kind: 'string', isNullable: false }, raw, this.limits.stringLength);
    if (!parsed.ok) return this.fault('search', parsed.fault);
    const words = String(parsed.value).split(/\s+/u).filter((word) => word !== ''); // prettier-ignore
    if (words.length > this.limits.searchWords)
      return this.fault('search', `Must have at most ${this.limits.searchWords} words.`);
    this.termCount += words.length;
    for (const field of this.fields.search) this.weight += words.length * field.weigh('icontains');
    return allOf(...words.map((word): Filter => ({ kind: 'or', filters: this.fields.search.map((field) => containing(field, word)) }))); // prettier-ignore
  }

  private fault(name: string, message: string): undefined {
    const key = clip(name);
    this.errors.set(key, [...(this.errors.get(key) ?? []), message]);
    return undefined;
  }
}

function containing({ path, unrestricted }: DeclaredField, value: string): FilterTerm {
  return { kind: 'term', path, lookup: 'icontains', value, ...(unrestricted && { unrestricted }) };
}

const PART_BOUNDS = {
  year: [1, 9998], month: [1, 12], day: [1, 31], week_day: [1, 7], hour: [0, 23], minute: [0, 59], second: [0, 59],
} as const; // prettier-ignore

/** Shortens long names, which no honest client sends. */
function clip(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}
