import { describe, expect, it } from 'vitest';
import { RequestHandle } from '../core/connections/request-handle.js';
import { JiraException, ValidationException } from '../core/errors/jira.exception.js';
import { HookScope, type ScopeState } from '../core/scope/scope.js';
import { runBulk } from './bulk.js';

/** A list of done work that transactions undo. */
class Table {
  rows: unknown[] = [];
  /** Rows as they were at the beginning of each transaction that was rolled back. */
  rollbacks = 0;

  readonly manager = undefined;

  async run<T>(work: () => Promise<T>): Promise<T> {
    const before = [...this.rows];
    try {
      return await work();
    } catch (error) {
      this.rows = before;
      this.rollbacks++;
      throw error;
    }
  }
}

function scopeOf(data: unknown, table: Table): HookScope {
  const state: Partial<ScopeState> = { handle: new RequestHandle(), unitOfWork: table };
  const connection = { params: {} } as never;
  return new HookScope(connection, 'issues', 'bulkCreate', 'POST', 'r', data, {}, {}, state as ScopeState);
}

/** Stores positive numbers. Strings are invalid, and 13 is refused when it is written. */
const workOn = (table: Table) => ({
  check: (item: unknown): Promise<number> =>
    typeof item === 'number'
      ? Promise.resolve(item)
      : Promise.reject(new ValidationException({ value: ['Must be a number.'], '': ['Is wrong.'] })),
  one: (value: number): Promise<unknown> => {
    if (value === 13) return Promise.reject(new JiraException('CONFLICT', 'Is there already.'));
    if (value === 0) return Promise.reject(new TypeError('A fault of the application.'));
    table.rows.push(value);
    return Promise.resolve({ value });
  },
});

const run = (data: unknown, table: Table, more: object = {}, status = 201, maxItems = 3): Promise<unknown> =>
  runBulk(scopeOf(data, table), maxItems, status, { ...workOn(table), ...more });

describe('the input of a bulk request', () => {
  it.each([
    ['nothing', undefined, 'Must be an array.'],
    ['no list', { items: 'abc' }, 'Must be an array.'],
    ['too many items', { items: [1, 2, 3, 4] }, 'Must have at most 3 items.'],
  ])('is refused for %s', async (_, data, message) => {
    await expect(run(data, new Table())).rejects.toMatchObject({ errors: { items: [message] } });
  });

  it('is refused where atomic is no boolean', async () => {
    const errors = { atomic: ['Must be true or false.'] };
    await expect(run({ items: [], atomic: 'no' }, new Table())).rejects.toMatchObject({ errors });
  });
});

describe('an atomic bulk request', () => {
  it('answers the results in the order of the items', async () => {
    await expect(run({ items: [3, 1, 2] }, new Table())).resolves.toEqual({
      status: 201,
      data: [{ value: 3 }, { value: 1 }, { value: 2 }],
      position: undefined,
    });
    await expect(run({ items: [] }, new Table(), {}, 204)).resolves.toMatchObject({ status: 200, data: [] });
  });

  it('checks every item before it does one, and names all that are wrong', async () => {
    const table = new Table();
    await expect(run({ items: ['a', 1, 'b'] }, table)).rejects.toMatchObject({
      errors: {
        'items.0.value': ['Must be a number.'],
        'items.0': ['Is wrong.'],
        'items.2.value': ['Must be a number.'],
        'items.2': ['Is wrong.'],
      },
    });
    expect(table.rows).toEqual([]);
  });

  it('names the item whose write was refused, by the code of the refusal', async () => {
    await expect(run({ items: [1, 13] }, new Table())).rejects.toMatchObject({
      code: 'CONFLICT',
      errors: { 'items.1': ['Is there already.'] },
    });
  });

  it('leaves an error of the application as it is', async () => {
    await expect(run({ items: [1, 0] }, new Table())).rejects.toThrow(TypeError);
  });

  it('does all at once where it can, and finds the item that failed one by one', async () => {
    const table = new Table();
    const done: string[] = [];
    const all = (values: readonly number[]): Promise<unknown[]> => {
      done.push('all');
      table.rows.push(...values);
      return values.includes(13) ? Promise.reject(new Error('one of them')) : Promise.resolve(values.map(String));
    };
    const prepare = (): Promise<void> => Promise.resolve(void done.push('prepare'));
    await expect(run({ items: [1, 2] }, table, { all, prepare })).resolves.toMatchObject({ data: ['1', '2'] });
    expect(done).toEqual(['all']);
    await expect(run({ items: [3, 13] }, table, { all, prepare })).rejects.toMatchObject({
      errors: { 'items.1': ['Is there already.'] },
    });
    // The failed attempt was rolled back before the items were written one by one.
    expect(table).toMatchObject({ rollbacks: 1, rows: [1, 2, 3] });
    expect(done).toEqual(['all', 'all', 'prepare']);
  });
});

describe('a bulk request that is not atomic', () => {
  it('answers each item by itself, and undoes those that failed alone', async () => {
    const table = new Table();
    const answer = await run({ items: [1, 'a', 13], atomic: false }, table);
    expect(answer).toMatchObject({
      status: 207,
      data: [
        { status: 201, data: { value: 1 } },
        { status: 400, data: { errors: { value: ['Must be a number.'] } } },
        { status: 409, data: { code: 'CONFLICT' } },
      ],
    });
    expect(table).toMatchObject({ rollbacks: 2, rows: [1] });
  });

  it('ends with an error of the application', async () => {
    await expect(run({ items: [1, 0], atomic: false }, new Table())).rejects.toThrow(TypeError);
  });
});
