// What related rows decide, read as seldom as the database allows: where it can tell that nothing was written, not at all.

import type { DataSource } from 'typeorm';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { forEverybody } from '../../core/scope/running-request.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { Lru } from '../../core/support/lru.js';
import type { Condition } from './condition.js';
import { readRelatedState } from './related-state.js';

/** Audiences of one data source whose states are remembered. */
const KEPT = 2_000;
/** States read at one time: each may read whole tables. */
const AT_ONCE = 2;

interface Known {
  readonly mark: string;
  readonly state: string;
}

/** Shared by all who ask about one data source. */
export class RelatedStates {
  private static readonly all = new WeakMap<DataSource, RelatedStates>();
  private readonly known = new Lru<string, Known>(KEPT);
  private readonly reading = new Map<string, Promise<string>>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private marking?: Promise<string | undefined> | undefined;

  private constructor(private readonly dataSource: DataSource) {}

  static of(dataSource: DataSource): RelatedStates {
    const known = this.all.get(dataSource) ?? new RelatedStates(dataSource);
    this.all.set(dataSource, known);
    return known;
  }

  /** The state of a condition. @param key equal for equal conditions */
  async read(key: string, condition: Condition): Promise<string> {
    // Before the state: what is committed between the two is looked at again.
    const mark = await this.mark();
    const known = this.known.get(key);
    if (known && known.mark === mark) return known.state;
    const shared = `${mark ?? ''}\n${key}`;
    const state = await getOrAdd(this.reading, shared, () => this.inTurn(condition).finally(() => this.reading.delete(shared))); // prettier-ignore
    if (mark !== undefined) this.known.set(key, { mark, state });
    return state;
  }

  private async inTurn(condition: Condition): Promise<string> {
    if (this.running >= AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      return await forEverybody(() => readRelatedState(this.dataSource, condition));
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  /** One question for all who ask in the same turn: who asks later must not get an older answer. */
  private mark(): Promise<string | undefined> {
    return (this.marking ??= new Promise((resolve, reject) => {
      queueMicrotask(() => {
        this.marking = undefined;
        forEverybody(() => this.readMark()).then(resolve, reject);
      });
    }));
  }

  private async readMark(): Promise<string | undefined> {
    const sql = dialectOf(this.dataSource).writesMark;
    if (sql === undefined) return undefined;
    // A server that cannot tell is read from as one that never could.
    const [row]: { mark: unknown }[] = await this.dataSource.query<{ mark: unknown }[]>(sql).catch(() => []);
    return row ? String(row.mark) : undefined;
  }
}
