// `data` of a request → an instance of the action's input class with declared fields only, or field errors.

import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { ValidationException } from '../errors/jira.exception.js';
import { fieldErrors } from '../errors/thrown.js';

export interface InputOptions {
  /** Fields that are absent are not missing (PATCH). */
  readonly isPartial?: boolean;
  readonly groups?: readonly string[];
}

/** Throws a ValidationException that names every wrong field, unknown ones included. */
export async function validateInput<T extends object>(
  input: Type<T>,
  data: unknown,
  { isPartial = false, groups = [] }: InputOptions = {},
): Promise<T> {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new ValidationException({ '': ['The data must be an object.'] });
  const instance = plainToInstance(input, data, { groups: [...groups], exposeDefaultValues: !isPartial });
  const errors = await validate(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    skipUndefinedProperties: isPartial,
    groups: [...groups],
  });
  if (errors.length > 0) throw new ValidationException(fieldErrors(errors));
  return instance;
}
