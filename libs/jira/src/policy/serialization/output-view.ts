// A row → what a client sees of it: the properties its output class exposes, and no others.

import { instanceToPlain, plainToInstance } from 'class-transformer';
import type { Type } from '@nestjs/common';
import { copierOf } from './compiled-view.js';

export interface OutputView {
  /** Plain JSON-ready object of one row. */
  serialize(row: object): Record<string, unknown>;
}

export interface ViewOptions {
  readonly groups?: readonly string[];
  /** Whether plain fields may be copied without class-transformer. @default true */
  readonly isCopied?: boolean;
}

const STRICT = { excludeExtraneousValues: true, exposeUnsetFields: true } as const;

/** A class-transformer view: `@Expose()` names what goes out, `@Type()` and `@Transform()` how. */
export function outputViewOf(output: Type<object>, { groups = [], isCopied = true }: ViewOptions = {}): OutputView {
  const options = { ...STRICT, groups: [...groups] };
  const transform = (row: object): Record<string, unknown> =>
    instanceToPlain(plainToInstance(output, row, options), { groups: options.groups }) as Record<string, unknown>;
  const copy = isCopied ? copierOf(output) : undefined;
  return { serialize: copy ? (row) => copy(row) ?? transform(row) : transform };
}
