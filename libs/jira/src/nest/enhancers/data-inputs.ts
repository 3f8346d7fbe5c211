// Classes that parameters ask for by `@Data() order: PlaceOrder`: validated as an action's own input is, without any pipe.

import type { Type } from '@nestjs/common';
import { PARAMTYPES_METADATA, ROUTE_ARGS_METADATA } from '../../core/nest-internals.js';
import { getMetadataStorage } from 'class-validator';
import { ValidationException } from '../../core/errors/jira.exception.js';
import type { ActionOptions } from '../../hooks/action.decorator.js';
import { dataOf } from '../../hooks/request-decorators.js';
import { validateInput } from '../../policy/serialization/input.js';

export interface DataInput {
  readonly index: number;
  /** The member of the data it is about; undefined for all of it. */
  readonly key: string | undefined;
  readonly type: Type<object>;
}

interface ParamMetadata {
  readonly index: number;
  readonly factory?: unknown;
  readonly data?: string;
  readonly pipes?: readonly unknown[];
  readonly schema?: unknown;
}

/** Those whose class has validators, and that no pipe or schema of their own answers for. */
export function dataInputsOf(hook: object, member: string): DataInput[] {
  const params = Reflect.getMetadata(ROUTE_ARGS_METADATA, hook.constructor, member) as object | undefined;
  const types = (Reflect.getMetadata(PARAMTYPES_METADATA, hook, member) ?? []) as (Type<object> | undefined)[];
  return (Object.values(params ?? {}) as ParamMetadata[]).flatMap(({ index, factory, data, pipes, schema }) => {
    const type = types[index];
    const isPiped = (pipes?.length ?? 0) > 0 || schema !== undefined;
    return factory === dataOf && !isPiped && type && isValidated(type) ? [{ index, key: data, type }] : [];
  });
}

/** The action's options, its input being the class of `@Data()` where they name none. */
export function withDataInput<O extends ActionOptions>(options: O, hook: object, member: string): O {
  const input = dataInputsOf(hook, member).find(({ key }) => key === undefined)?.type;
  return options.input || !input ? options : { ...options, input };
}

/** The argument as an instance of its class. Throws a ValidationException that names the fields below the member. */
export async function validateMember({ key, type }: DataInput, value: unknown): Promise<unknown> {
  if (value instanceof type) return value;
  try {
    return await validateInput(type, value);
  } catch (error) {
    if (!(error instanceof ValidationException)) throw error;
    const errors = Object.entries(error.errors ?? {}).map(([field, faults]) => [nested(key, field), faults] as const);
    throw new ValidationException(Object.fromEntries(errors));
  }
}

function nested(key = '', field = ''): string {
  return [key, field].filter((part) => part !== '').join('.');
}

function isValidated(type: Type<object>): boolean {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', true, false).length > 0;
}
