// Keys of materialized-path trees. TypeORM writes them into its SQL as they are, so clients must not choose their text.

import type { Type } from '@nestjs/common';
import type { EntityMetadata } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { validatorsOf } from '../../policy/serialization/check-classes.js';
import { isTextual } from '../query/column-value.js';

/** Validators that let no quote and no dot through. */
const SAFE = new Set(['isAlphanumeric', 'isUuid', 'isULID', 'isHexadecimal', 'isMongoId', 'isInt']);

export interface Writer {
  getCreateInput(): Type<object> | undefined;
  getUpdateInput(): Type<object> | undefined;
}

/** @throws ConfigurationError when an input takes any text as the key of such a tree */
export function assertTreeKeys(hook: Writer, metadata: EntityMetadata): void {
  if (metadata.treeType !== 'materialized-path') return;
  for (const column of metadata.primaryColumns) {
    const { propertyName } = column;
    if (!isTextual(column)) continue;
    for (const input of [hook.getCreateInput(), hook.getUpdateInput()]) {
      const validators = input ? validatorsOf(input, propertyName) : [];
      if (validators.length === 0 || validators.some((name) => SAFE.has(name))) continue;
      throw new ConfigurationError(
        hook.constructor.name,
        `lets clients choose ${metadata.name}.${propertyName}, a text that TypeORM writes unescaped into the SQL that moves a row of a materialized-path tree.`,
        `Remove "${propertyName}" from its inputs and generate the key, restrict it with @IsAlphanumeric() or @IsUUID(), or use a closure table.`,
      );
    }
  }
}
