// The classes of parameters such as `@Data() order: PlaceOrder`: validated like an action's own input, without a pipe.

import { ValidationPipe, type Type } from '@nestjs/common';
import { PARAMTYPES_METADATA, ROUTE_ARGS_METADATA } from '../../core/nest-internals.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { ValidationException } from '../../core/errors/jira.exception.js';
import { isChosenInput, type ActionOptions } from '../../hooks/action.decorator.js';
import { dataOf } from '../../hooks/request-decorators.js';
import { checkInput, isValidated } from '../../policy/serialization/check-classes.js';
import { validateInput } from '../../policy/serialization/input.js';

export interface DataInput {
  readonly index: number;
  /** The property of the data that it reads; `undefined` for the data as a whole. */
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

/** Parameters whose class has validators and that have no pipe or schema of their own. */
export function dataInputsOf(hook: object, member: string): DataInput[] {
  const params = Reflect.getMetadata(ROUTE_ARGS_METADATA, hook.constructor, member) as object | undefined;
  const types = (typesOf(hook, member) ?? []) as (Type<object> | undefined)[];
  return (Object.values(params ?? {}) as ParamMetadata[]).flatMap(({ index, factory, data, pipes, schema }) => {
    const type = types[index];
    const isPiped = (pipes?.length ?? 0) > 0 || schema !== undefined;
    return factory === dataOf && !isPiped && type && isValidated(type) ? [{ index, key: data, type }] : [];
  });
}

function typesOf(hook: object, member: string): unknown[] | undefined {
  return Reflect.getMetadata(PARAMTYPES_METADATA, hook, member) as unknown[] | undefined;
}

/** @throws ConfigurationError if the compiler omitted the types of parameters that take data: nothing would be validated */
function checkDataTypes(options: ActionOptions, hook: object, member: string): void {
  if (options.input || typesOf(hook, member)) return;
  const params = Reflect.getMetadata(ROUTE_ARGS_METADATA, hook.constructor, member) as object | undefined;
  const isOpen = (Object.values(params ?? {}) as ParamMetadata[]).some(
    ({ factory, pipes = [], schema }) =>
      factory === dataOf && schema === undefined && (pipes.length === 0 || pipes.some(validatesByType)),
  );
  if (isOpen)
    throw new ConfigurationError(
      `${hook.constructor.name}.${member}()`,
      'has @Data() parameters, but their types are missing at run time, so nothing would be validated.',
      'Compile with "emitDecoratorMetadata" (SWC: jsc.transform.decoratorMetadata; esbuild and tsx: a plugin such as unplugin-swc), or name the class: @Action({ input }).',
    );
}

/** Whether the pipe validates by the parameter's type: a `ValidationPipe` without a type lets everything pass. */
function validatesByType(pipe: unknown): boolean {
  if (pipe instanceof ValidationPipe) return (pipe as unknown as { expectedType?: unknown }).expectedType === undefined;
  return pipe === ValidationPipe || (typeof pipe === 'function' && pipe.prototype instanceof ValidationPipe);
}

/** The action's options. If they have no `input`, it is the class of the `@Data()` parameter. */
export function withDataInput<O extends ActionOptions>(options: O, hook: object, member: string): O {
  checkDataTypes(options, hook, member);
  const { input: own } = options;
  if (own && !isChosenInput(own)) checkInput(own, `${hook.constructor.name}.${member}()`, options.groups);
  const input = dataInputsOf(hook, member).find(({ key }) => key === undefined)?.type;
  return options.input || !input ? options : { ...options, input };
}

/** The argument as an instance of its class. @throws ValidationException whose fields are under the member's name */
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
