// What the library uses of class-transformer beyond its index: each name is there, does what we rely on, and is missed at
// boot.

import { createRequire } from 'node:module';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  assertClassTransformer,
  exposedBy,
  isExcluded,
  isTransformed,
  typeSaid,
} from '../../libs/jira/src/policy/serialization/internals.js';
import { createTestApp } from '../../libs/jira/src/testing/test-app.js';
import { hide, messageOf } from './hide.js';

const { defaultMetadataStorage } = createRequire(import.meta.url)('class-transformer/cjs/storage.js') as {
  defaultMetadataStorage: object;
};

class View {
  @Expose({ name: 'name' }) title: string;
  @Expose() @Type(() => Date) date: Date;
  @Expose() @Transform(({ value }) => String(value)) text: string;
}

class Rest {
  @Exclude() secret: string;
}

describe('Without a name that the library uses of class-transformer', () => {
  it.each(['getExposedMetadatas', 'getExcludedMetadatas', 'findTypeMetadata', 'findTransformMetadatas'])(
    'MetadataStorage.%s, the boot says so in one sentence',
    (name) => {
      const restore = hide(defaultMetadataStorage, name);
      const message = messageOf(() => assertClassTransformer());
      restore();
      expect(message).toBe(
        `ConfigurationError: class-transformer 0.5.1 lacks MetadataStorage.${name}, which nestjs-jira needs: ` +
          'install class-transformer ^0.5.1.',
      );
    },
  );

  it('an application does not boot', async () => {
    const restore = hide(defaultMetadataStorage, 'findTypeMetadata');
    const booted = createTestApp({ entities: [], hooks: [] });
    await expect(booted.finally(restore)).rejects.toThrow('class-transformer 0.5.1 lacks MetadataStorage.findTypeMeta');
  });
});

describe('The installed class-transformer', () => {
  it('has every name that the library uses', () => {
    expect(messageOf(() => assertClassTransformer())).toBeUndefined();
  });

  it('keeps what its decorators said', () => {
    expect(exposedBy(View).map(({ propertyName, options }) => options.name ?? propertyName)).toEqual([
      'name',
      'date',
      'text',
    ]);
    expect(['title', 'date', 'text'].map((name) => isTransformed(View, name))).toEqual([false, false, true]);
    expect(['title', 'date'].map((name) => typeSaid(View, name)?.typeFunction?.())).toEqual([undefined, Date]);
    expect([View, Rest].map((view) => isExcluded(view, 'secret'))).toEqual([false, true]);
  });
});
