// The validators of class-validator as JSON Schema. A validator that is not here is only named, never guessed.

import { allOf, anyOf, type Schema } from './schema.js';

type Rule = (constraints: readonly unknown[]) => Schema;

/** Adds the name of a validator that checks more than the schema says. */
export function named(name: string, schema: Schema = {}): Schema {
  return { ...schema, 'x-validators': [name] };
}

const TEXT_OF = (name: string, more: Schema = {}): Rule => () => named(name, { type: 'string', ...more }); // prettier-ignore

const RULES: Readonly<Record<string, Rule>> = {
  // common
  equals: ([value]) => (isPlain(value) ? { const: value } : named('equals')),
  notEquals: ([value]) => (isPlain(value) ? { not: { const: value } } : named('notEquals')),
  isEmpty: () => ({ enum: ['', null] }),
  isNotEmpty: () => ({ not: { enum: ['', null] } }),
  isDefined: () => ({ not: { type: 'null' } }),
  isIn: ([values]) => enumOf('isIn', values),
  isNotIn: ([values]) => (areListed(values) ? { not: { enum: values } } : named('isNotIn')),
  // types
  isString: () => ({ type: 'string' }),
  isBoolean: () => ({ type: 'boolean' }),
  isInt: () => ({ type: 'integer' }),
  isNumber: ([options]) => isNumber((options ?? {}) as Record<string, unknown>),
  isArray: () => ({ type: 'array' }),
  isObject: () => ({ type: 'object' }),
  isEnum: ([entity]) => enumOf('isEnum', Object.values(entity ?? {})),
  // numbers
  min: ([min]) => (typeof min === 'number' ? { type: 'number', minimum: min } : named('min')),
  max: ([max]) => (typeof max === 'number' ? { type: 'number', maximum: max } : named('max')),
  isPositive: () => ({ type: 'number', exclusiveMinimum: 0 }),
  isNegative: () => ({ type: 'number', exclusiveMaximum: 0 }),
  isDivisibleBy: ([divisor]) =>
    Number.isInteger(divisor) && (divisor as number) > 0
      ? { type: 'number', multipleOf: divisor }
      : named('isDivisibleBy'),
  // texts
  isLength: ([min, max]) => ({
    type: 'string',
    ...(typeof min === 'number' && min > 0 && { minLength: min }),
    ...(typeof max === 'number' && { maxLength: max }),
  }),
  minLength: ([min]) => ({ type: 'string', minLength: min }),
  maxLength: ([max]) => ({ type: 'string', maxLength: max }),
  matches: ([pattern, modifiers]) => matches(pattern, modifiers),
  contains: ([seed]) => ({ type: 'string', pattern: escaped(String(seed)) }),
  isEmail: TEXT_OF('isEmail', { format: 'email' }),
  isUuid: TEXT_OF('isUuid', { format: 'uuid' }),
  isUrl: TEXT_OF('isUrl', { examples: ['https://example.com'] }),
  isDateString: TEXT_OF('isDateString', { examples: ['2026-01-31T12:00:00Z'] }),
  isIso8601: TEXT_OF('isIso8601', { examples: ['2026-01-31T12:00:00Z'] }),
  isRFC3339: TEXT_OF('isRFC3339', { format: 'date-time' }),
  isIp: TEXT_OF('isIp', { examples: ['192.0.2.1'] }),
  isNumberString: TEXT_OF('isNumberString', { examples: ['1'] }),
  isBooleanString: TEXT_OF('isBooleanString', { examples: ['true'] }),
  isHexColor: TEXT_OF('isHexColor', { examples: ['#336699'] }),
  isAlpha: TEXT_OF('isAlpha', { examples: ['abc'] }),
  isAlphanumeric: TEXT_OF('isAlphanumeric', { examples: ['abc1'] }),
  isDate: () => named('isDate', { not: {} }),
  isMilitaryTime: TEXT_OF('isMilitaryTime', { examples: ['13:45'] }),
  isJSON: TEXT_OF('isJSON', { examples: ['{}'] }),
  // lists
  arrayNotEmpty: () => ({ type: 'array', minItems: 1 }),
  arrayMinSize: ([min]) => ({ type: 'array', minItems: min }),
  arrayMaxSize: ([max]) => ({ type: 'array', maxItems: max }),
  arrayUnique: ([identify]) => (identify ? named('arrayUnique', { type: 'array' }) : { type: 'array', ...UNIQUE }),
  arrayContains: ([values]) => containing(values),
};

/** class-validator compares by identity: two equal objects differ. */
const UNIQUE = named('arrayUnique', { uniqueItems: true });

/** Whether the validator of this name has a rule here. Those that do are pure. */
export function isKnown(name: string | undefined): name is string {
  return name !== undefined && Object.hasOwn(RULES, name);
}

/** The rule of a validator. @param name `undefined` for a validator without a name */
export function ruleOf(name: string | undefined, constraints: readonly unknown[] = []): Schema {
  const rule = isKnown(name) ? RULES[name] : undefined;
  return rule ? rule(constraints) : named(name ?? 'validator');
}

function isNumber(options: Readonly<Record<string, unknown>>): Schema {
  const decimals = options['maxDecimalPlaces'];
  if (decimals === 0) return { type: 'integer' };
  return decimals === undefined ? { type: 'number' } : named('isNumber', { type: 'number' });
}

function enumOf(name: string, values: unknown): Schema {
  return areListed(values) ? { enum: [...new Set(values)] } : named(name);
}

function areListed(values: unknown): values is unknown[] {
  return Array.isArray(values) && values.length > 0 && values.every(isPlain);
}

/** Whether JSON Schema compares the value as JavaScript does. */
function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** Patterns of JSON Schema have no flags, so a pattern whose flags matter is given as `x-pattern`. */
function matches(given: unknown, modifiers: unknown): Schema {
  const pattern = given instanceof RegExp ? given : new RegExp(String(given), typeof modifiers === 'string' ? modifiers : ''); // prettier-ignore
  const { source, flags } = pattern;
  if (/^[gu]*$/.test(flags) && isUnicode(source)) return { type: 'string', pattern: source };
  return named('matches', { type: 'string', 'x-pattern': { source, flags } });
}

/** Whether the pattern is valid with the flag `u`: JSON Schema reads patterns in that way, which forbids some escapes. */
function isUnicode(source: string): boolean {
  try {
    return new RegExp(source, 'u').source !== '';
  } catch {
    return false;
  }
}

function containing(values: unknown): Schema {
  if (!areListed(values)) return named('arrayContains', { type: 'array' });
  return { type: 'array', allOf: values.map((value) => ({ contains: { const: value } })) };
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}/]/g, String.raw`\$&`);
}

/** A rule for each item of a list. If the value is not a list, class-validator applies the rule to the value itself. */
export function ofEach(rule: Schema, isList: boolean): Schema {
  const items = { type: 'array', items: rule };
  if (isList) return items;
  // A rule with a type of its own already excludes lists.
  return rule['type'] === undefined ? anyOf(items, allOf([{ not: { type: 'array' } }, rule])) : anyOf(items, rule);
}
