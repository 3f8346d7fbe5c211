import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { MemberMarks } from './member-marks.js';
import { observed } from './observed.js';

class Base {
  first(): void {}
  second(): void {}
}
class Derived extends Base {
  override first(): void {}
}

describe('marks of methods', () => {
  it('hold for an override, whose own mark wins', () => {
    const marks = new MemberMarks<string>('An action');
    marks.add(Base.prototype, 'first', 'base');
    marks.add(Base.prototype, 'second', 'base');
    expect([...marks.of(new Derived())]).toEqual([['first', 'base'], ['second', 'base']]); // prettier-ignore
    marks.add(Derived.prototype, 'first', 'derived');
    expect(marks.of(new Derived()).get('first')).toBe('derived');
    expect(marks.of(new Base()).get('first')).toBe('base');
  });

  it('need a string name', () => {
    expect(() => new MemberMarks('An action').add(Base.prototype, Symbol('x'), 1)).toThrow('An action needs a method');
  });
});

describe('an observed source', () => {
  it('gives what came before and after it was asked, then ends', async () => {
    const source = new Subject<number>();
    const items = observed(source, 10);
    source.next(1);
    const [first, second] = [items.next(), items.next()];
    expect(await first).toEqual({ done: false, value: 1 });
    source.next(2);
    expect(await second).toEqual({ done: false, value: 2 });
    source.complete();
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it('fails with STREAM_OVERFLOW and unsubscribes when too many items wait', async () => {
    const source = new Subject<number>();
    const items = observed(source, 2);
    for (const n of [1, 2, 3]) source.next(n);
    await expect(items.next()).rejects.toMatchObject({ code: 'STREAM_OVERFLOW' });
    expect(source.observed).toBe(false);
  });

  it('unsubscribes when its consumer leaves', async () => {
    const source = new Subject<number>();
    const items = observed(source, 2);
    await items.return?.();
    expect(source.observed).toBe(false);
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });
});
