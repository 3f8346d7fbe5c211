// A subscription without a filter beside those with one, so that they can tell why a row entered or left.

import { fieldsOf, keyOf, type ChangeFrame } from './subscription';
import type { Fields, Sight } from './membership';

/** Reasons are told of what has just happened. */
const MAX_COMMITS = 200;

export class Witness {
  private readonly rows = new Map<string, Fields>();
  /** By position, then by row. */
  private readonly commits = new Map<string, Map<string, Sight>>();

  constructor(
    readonly requestId: string,
    readonly namespace: string,
    public channel: string,
    rows: readonly unknown[],
  ) {
    for (const row of rows) {
      const fields = fieldsOf(row);
      this.rows.set(keyOf(fields['id'] ?? fields['pk']), fields);
    }
  }

  hear({ type, position, id, data }: ChangeFrame): void {
    if (type === 'list' || type === 'reset') return this.rows.clear();
    const key = keyOf(id);
    const before = this.rows.get(key);
    const after = type === 'removed' ? undefined : fieldsOf(data);
    if (after) this.rows.set(key, after);
    else this.rows.delete(key);
    const commit = this.commits.get(position) ?? new Map<string, Sight>();
    this.commits.set(position, commit.set(key, { type, before, after }));
    const [oldest] = this.commits.keys();
    if (this.commits.size > MAX_COMMITS && oldest !== undefined) this.commits.delete(oldest);
  }

  /** Undefined as long as nothing was heard of the commit. */
  sightOf(position: string, key: string): Sight | undefined {
    const commit = this.commits.get(position);
    return commit && (commit.get(key) ?? { type: 'unchanged' });
  }
}
