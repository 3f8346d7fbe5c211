// The rows of a bulk request, locked before the first is written. They are locked in the order of their keys, so that two
// requests wait for each other instead of ending in a deadlock.

import { ValidationException } from '../core/errors/jira.exception.js';
import type { HookScope } from '../core/scope/scope.js';
import { GenericHook, type RowLookup } from './generic-hook.js';
import type { RowUse } from './store.js';

export class RowsAhead {
  private readonly rows = new Map<unknown, object>();

  constructor(
    private readonly hook: GenericHook<object>,
    private readonly scope: HookScope,
    private readonly use: RowUse,
  ) {}

  async lock(keys: readonly unknown[]): Promise<void> {
    const { hook, scope } = this;
    const store = await hook.getStore(scope);
    if (!store.findEach || keys.length < 2 || hook.getObject !== GenericHook.prototype.getObject) return;
    const named = [...new Set(keys)];
    try {
      const filters = named.map((key) => hook.lookupFilter(scope, lookup(key)));
      const narrowing = await hook.filterQuery(scope, hook.parseFilter(scope));
      const found = await store.findEach(filters, narrowing, this.use);
      for (const [i, row] of found.entries()) if (row) this.rows.set(named[i], row);
    } catch (error) {
      // An invalid key is reported later, with its item.
      if (!(error instanceof ValidationException)) throw error;
    }
  }

  /** Returns each locked row once: after that, the request may have written it, so it is read again. */
  async take(key: unknown): Promise<object> {
    const { hook, scope } = this;
    const row = this.rows.get(key);
    this.rows.delete(key);
    if (!row) return hook.getObject(scope, lookup(key), this.use);
    await hook.checkObjectPermissions(scope, row);
    return row;
  }
}

function lookup(value: unknown): RowLookup {
  if (value === undefined || value === null) throw new ValidationException({ pk: ['Must name the row.'] });
  return { field: 'pk', key: 'pk', value };
}
