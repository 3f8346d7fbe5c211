// Refuses views and inputs without decorators at boot: rows would be empty, and requests refused.

import type { Type } from '@nestjs/common';
import { getMetadataStorage, ValidationTypes, type MetadataStorage } from 'class-validator';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { isStandardSchema, type StandardSchema } from '../../core/support/standard-schema.js';
import { exposedNames, exposedProperties, typeOf } from './compiled-view.js';
import type { InputType } from './input.js';

/** @throws ConfigurationError if the view, or one nested in it, exposes nothing */
export function checkView(output: Type<object>, subject: string, seen = new Set<Type<object>>()): void {
  if (seen.has(output)) return;
  seen.add(output);
  if (exposedNames(output).length === 0)
    throw new ConfigurationError(
      subject,
      `shows rows through ${output.name}, which exposes nothing.`,
      'Mark its properties with @Expose(). If they are, the application has a second copy of class-transformer, whose decorators this one does not see: "npm ls class-transformer" shows both; keep one.',
    );
  for (const property of exposedProperties(output)) {
    const type = typeOf(output, property);
    if (type) checkView(type, subject, seen);
  }
}

/** @throws ConfigurationError if the input, or one nested in it, declares no field: every request would be refused */
export function checkInput(input: InputType, subject: string, groups: readonly string[] = []): void {
  if (isStandardSchema(input)) checkGroups(input, subject, groups);
  else checkFields(input, subject);
}

function checkFields(input: Type<object>, subject: string, seen = new Set<Type<object>>()): void {
  if (seen.has(input)) return;
  seen.add(input);
  for (const property of nestedIn(input)) {
    const type = typeOf(input, property);
    if (type) checkFields(type, subject, seen);
  }
  if (isValidated(input)) return;
  throw new ConfigurationError(
    subject,
    `takes the input ${input.name}, which declares no field.`,
    'Decorate its properties with validators.',
  );
}

function checkGroups(schema: StandardSchema, subject: string, groups: readonly string[]): void {
  if (groups.length === 0) return;
  throw new ConfigurationError(
    subject,
    `has validation groups for a schema of ${schema['~standard'].vendor}, which knows none.`,
    'Give each action a schema of its own.',
  );
}

/** Whether the class has validators. */
export function isValidated(type: Type<object>): boolean {
  return metadataOf(type).length > 0;
}

/** Names of a property's validators, such as `isUuid`. */
export function validatorsOf(type: Type<object>, property: string): readonly string[] {
  return metadataOf(type).flatMap(({ propertyName, name, type: kind }) =>
    propertyName === property ? [name ?? kind] : [],
  );
}

/** The properties whose values are validated by their own class. */
function nestedIn(type: Type<object>): Set<string> {
  const nested = metadataOf(type).filter((one) => one.type === ValidationTypes.NESTED_VALIDATION);
  return new Set(nested.map(({ propertyName }) => propertyName));
}

function metadataOf(type: Type<object>): ReturnType<MetadataStorage['getTargetValidationMetadatas']> {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
}
