// Commits whose frames are still to come, by position. Bounded, because most commits have no subscribers and no frames.

const MAX = 1_000;

export class PendingCommits {
  private readonly commits = new Map<string, { readonly at: number; isSent: boolean }>();

  add(position: string): void {
    this.commits.set(position, { at: performance.now(), isSent: false });
    const [oldest] = this.commits.keys();
    if (this.commits.size > MAX && oldest !== undefined) this.commits.delete(oldest);
  }

  /** Seconds since the commit, for its first frame; `undefined` for the others. */
  sent(position: string): number | undefined {
    const commit = this.commits.get(position);
    if (!commit || commit.isSent) return undefined;
    commit.isSent = true;
    return (performance.now() - commit.at) / 1_000;
  }

  /** Seconds since the commit, when its frames were sent; `undefined` if there were none. */
  done(position: string): number | undefined {
    const commit = this.commits.get(position);
    return commit?.isSent ? (performance.now() - commit.at) / 1_000 : undefined;
  }
}
