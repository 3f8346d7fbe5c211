// The schema of an input class, from what class-validator and class-transformer know about it.

import type { Type } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { isStandardSchema } from '../core/support/standard-schema.js';
import type { InputType } from '../policy/serialization/input.js';
import { exposedBy, isTransformed, typeSaid } from '../policy/serialization/internals.js';
import type { Components } from './components.js';
import { isKnown, named, ofEach, ruleOf } from './constraints.js';
import { standardInput } from './standard-input.js';
import { annotationsOf } from './swagger.js';
import { allOf, anyOf, objectOf, orNull, unknown, type Schema } from './schema.js';

export interface InputUse {
  readonly isPartial: boolean;
  readonly groups: readonly string[];
  readonly isRow?: boolean;
  /** Name for a schema without a title: unlike a class, it has no name of its own. */
  readonly name: string;
}

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** A property's schema, and whether it may be absent. */
interface Field {
  readonly schema: Schema;
  readonly isOptional: boolean;
}

/** A reference to the schema of the input that `validateInput` accepts: for create, for a PATCH, or for other groups. */
export function inputSchema(type: InputType, use: InputUse, components: Components): Schema {
  if (!isStandardSchema(type)) return classSchema(type, use, components);
  return standardInput(type, { isRow: false, ...use }, components);
}

function classSchema(type: Type<object>, use: InputUse, components: Components): Schema {
  const groups = [...use.groups].toSorted((a, b) => (a < b ? -1 : 1));
  const variant = JSON.stringify([use.isPartial, groups]);
  const name = [type.name, ...(use.isPartial ? ['partial'] : []), ...groups].join('.');
  return components.ref(type, `input ${variant}`, name, () => objectSchema(type, use, components));
}

function objectSchema(type: Type<object>, use: InputUse, components: Components): Schema {
  const storage = getMetadataStorage();
  const all = storage.getTargetValidationMetadatas(type, '', true, false, [...use.groups]);
  const names = new Map(exposedBy(type).map(({ propertyName, options }) => [propertyName, options.name]));
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  const defaults = defaultsOf(type);
  for (const [property, metadatas] of Object.entries(storage.groupByPropertyName([...all]))) {
    const { schema, isOptional } = fieldOf(type, property, metadatas, use, components);
    const initial = defaults[property];
    const isPlain = ['string', 'number', 'boolean'].includes(typeof initial);
    const name = names.get(property) ?? property;
    properties[name] = annotationsOf(type, property, { ...schema, ...(isPlain && { default: initial }) });
    if (!isOptional && !use.isPartial && initial === undefined) required.push(name);
    else if (!isOptional && metadatas.some(isDefinedMark) && initial === undefined) required.push(name);
  }
  return { ...annotationsOf(type, undefined, {}), ...objectOf(properties, required) };
}

function fieldOf(
  type: Type<object>,
  property: string,
  metadatas: readonly Metadata[],
  use: InputUse,
  components: Components,
): Field {
  if (isTransformed(type, property))
    return { schema: unknown('converted by @Transform() before it is validated'), isOptional: true };
  const converted = convertedBy(type, property);
  const condition = conditionOf(metadatas);
  if (condition === 'unknown')
    return { schema: unknown('validated under a condition of the application'), isOptional: true };
  if (metadatas.some(({ validateIf }) => validateIf !== undefined))
    return { schema: unknown('validated under conditions of the application'), isOptional: true };
  const checks = metadatas.filter((one) => isOf(one, 'customValidation') || isDefinedMark(one));
  const isOptional = condition !== 'always' || checks.every((one) => letsPass(one, undefined));
  if (converted) return { schema: condition === 'null' ? orNull(converted) : converted, isOptional };
  const nested = metadatas.some((one) => isOf(one, 'nestedValidation'));
  const isList = checks.some(({ name, each }) => !each && (name === 'isArray' || name?.startsWith('array') === true));
  const rules = checks.map((one) => {
    const rule = ruleOf(one.name, one.constraints as readonly unknown[] | undefined);
    return one.each ? ofEach(rule, isList) : rule;
  });
  if (nested) rules.push(nestedSchema(type, property, isList, use, components));
  const schema = allOf(rules);
  return {
    schema: condition === 'null' ? orNull(schema) : schema,
    isOptional,
  };
}

/** Whether the validator accepts a missing value. */
function letsPass(metadata: Metadata, value: unknown): boolean {
  // Validators of the application are not run here. They may accept a missing value, so the field does not count as required.
  if (!isKnown(metadata.name)) return true;
  const [constraint] = getMetadataStorage().getTargetValidatorConstraints(metadata.constraintCls);
  const asked = { constraints: metadata.constraints as unknown[], value, object: {}, property: '', targetName: '' };
  return constraint?.instance.validate(value, asked) === true;
}

/** What `@Type()` converts the value to before validation, if that is not a class of the application. */
function convertedBy(type: Type<object>, property: string): Schema | undefined {
  const said = typeSaid(type, property);
  if (!said) return undefined;
  if (said.options?.discriminator || (said.typeFunction?.length ?? 0) > 0)
    return unknown('its class depends on the value');
  const target = said.typeFunction?.();
  if (target === Date) return named('isDate', { type: ['string', 'number'], examples: ['2026-01-31T12:00:00Z'] });
  if (target === Number || target === String || target === Boolean || target === BigInt)
    return unknown(`converted by ${(target as { name: string }).name}() before it is validated`);
  return undefined;
}

function nestedSchema(
  type: Type<object>,
  property: string,
  isList: boolean,
  use: InputUse,
  components: Components,
): Schema {
  const target = typeSaid(type, property)?.typeFunction?.() as Type<object> | undefined;
  if (typeof target !== 'function') return unknown('nested, of a class that no @Type() names');
  const one = classSchema(target, use, components);
  const many = nestedList(target, one, components);
  if (isList) return many;
  const declared: unknown = Reflect.getMetadata('design:type', type.prototype as object, property);
  return declared === Array ? anyOf(many, one) : anyOf(one, many);
}

/** class-validator validates lists within lists, at any depth. */
function nestedList(target: Type<object>, one: Schema, components: Components): Schema {
  const list = (): Schema => ({
    type: 'array',
    items: anyOf(one, { ...lists(), 'x-when': 'lists stand within lists' }),
  });
  const lists = (): Schema => components.ref(target, `lists of ${String(one['$ref'])}`, `${target.name}.lists`, list);
  return list();
}

/** When the field is validated: always; unless it is missing (`undefined`); unless it is missing or `null`; or unknown. */
function conditionOf(metadatas: readonly Metadata[]): 'always' | 'undefined' | 'null' | 'unknown' {
  const conditions = metadatas.filter((one) => isOf(one, 'conditionalValidation'));
  if (conditions.length === 0) return 'always';
  const verdicts = conditions.map(({ name, constraints }) =>
    name === 'isOptional' ? 'null' : verdictOf((constraints as Condition[])[0]),
  );
  if (verdicts.includes('unknown')) return 'unknown';
  if (verdicts.includes('null')) return 'null';
  return verdicts.includes('undefined') ? 'undefined' : 'always';
}

const SAMPLES: readonly unknown[] = ['', 'text', 0, 1, -1, true, false, [], {}];

type Condition = (object: object, value: unknown) => unknown;

/** Tries a condition that reads only the value. The result of one that reads other fields is unknown. */
function verdictOf(condition: Condition): ReturnType<typeof conditionOf> {
  let hasLooked = false;
  const look = (): undefined => void (hasLooked = true);
  const object = new Proxy({}, { get: look, has: () => (look(), false), ownKeys: () => (look(), []), getOwnPropertyDescriptor: look }); // prettier-ignore
  try {
    const holds = SAMPLES.every((value) => condition(object, value));
    const [missing, none] = [condition(object, undefined), condition(object, null)];
    if (!holds || hasLooked) return 'unknown';
    if (missing) return none ? 'always' : 'unknown';
    return none ? 'undefined' : 'null';
  } catch {
    return 'unknown';
  }
}

function isOf({ type }: Metadata, kind: string): boolean {
  return type === kind;
}

function isDefinedMark({ type }: Metadata): boolean {
  return type === 'isDefined';
}

/** Initial values of the class's fields: they apply if a request leaves the field out. */
function defaultsOf(type: Type<object>): Readonly<Record<string, unknown>> {
  try {
    return new type() as Record<string, unknown>;
  } catch {
    return {};
  }
}
