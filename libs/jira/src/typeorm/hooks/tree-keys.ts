// Keys of materialized-path trees. TypeORM writes them into its SQL as they are, so clients must not choose their text.

import type { EntityMetadata } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { isStandardSchema } from '../../core/support/standard-schema.js';
import { validatorsOf } from '../../policy/serialization/check-classes.js';
import type { InputType } from '../../policy/serialization/input.js';
import { declaredNames } from '../../policy/serialization/schema-json.js';
import { isTextual } from '../query/column-value.js';

/** Validators that accept neither quotes nor dots. */
const SAFE = new Set(['isAlphanumeric', 'isUuid', 'isULID', 'isHexadecimal', 'isMongoId', 'isInt']);

export interface Writer {
  getCreateInput(): InputType | undefined;
  getUpdateInput(): InputType | undefined;
}

/** @throws ConfigurationError if an input accepts any text as the key of such a tree */
export function assertTreeKeys(hook: Writer, metadata: EntityMetadata): void {
  if (metadata.treeType !== 'materialized-path') return;
  for (const column of metadata.primaryColumns) {
    const { propertyName } = column;
    if (!isTextual(column)) continue;
    for (const input of [hook.getCreateInput(), hook.getUpdateInput()]) {
      if (!input || isSafe(input, propertyName)) continue;
      throw new ConfigurationError(
        hook.constructor.name,
        `lets clients choose ${metadata.name}.${propertyName}, a text that TypeORM writes unescaped into the SQL that moves a row of a materialized-path tree.`,
        `Remove "${propertyName}" from its inputs and generate the key, restrict it with @IsAlphanumeric() or @IsUUID() of class-validator, or use a closure table.`,
      );
    }
  }
}

/** Whether clients cannot choose the text freely. A schema that declares the field counts as unsafe: its rules are unknown. */
function isSafe(input: InputType, property: string): boolean {
  if (isStandardSchema(input)) return declaredNames(input)?.has(property) === false;
  const validators = validatorsOf(input, property);
  return validators.length === 0 || validators.some((name) => SAFE.has(name));
}
