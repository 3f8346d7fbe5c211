// From a request's `data` to an instance of the action's input class with declared fields only, or field errors.
// With a schema in place of a class: to what the schema returns.

import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { ValidationException } from '../../core/errors/jira.exception.js';
import { fieldErrors } from '../../core/errors/thrown.js';
import { isStandardSchema, type StandardSchema } from '../../core/support/standard-schema.js';
import { validateBySchema } from './schema-input.js';

/** A class of class-validator, or a schema of a library that implements Standard Schema: Zod, Valibot, ArkType. */
export type InputType = Type<object> | StandardSchema;

export interface InputOptions {
  /** Whether fields may be absent, as in a PATCH. */
  readonly isPartial?: boolean;
  /** Applies the validators of these groups and those without a group. Schemas have no groups. @default all validators apply */
  readonly groups?: readonly string[];
  /** Whether it sets the fields of a row: undeclared keys are then refused, even if a schema accepts them. */
  readonly isRow?: boolean;
}

/** @throws ValidationException that names every invalid field, unknown ones included */
export async function validateInput(input: InputType, data: unknown, options: InputOptions = {}): Promise<object> {
  return isStandardSchema(input) ? validateBySchema(input, data, options) : validateByClass(input, data, options);
}

async function validateByClass<T extends object>(
  input: Type<T>,
  data: unknown,
  { isPartial = false, groups = [] }: InputOptions,
): Promise<T> {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new ValidationException({ '': ['Must be an object.'] });
  const instance = plainToInstance(input, data, { groups: [...groups], exposeDefaultValues: !isPartial });
  const errors = await validate(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    skipUndefinedProperties: isPartial,
    groups: [...groups],
    always: true,
  });
  const faults = groups.length > 0 ? sentOnly(errors) : errors;
  if (faults.length > 0) throw new ValidationException(fieldErrors(faults));
  return instance;
}

/** Removes errors of fields that were not sent: an instance has all declared fields, those of other groups included. */
function sentOnly(errors: readonly ValidationError[]): ValidationError[] {
  return errors.flatMap((error) => {
    if (error.value === undefined && error.constraints?.['whitelistValidation'] !== undefined) return [];
    const children = sentOnly(error.children ?? []);
    return error.constraints || children.length > 0 ? [Object.assign(error, { children })] : [];
  });
}
