import 'reflect-metadata';
import { Exclude, Expose, Transform, Type, instanceToPlain, plainToInstance } from 'class-transformer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from './compiled-view.js';
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
      fc.constantFrom(null, undefined, new Date(5), { a: 1 }, [1, { b: 2 }]),
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
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
    const views = [Named, Typed, Transformed, Computed, Initial, Excluding, Grouped, Empty];
    expect(views.filter((view) => planOf(view, []).isWhole)).toEqual([Named, Typed, Excluding]);
    expect(planOf(Grouped, ['admin'])).toEqual({ fields: [{ source: 'id', name: 'id' }], isWhole: true });
    expect(planOf(Named, [])).toEqual({ fields: [{ source: 'id', name: 'other' }], isWhole: true });
  });

  it('is the same with class-transformer for the rest as without', () => {
    class Line extends Base {
      @Expose() price: Money;
    }
    class Order {
      @Expose() id: number;
      @Expose() price: Money;
      @Expose() site: URL;
      @Expose({ name: 'lines' }) @Type(() => Line) items: Line[];
      @Expose({ groups: ['admin'] }) secret: string;
    }
    class Computing extends Order {
      @Expose() @Transform(({ obj }: { obj: Order }) => obj.price.text) shown: string;
      @Expose() get twice(): number {
        return this.id * 2;
      }
    }
    const price = new Money(5);
    const row = { id: 1, price, site: new URL('http://a.b/'), items: [{ id: 2, price, secret: 's' }], secret: 's' };
    const shown = { id: 1, price: { cents: 5 }, site: 'http://a.b/', lines: [{ id: 2, price: { cents: 5 } }] };
    const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    expect(wire(outputViewOf(Order).serialize(row))).toEqual(shown);
    expect(wire(outputViewOf(Order, { isCopied: false }).serialize(row))).toEqual(shown);
    expect(wire(outputViewOf(Order, { groups: ['admin'] }).serialize(row))).toEqual({ ...shown, secret: 's' });
    expect(wire(outputViewOf(Computing).serialize(row))).toEqual({ ...shown, shown: '5 cents', twice: 2 });
  });

  it('refuses to guess what of a related row is shown', () => {
    const view = outputViewOf(View, { isRow: (value) => value instanceof Row });
    const related = Object.assign(new Row(), { password: 's' });
    expect(() => view.serialize({ id: 1, title: related })).toThrow('View exposes a row of Row');
  });
});

class Row {
  id: number;
}
class Money {
  constructor(readonly cents: number) {}
  get text(): string {
    return `${this.cents} cents`;
  }
}
