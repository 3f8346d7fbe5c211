// A second subscription without a filter, which shows why rows entered or left those with one.

import { fieldsOf, keyOf, type ChangeFrame } from './subscription';
import type { Fields, Sight } from './membership';

/** How many commits to remember. Only recent changes need reasons. */
const MAX_COMMITS = 200;

export class Witness {
  private readonly rows = new Map<string, Fields>();
  /** What was received, by position, then by row. */
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

  /** What was received for a row in a commit. Undefined until something of the commit arrives. */
  sightOf(position: string, key: string): Sight | undefined {
    const commit = this.commits.get(position);
    return commit && (commit.get(key) ?? { type: 'unchanged' });
  }
}
