// Resuming: a returning client gets all net changes that it missed, or is told to refetch. It never gets only some of
// them.

import { isObserved, publish } from '../../core/diagnostics/diagnostics.js';
import type { ResumedChange } from 'nestjs-jira-protocol';
import type { ChangeLog, LoggedEntry } from '../../core/changes/change-log.js';
import { channelKey, type Channel, type Subscription } from './channel.js';
import type { FeedReport } from './feed.js';
import { missedBy, type Missed } from './missed.js';
import { claimedPosition, ResumeTokens, type Binding } from './resume-tokens.js';
import { forEverybody } from '../../core/scope/running-request.js';
import { encodeOnce } from '../../core/support/json-text.js';

export interface ResumeSettings {
  /** Signs the resume tokens. @default random, so that tokens end with the process */
  readonly secret?: string;
  /** Maximum number of net changes to send; with more, the client refetches. */
  readonly maxRows: number;
  /** How often clients are sent their position, in ms. */
  readonly positionMs: number;
}

/** Token of the settings. */
export const RESUME_SETTINGS = Symbol('jira resume settings');

/** What the client asks for in a subscribe that can be resumed. */
export interface ResumeRequest {
  /** The token of the previous subscribe; absent for the first. */
  readonly token?: string;
  /** The position up to which the client has received everything. @default the position of the token */
  readonly position?: string;
  /** How long the client has received nothing, in ms. Rows that it fetched in that time may be newer than its position. */
  readonly silentMs?: number;
  /** Reads the current rows, for a client that has none or was not recovered. */
  readonly snapshot?: (once?: ReadOnce) => Promise<unknown>;
}

/** Reads what a key names, once for all callers within a second. */
export type ReadOnce = (key: string, read: () => Promise<unknown>) => Promise<unknown>;

/** What the answer to such a subscribe holds besides `channel` and `position`. */
export interface Resumed {
  readonly resume?: string;
  readonly recovered: boolean;
  readonly changes?: readonly ResumedChange[];
  readonly snapshot?: unknown;
}

/** Identical resumes, and identical snapshots, share their work for this long. */
const SHARED_MS = 1_000;
/** Assumed maximum difference between the clocks of two processes. */
const SKEW_MS = 1_000;

export class Resumption {
  private readonly tokens: ResumeTokens;
  private readonly shared = new WeakMap<Channel, Map<string, Promise<unknown>>>();

  constructor(
    private readonly log: ChangeLog,
    private readonly report: FeedReport,
    private readonly settings: ResumeSettings,
  ) {
    this.tokens = new ResumeTokens(settings.secret);
  }

  /** Call it before the subscription opens: it waits until this process has read up to the client's position. */
  async prepare({ token, position }: ResumeRequest): Promise<void> {
    if (token !== undefined) await this.log.read?.(position ?? claimedPosition(token), 0);
  }

  /** Call it once the subscription has joined its channel, with frames held. Rejects if reading the snapshot fails. */
  async answer(subscription: Subscription, request: ResumeRequest): Promise<Resumed> {
    const { revision } = subscription;
    const found = await this.recover(subscription, request);
    // If rights were checked again in the meantime, they may have changed.
    const changes = subscription.revision === revision ? found : undefined;
    if (request.token !== undefined && isObserved('resume')) {
      const outcome = changes ? 'recovered' : 'refetch';
      publish('resume', { namespace: subscription.namespace, outcome, changes: changes?.length ?? 0 });
    }
    const snapshot = changes ? undefined : await request.snapshot?.(this.onceFor(subscription));
    const resume = this.tokenOf(subscription);
    return {
      ...(resume !== undefined && { resume }),
      recovered: changes !== undefined,
      ...(changes && { changes }),
      ...(snapshot !== undefined && { snapshot }),
    };
  }

  /** The token that resumes this subscription from here; `undefined` if it cannot be resumed. */
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
    // A row that was added and removed again: only clients that may have fetched it in between have to forget it.
    const fetchedUntil = silentMs === undefined ? -Infinity : Date.now() - silentMs + SKEW_MS;
    const gone = missed.passing.filter(({ at }) => at <= fetchedUntil);
    return gone.length === 0 ? missed.changes : [...missed.changes, ...gone.map(({ change }) => change)];
  }

  /** The log entries between the client's position and the point from which its frames are held. */
  private async between(issued: string, claimed: string | undefined, since: string): Promise<Part | undefined> {
    let from = claimed ?? issued;
    let stretch = await this.log.read?.(from, Infinity);
    if (stretch === 'unreachable' && from !== issued) stretch = await this.log.read?.((from = issued), Infinity);
    if (!stretch || stretch === 'unreachable') return undefined;
    let { entries } = stretch;
    // A token covers nothing before its own position, whatever position the client claims.
    const begin = from === issued ? -1 : entries.findIndex(({ position }) => position === issued);
    if (begin >= 0) [from, entries] = [issued, entries.slice(begin + 1)];
    if (from === since) return { from, entries: [] };
    const end = entries.findIndex(({ position }) => position === since);
    return end < 0 ? undefined : { from, entries: entries.slice(0, end + 1) };
  }

  /** Shared by all clients that return to this channel from the same position. */
  private missed(channel: Channel, { from, entries }: Part, since: string): Promise<Missed | undefined> {
    const key = JSON.stringify(['missed', from, since]);
    return this.once(channel, key, async () => {
      const missed = await missedBy(channel, entries, this.settings.maxRows, this.report);
      if (missed) encodeOnce(missed.changes);
      return missed;
    });
  }

  /**
   * Snapshots that may be resumed depend only on what is in the log: at one position, all subscriptions of a channel
   * get the same.
   */
  private onceFor(subscription: Subscription): ReadOnce | undefined {
    const { membership: channel, since } = subscription;
    if (!channel || !this.bindingOf(subscription)) return undefined;
    return (key, read) =>
      this.once(channel, JSON.stringify(['snapshot', since, key]), async () => {
        const rows = await read();
        return typeof rows === 'object' && rows !== null ? encodeOnce(rows) : rows;
      });
  }

  private once<T>(channel: Channel, key: string, work: () => Promise<T>): Promise<T> {
    let known = this.shared.get(channel);
    if (!known) this.shared.set(channel, (known = new Map<string, Promise<unknown>>()));
    const shared = known;
    const found = shared.get(key);
    if (found) return found as Promise<T>;
    const made = forEverybody(work);
    shared.set(key, made);
    const forget = (): unknown => shared.delete(key);
    made.then(() => setTimeout(forget, SHARED_MS).unref(), forget);
    return made;
  }
}

interface Part {
  readonly from: string;
  readonly entries: readonly LoggedEntry[];
}
