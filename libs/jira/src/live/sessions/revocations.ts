// Revocations: ends of rights that one process gives and all obey. They travel in the change log, so no commit
// overtakes them.

import { randomUUID } from 'node:crypto';
import type { ChangeLog } from '../../core/changes/change-log.js';
import type { Revocation } from '../../core/changes/revocation.js';

export class Revocations {
  private readonly node = randomUUID();
  private readonly recent = new Map<string, { readonly at: number; readonly revocation: Revocation }[]>();
  private readonly stopListening: () => void;

  /**
   * @param keepMs how long a handshake may take: connections that were in one get the revocation afterwards
   * @param obey called for each revocation of another process
   * @param onGap called if revocations of other processes may have been missed
   */
  constructor(
    private readonly log: ChangeLog,
    private readonly keepMs: number,
    obey: (revocation: Revocation) => void,
    onGap: () => void,
  ) {
    this.stopListening = log.listen((entry) => {
      if (entry.kind !== 'revocation' || entry.by === this.node) return;
      this.remember(entry);
      obey(entry);
    }, onGap);
  }

  /** Tells the other processes. The caller applies the revocation in this one. */
  give(given: Omit<Revocation, 'kind' | 'by'>): void {
    const revocation: Revocation = { kind: 'revocation', by: this.node, ...given };
    this.remember(revocation);
    this.log.append(revocation);
  }

  /** Revocations about a user since then, oldest first. */
  since(user: string, date: Date): Revocation[] {
    const known = this.recent.get(user) ?? [];
    return known.filter(({ at }) => at >= date.getTime()).map(({ revocation }) => revocation);
  }

  stop(): void {
    this.stopListening();
  }

  private remember(revocation: Revocation): void {
    if (!('user' in revocation.to)) return;
    const { user } = revocation.to;
    this.recent.set(user, [...(this.recent.get(user) ?? []), { at: Date.now(), revocation }]);
    setTimeout(() => this.forgetOldest(user), this.keepMs).unref();
  }

  private forgetOldest(user: string): void {
    const left = this.recent.get(user)?.slice(1) ?? [];
    if (left.length > 0) this.recent.set(user, left);
    else this.recent.delete(user);
  }
}
