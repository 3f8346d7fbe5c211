import 'reflect-metadata';
import { Exclude, Expose, Transform, Type, instanceToPlain, plainToInstance } from 'class-transformer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copierOf } from './compiled-view.js';
import { outputViewOf } from './output-view.js';

class Base {
  @Expose() id: number;
}
class View extends Base {
  @Expose() title: string;
  @Expose() at: Date;
}
const stock = (type: new () => object, row: object): unknown =>
  JSON.parse(
    JSON.stringify(
      instanceToPlain(plainToInstance(type, row, { excludeExtraneousValues: true, exposeUnsetFields: true })),
    ),
  );

describe('a compiled view', () => {
  it('shows what class-transformer shows', () => {
    const value = fc.oneof(
      fc.constantFrom(null, undefined, new Date(5), { a: 1 }, [1, { b: 2 }], new Map([['k', 1]])),
      fc.string(),
      fc.double({ noNaN: true }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.record({ id: value, title: value, at: value, secret: value }), (row) => {
        expect(JSON.parse(JSON.stringify(outputViewOf(View).serialize(row)))).toEqual(stock(View, row));
      }),
    );
  });

  it('is used for plain fields alone', () => {
    class Named {
      @Expose({ name: 'other' }) id: number;
    }
    class Typed {
      @Expose() @Type(() => Base) base: Base;
    }
    class Transformed {
      @Expose() @Transform(() => 1) id: number;
    }
    class Computed {
      @Expose() get id(): number {
        return 1;
      }
    }
    class Initial {
      @Expose() id = 5;
    }
    class Excluding extends Base {
      @Exclude() secret: string;
    }
    class Grouped {
      @Expose({ groups: ['admin'] }) id: number;
    }
    class Empty {
      id: number;
    }
    expect(
      [Named, Typed, Transformed, Computed, Initial, Excluding, Grouped, Empty].map((type) => copierOf(type)),
    ).toEqual(Array.from({ length: 8 }, () => undefined));
    expect(copierOf(View)?.({ id: 1, title: 'a', secret: 'b' })).toEqual({ id: 1, title: 'a', at: undefined });
  });
});
