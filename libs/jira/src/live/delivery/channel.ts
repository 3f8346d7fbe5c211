// A channel: all subscriptions that receive the same frames.

import { randomBytes } from 'node:crypto';
import type { ChangeFrame, ListRows, ListSteps } from 'nestjs-jira-protocol';
import type { HookScope } from '../../core/scope/scope.js';
import type { Change, ChangeType, Image } from '../../core/changes/change.js';
import type { ListDefinition } from '../lists/list-definition.js';
import type { RowChange } from '../lists/window-rows.js';
import { publishReset, type ResetReason } from '../../core/diagnostics/diagnostics.js';
import type { Recipient } from './frame-sink.js';
import type { Room, RoomDiff, RoomKeeper } from './rooms.js';
import { nextState, REASONS, type Reason, type SubscriptionState } from './subscription-state.js';

/** Decides which rows match: a filter, a visibility, an object permission. */
export interface RowMatcher {
  /** Equal keys mean equal verdicts. */
  readonly key: string;
  /** The verdict if it can be computed in memory; `undefined` if `judge` has to ask. */
  matches(image: Image): boolean | undefined;
  /**
   * Verdicts for all of these, in one batch. `past` says which are images of before a change: of a deleted row, where
   * the rows that decided about it are gone too, nobody knows any more, and its verdict is `undefined`.
   */
  judge(images: readonly Image[], past: ReadonlyMap<Image, Past>): Promise<readonly (boolean | undefined)[]>;
  /** Matchers of equal families are judged by one query; absent = by one of its own. */
  readonly family?: string;
  /** The same of `judge` for several of one family; only where there is one. */
  judgeFamily?(
    family: readonly this[],
    images: readonly Image[],
    past: ReadonlyMap<Image, Past>,
  ): Promise<readonly (readonly (boolean | undefined)[])[]>;
  /** Necessary conditions, "this property path has one of these values": what the index of channels is built from. */
  readonly equalities: ReadonlyMap<string, readonly unknown[]>;
  /** Whether the change of a related row may alter verdicts on rows that did not change. @default it never may */
  isConcernedBy?(change: Change): boolean;
  /** The part that rows of other entities decide; absent if the row alone decides. */
  readonly related?: RelatedRows;
  /** Whether code or SQL of the application decides. @default false */
  readonly isOpaque?: boolean;
  /** Whether rows of many-to-many tables decide: their changes come with those of the rows that own them. @default false */
  readonly crossesLinks?: boolean;
}

/** What an image is the one before. */
export interface Past {
  readonly change: Change;
  /** Position of its commit. */
  readonly position: string;
  /** All changes of its commit; absent = it is the only one. */
  readonly commit?: readonly Change[];
}

/** Rows of other entities that decide about unchanged rows. */
export interface RelatedRows {
  /** Names of their entities. */
  readonly names: ReadonlySet<string>;
  /** A digest: verdicts stay the same while it does. Asks the database. */
  readState(): Promise<string>;
}

/** Callers who see the same rows in the same form. They share all work. */
export interface Audience {
  readonly key: string;
  /** Whether it is of one subscription, and ends with it. @default false */
  readonly isOfOne?: boolean;
  /** All must match. */
  readonly matchers: readonly RowMatcher[];
  serialize(image: Image, type: ChangeType, change: Change): unknown;
  /** Called once a batch before `serialize`, with the images it will be given; absent = those are all it needs. */
  readonly load?: (announced: readonly { readonly image: Image; readonly change: Change }[]) => Promise<void>;
}

/** The part of an observer that a hub runs. */
export interface ObserverBehaviour extends RoomKeeper {
  /** Unique in the application. */
  readonly name: string;
  /** The subscribers who receive this change; absent = all. */
  readonly participants?:
    ((scopes: readonly HookScope[], image: Image, type: ChangeType) => readonly HookScope[]) | undefined;
  /** Called once per change, before it is sent; `false` means the handler sent it itself. */
  readonly handle?: ((change: Change, rooms: RoomDiff) => Promise<boolean | void> | boolean | void) | undefined;
  /** What has to be known to resume its subscriptions; absent = none of them can be. */
  readonly resuming?: ResumeRules;
}

/** What an observer says about subscriptions that are resumed. */
export interface ResumeRules {
  /** Another value when rows are shown in another form. */
  readonly shape: string;
  /** Why such a subscription can never be resumed; `undefined` = it can. */
  obstacleOf(definition: ChannelDefinition): string | undefined;
  /** The key of the caller, `null` for anonymous ones. */
  userOf(scope: HookScope): string | null;
  /** Position at which the application last sent a change of its own: those are not kept. */
  signalledAt?: string;
  /** Whether the change is one of an entity that the observer names as deciding. */
  dependsOn(change: Change): boolean;
  /** Whether such a change may have decided what this caller sees. */
  decides(change: Change, scope: HookScope): boolean;
}

export interface ChannelDefinition {
  readonly namespace: string;
  /** `entityKey` of the observed entity. */
  readonly entity: string;
  readonly observer: ObserverBehaviour;
  /** Rooms the subscriber listens to; absent = the one room for all. */
  readonly rooms?: ReadonlySet<Room>;
  readonly filter: RowMatcher;
  readonly audience: Audience;
  /** Whether soft-deleted rows count as rows. @default false */
  readonly withDeleted?: boolean;
  /** What rows decide whose changes nobody follows, as one text; absent = there are none. Asks the database. */
  readonly readRelated?: () => Promise<string>;
  /** Whether some of those rows are captured only in processes that have such a channel. @default false */
  readonly isPartlyCaptured?: boolean;
  /** The list that its subscribers are told of, in place of changes. */
  readonly list?: ListDefinition;
}

/** Equal keys share a channel. */
export function channelKey({ namespace, observer, rooms, filter, audience, list }: ChannelDefinition): string {
  const parts = [namespace, observer.name, rooms ? [...rooms].toSorted() : null, filter.key, audience.key];
  return JSON.stringify(list ? [...parts, list.key] : parts);
}

export type ListAnswer = (ListRows & { readonly recovered: false }) | (ListSteps & { readonly recovered: true });

/** The rows that a channel with a list keeps. */
export interface ListWindow {
  /** What it shows may be another now. */
  touch(position: string): void;
  /** What became of a row. @param lagMs how long ago it was committed, where that is known */
  apply(change: RowChange, position: string, lagMs?: number): void;
  /** Nothing follows for now: what was applied is told. */
  settle(): void;
  /** A subscription comes from another channel, or cannot go on from what it was told: it gets the whole list. */
  renew(subscription: Subscription, position: string): void;
  /** Resolves when it is no older than the call, where it may be. Rejects when it cannot be read. */
  current(): Promise<void>;
  /**
   * The list that its frames go on from: the steps to it, where it is known what was shown.
   *
   * @param shown the name of that
   */
  answer(shown?: string): ListAnswer;
  /** Nobody listens for now. Returns false if nobody can come back. */
  rest(): boolean;
  close(): void;
}

/** How entities are told apart across data sources. */
export function entityKey(source: string, entity: string): string {
  return `${source}:${entity}`;
}

export class Channel {
  /** Random, so that it reveals nothing about other channels. */
  readonly id = randomBytes(9).toString('base64url');
  readonly subscriptions = new Set<Subscription>();
  /** The last result of `readRelated`. */
  related?: string;
  /** Where it has a list. */
  window?: ListWindow;
  /** How many rows of the last large commit its subscribers were told of. */
  large?: { readonly position: string; told: number };

  constructor(
    readonly key: string,
    readonly definition: ChannelDefinition,
  ) {}
}

/** Whether the change of a related row may alter which rows the channel's subscribers see. */
export function isConcerned({ definition: { filter, audience } }: Channel, change: Change): boolean {
  return [filter, ...audience.matchers].some((matcher) => matcher.isConcernedBy?.(change));
}

/** Whether its subscribers may see other rows at any time, though nothing shows it. */
export function isOpaque({ definition: { audience } }: Channel): boolean {
  return audience.matchers.some((matcher) => matcher.isOpaque);
}

/** The same, its filter included. */
export function isOpaqueDefinition({ filter, audience }: ChannelDefinition): boolean {
  return [filter, ...audience.matchers].some((matcher) => matcher.isOpaque);
}

/** One subscriber's part in a channel. */
export class Subscription implements Recipient {
  /** Where it belongs; `undefined` until that was first found out. */
  membership?: Channel;
  /** The channel its client was told of last. */
  announced?: string;
  /** Its rows may be others now, without a change of their own. */
  isStale = false;
  /** Incremented with every reason to check its rights again. */
  revision = 0;
  checkedAt = Date.now();
  /** Position up to which nothing is sent to it: its frames begin after that. */
  since = '';
  /** Whether its client asked for tokens. */
  isResumable = false;
  /** Whether it is to get its whole list, and nothing before that. */
  isExpecting = false;
  private current: SubscriptionState = 'opening';
  /** Why its rights are looked at. */
  private lookedFor?: Reason;
  /** Frames that wait for it to be live. */
  private held: ChangeFrame[] = [];

  constructor(
    readonly scope: HookScope,
    readonly entity: string,
    readonly observer: ObserverBehaviour,
    /** Where it belongs, by the rights its caller has now. Rejects when there are none any more. */
    readonly define: (isAgain: boolean) => Promise<ChannelDefinition>,
  ) {}

  get state(): SubscriptionState {
    return this.current;
  }
  get isEnded(): boolean {
    return this.current === 'ended';
  }
  get connectionId(): string {
    return this.scope.connection.id;
  }
  get channel(): string {
    return this.membership?.id ?? '';
  }
  get requestId(): string {
    return this.scope.requestId;
  }
  get action(): string {
    return this.scope.action;
  }
  get namespace(): string {
    return this.scope.namespace;
  }

  /** Called by the placement alone, which does what the new state asks for. Returns the state it was in. */
  go(reason: Reason): SubscriptionState {
    const before = this.current;
    this.current = nextState(before, reason);
    if (this.current === 'checking' && reason >= REASONS.refreshed) this.lookedFor = reason;
    return before;
  }

  /** Keeps a frame until it is live; beyond `max` frames it has to fetch again instead. */
  hold(frame: ChangeFrame, max: number): void {
    if (this.held.length < max) this.held.push(frame);
    else this.holdInstead(resetFrame(frame.channel, frame.position), 'heldFrames');
  }

  /** In place of what waits it is told to fetch again, or the whole list. */
  holdInstead(frame: ChangeFrame, reason: ResetReason = this.lookedFor === REASONS.missed ? 'missed' : 'rights'): void {
    this.held = [frame];
    if (frame.type === 'reset') publishReset(this.namespace, frame.position, reason);
  }

  /** What has waited, once. */
  takeHeld(): readonly ChangeFrame[] {
    const { held } = this;
    this.held = [];
    return held;
  }
}

/** Fetch again. */
export function resetFrame(channel: string, position: string): ChangeFrame {
  return { method: 'SUBSCRIPTION', type: 'reset', status: 200, channel, position, data: null };
}
