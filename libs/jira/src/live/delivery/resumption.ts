// Resuming: a client that comes back is told the net changes it missed, or that it has to refetch. Never a half.

import { isObserved, publish } from '../../core/diagnostics/diagnostics.js';
import type { ResumedChange } from 'nestjs-jira-protocol';
import type { ChangeLog, LoggedEntry } from '../../core/changes/change-log.js';
import { channelKey, type Channel, type Subscription } from './channel.js';
import type { FeedReport } from './feed.js';
import { missedBy, type Missed } from './missed.js';
import { claimedPosition, ResumeTokens, type Binding } from './resume-tokens.js';
import { forEverybody } from '../../core/scope/running-request.js';

export interface ResumeSettings {
  /** Signs the tokens. @default random */
  readonly secret?: string;
  /** More net changes than this, and the client refetches. */
  readonly maxRows: number;
  /** How often clients are told how far they were told, in ms. */
  readonly positionMs: number;
}

/** Token of the settings. */
export const RESUME_SETTINGS = Symbol('jira resume settings');

/** What a subscribe that may be resumed asks for. */
export interface ResumeRequest {
  /** Of the subscribe before; absent for the first. */
  readonly token?: string;
  /** Up to where its client was told everything since. @default where the token begins */
  readonly position?: string;
  /** For how long it has heard nothing, in ms. What it fetched before may be newer than its position. */
  readonly silentMs?: number;
  /** Reads the rows as they are now, for a client that has none or was not recovered. */
  readonly snapshot?: () => Promise<unknown>;
}

/** What the answer to such a subscribe has beside channel and position. */
export interface Resumed {
  readonly resume?: string;
  readonly recovered: boolean;
  readonly changes?: readonly ResumedChange[];
  readonly snapshot?: unknown;
}

/** Equal resumes share their work for this long. */
const SHARED_MS = 1_000;
/** Clocks of processes differ by less. */
const SKEW_MS = 1_000;

export class Resumption {
  private readonly tokens: ResumeTokens;
  private readonly shared = new WeakMap<Channel, Map<string, Promise<Missed | undefined>>>();

  constructor(
    private readonly log: ChangeLog,
    private readonly report: FeedReport,
    private readonly settings: ResumeSettings,
  ) {
    this.tokens = new ResumeTokens(settings.secret);
  }

  /** Called before the subscription opens, so that this process has read as far as the client was told. */
  async prepare({ token, position }: ResumeRequest): Promise<void> {
    if (token !== undefined) await this.log.read?.(position ?? claimedPosition(token), 0);
  }

  /** Called once the subscription is in its channel, with frames held. Rejects with what reading a snapshot does. */
  async answer(subscription: Subscription, request: ResumeRequest): Promise<Resumed> {
    const { revision } = subscription;
    const found = await this.recover(subscription, request);
    // Rights that were looked at again meanwhile may be others.
    const changes = subscription.revision === revision ? found : undefined;
    if (request.token !== undefined && isObserved('resume')) {
      const outcome = changes ? 'recovered' : 'refetch';
      publish('resume', { namespace: subscription.namespace, outcome, changes: changes?.length ?? 0 });
    }
    const snapshot = changes ? undefined : await request.snapshot?.();
    const resume = this.tokenOf(subscription);
    return {
      ...(resume !== undefined && { resume }),
      recovered: changes !== undefined,
      ...(changes && { changes }),
      ...(snapshot !== undefined && { snapshot }),
    };
  }

  /** What brings a client back to where this subscription is now; `undefined` where nothing can. */
  tokenOf(subscription: Subscription): string | undefined {
    const binding = this.bindingOf(subscription);
    return binding && this.tokens.sign(subscription.since, binding);
  }

  private bindingOf({ membership, observer, scope }: Subscription): Binding | undefined {
    const { log } = this;
    const { resuming } = observer;
    if (!membership || !resuming || !log.read || !log.epoch) return undefined;
    const { definition } = membership;
    if (resuming.obstacleOf(definition) !== undefined) return undefined;
    return [log.epoch, resuming.userOf(scope), channelKey(definition), resuming.shape];
  }

  private async recover(
    subscription: Subscription,
    { token, position, silentMs }: ResumeRequest,
  ): Promise<readonly ResumedChange[] | undefined> {
    const { membership: channel, since, scope, observer } = subscription;
    const binding = this.bindingOf(subscription);
    const issued = binding && token !== undefined ? this.tokens.read(token, binding) : undefined;
    if (issued === undefined || !channel || !observer.resuming) return undefined;
    const part = await this.between(issued, position, since);
    const missed = part && (await this.missed(channel, part, since));
    if (!missed) return undefined;
    const { resuming } = observer;
    const { signalledAt } = resuming;
    if (part.from === signalledAt || part.entries.some((entry) => entry.position === signalledAt)) return undefined;
    const user = resuming.userOf(scope);
    if (missed.revoked.some((to) => !('user' in to) || to.user === user)) return undefined;
    if (missed.dependent.some((change) => resuming.decides(change, scope))) return undefined;
    // A row that came and went: only who may have fetched it in between has to forget it.
    const fetchedUntil = silentMs === undefined ? -Infinity : Date.now() - silentMs + SKEW_MS;
    const gone = missed.passing.filter(({ at }) => at <= fetchedUntil);
    return gone.length === 0 ? missed.changes : [...missed.changes, ...gone.map(({ change }) => change)];
  }

  /** What was logged after the client was told everything, up to where its frames are held. */
  private async between(issued: string, claimed: string | undefined, since: string): Promise<Part | undefined> {
    let from = claimed ?? issued;
    let stretch = await this.log.read?.(from, Infinity);
    if (stretch === 'unreachable' && from !== issued) stretch = await this.log.read?.((from = issued), Infinity);
    if (!stretch || stretch === 'unreachable') return undefined;
    let { entries } = stretch;
    // A token tells of nothing before it, whatever its client claims.
    const begin = from === issued ? -1 : entries.findIndex(({ position }) => position === issued);
    if (begin >= 0) [from, entries] = [issued, entries.slice(begin + 1)];
    if (from === since) return { from, entries: [] };
    const end = entries.findIndex(({ position }) => position === since);
    return end < 0 ? undefined : { from, entries: entries.slice(0, end + 1) };
  }

  /** The same for all who come back to this channel from the same position. */
  private missed(channel: Channel, { from, entries }: Part, since: string): Promise<Missed | undefined> {
    const key = JSON.stringify([from, since]);
    let known = this.shared.get(channel);
    if (!known) this.shared.set(channel, (known = new Map<string, Promise<Missed | undefined>>()));
    const shared = known;
    const found = shared.get(key);
    if (found) return found;
    const made = forEverybody(() => missedBy(channel, entries, this.settings.maxRows, this.report));
    shared.set(key, made);
    setTimeout(() => shared.delete(key), SHARED_MS).unref();
    return made;
  }
}

interface Part {
  readonly from: string;
  readonly entries: readonly LoggedEntry[];
}
