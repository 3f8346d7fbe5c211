// What one process says about a user's rights and all obey. It travels in the change log: no commit overtakes it.

import { randomUUID } from 'node:crypto';
import type { ChangeLog } from '../../core/changes/change-log.js';

/** Who is meant: all connections of a user, by the user's key, or one connection. */
export type Addressee = { readonly user: string } | { readonly connectionId: string };

export interface Order {
  readonly type: 'refresh' | 'disconnect';
  readonly to: Addressee;
  /** The user as it is now, as plain data. */
  readonly user?: unknown;
}

/** No data source and no entity of an application has such names. */
const SOURCE = '$jira';
const ENTITY = '$authorization';

export class Orders {
  private readonly node = randomUUID();
  private readonly recent = new Map<string, { readonly at: number; readonly order: Order }[]>();
  private readonly stopListening: () => void;

  /**
   * @param keepMs how long a handshake may take: who is in one while an order is given has to be told of it afterwards
   * @param obey called for each order of another process
   * @param onGap called when orders of others may have been missed
   */
  constructor(
    private readonly log: ChangeLog,
    private readonly keepMs: number,
    obey: (order: Order) => void,
    onGap: () => void,
  ) {
    this.stopListening = log.listen(({ changes: [change] }) => {
      if (change?.entity !== ENTITY || change.source !== SOURCE || change.id === this.node) return;
      const order = change.after as unknown as Order;
      this.remember(order);
      obey(order);
    }, onGap);
  }

  /** Tells the other processes. This one obeys by itself, at once. */
  give(order: Order): void {
    this.remember(order);
    const after = { ...order };
    this.log.append({ changes: [{ source: SOURCE, entity: ENTITY, id: this.node, type: 'modified', after }] });
  }

  /** Orders about a user since then, oldest first. */
  since(user: string, date: Date): Order[] {
    const known = this.recent.get(user) ?? [];
    return known.filter(({ at }) => at >= date.getTime()).map(({ order }) => order);
  }

  stop(): void {
    this.stopListening();
  }

  private remember(order: Order): void {
    if (!('user' in order.to)) return;
    const { user } = order.to;
    this.recent.set(user, [...(this.recent.get(user) ?? []), { at: Date.now(), order }]);
    setTimeout(() => this.forgetOldest(user), this.keepMs).unref();
  }

  private forgetOldest(user: string): void {
    const left = this.recent.get(user)?.slice(1) ?? [];
    if (left.length > 0) this.recent.set(user, left);
    else this.recent.delete(user);
  }
}
