// `data` of a request → an instance of the action's input class with declared fields only, or field errors.

import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { ValidationException } from '../../core/errors/jira.exception.js';
import { fieldErrors } from '../../core/errors/thrown.js';

export interface InputOptions {
  /** Fields that are absent are not missing (PATCH). */
  readonly isPartial?: boolean;
  /** Validators of these groups hold, and those of none. @default all validators hold */
  readonly groups?: readonly string[];
}

/** Throws a ValidationException that names every wrong field, unknown ones included. */
export async function validateInput<T extends object>(
  input: Type<T>,
  data: unknown,
  { isPartial = false, groups = [] }: InputOptions = {},
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

/** Without what was never sent: a field of another group is undeclared, and yet there as soon as its class is made. */
function sentOnly(errors: readonly ValidationError[]): ValidationError[] {
  return errors.flatMap((error) => {
    if (error.value === undefined && error.constraints?.['whitelistValidation'] !== undefined) return [];
    const children = sentOnly(error.children ?? []);
    return error.constraints || children.length > 0 ? [Object.assign(error, { children })] : [];
  });
}
