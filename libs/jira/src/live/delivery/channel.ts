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
   * Verdicts for all of these images, in one batch. `past` has the images from before a change. The verdict on a
   * deleted row is `undefined` if the rows that decided about it are gone, too.
   */
  judge(images: readonly Image[], past: ReadonlyMap<Image, Past>): Promise<readonly (boolean | undefined)[]>;
  /** One query judges all matchers of equal families; absent = each has its own query. */
  readonly family?: string;
  /** Like `judge`, for several matchers of one family. Required if there is a family. */
  judgeFamily?(
    family: readonly this[],
    images: readonly Image[],
    past: ReadonlyMap<Image, Past>,
  ): Promise<readonly (readonly (boolean | undefined)[])[]>;
  /** Necessary conditions, "this property path has one of these values". The index of channels is built from them. */
  readonly equalities: ReadonlyMap<string, readonly unknown[]>;
  /** Whether the change of a related row may alter verdicts on rows that did not change. @default it never does */
  isConcernedBy?(change: Change): boolean;
  /** The rows of other entities that decide; absent if the row alone decides. */
  readonly related?: RelatedRows;
  /** Whether code or SQL of the application decides. @default false */
  readonly isOpaque?: boolean;
  /** Whether many-to-many rows decide: their changes come with those of the rows that own them. @default false */
  readonly crossesLinks?: boolean;
}

/** The change that an image is the state before. */
export interface Past {
  readonly change: Change;
  /** Position of its commit. */
  readonly position: string;
  /** All changes of its commit; absent = it is the only one. */
  readonly commit?: readonly Change[];
}

/** Rows of other entities that decide about rows which did not change themselves. */
export interface RelatedRows {
  /** Names of their entities. */
  readonly names: ReadonlySet<string>;
  /** A digest: while it stays the same, verdicts do, too. Queries the database. */
  readState(): Promise<string>;
}

/** Callers who see the same rows in the same form. They share all work. */
export interface Audience {
  readonly key: string;
  /** Whether it belongs to one subscription and ends with it. @default false */
  readonly isOfOne?: boolean;
  /** All must match. */
  readonly matchers: readonly RowMatcher[];
  serialize(image: Image, type: ChangeType, change: Change): unknown;
  /** Called once per batch before `serialize`, with the images to serialize; absent = images are enough. */
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
  /** The rules for resuming its subscriptions; absent = they cannot be resumed. */
  readonly resuming?: ResumeRules;
}

/** An observer's rules for resuming subscriptions. */
export interface ResumeRules {
  /** Changes when rows are shown in another form. */
  readonly shape: string;
  /** Why such a subscription can never be resumed; `undefined` if it can. */
  obstacleOf(definition: ChannelDefinition): string | undefined;
  /** The key of the caller, `null` for anonymous ones. */
  userOf(scope: HookScope): string | null;
  /** Position at which the application last sent a change of its own: the log does not keep such changes. */
  signalledAt?: string;
  /** Whether the change is of an entity that the observer's `dependsOn` names. */
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
  /** A digest of the deciding rows whose changes are not followed; absent if there are none. Queries the database. */
  readonly readRelated?: () => Promise<string>;
  /** Whether some of those rows are captured only in processes that have such a channel. @default false */
  readonly isPartlyCaptured?: boolean;
  /** The list whose differences subscribers get in place of changes. */
  readonly list?: ListDefinition;
}

/** Equal keys share a channel. */
export function channelKey({ namespace, observer, rooms, filter, audience, list }: ChannelDefinition): string {
  const parts = [namespace, observer.name, rooms ? [...rooms].toSorted() : null, filter.key, audience.key];
  return JSON.stringify(list ? [...parts, list.key] : parts);
}

export type ListAnswer = (ListRows & { readonly recovered: false }) | (ListSteps & { readonly recovered: true });

/** The rows of a channel that has a list. */
export interface ListWindow {
  /** What the list shows may have changed: reads it again soon. */
  touch(position: string): void;
  /** Applies a row's change. @param lagMs how long ago it was committed, if known */
  apply(change: RowChange, position: string, lagMs?: number): void;
  /** No more changes follow for now: sends what was applied. */
  settle(): void;
  /** Sends the whole list to a subscription that comes from another channel, or cannot continue from the list it has. */
  renew(subscription: Subscription, position: string): void;
  /** Resolves when the list is as new as this call. Rejects if it cannot be read. */
  current(): Promise<void>;
  /**
   * The list that the following frames continue; only the steps to it, if it is known what the client was shown.
   *
   * @param shown the name of the list that the client was shown
   */
  answer(shown?: string): ListAnswer;
  /** Called when the last subscriber left. Returns false if none can come back. */
  rest(): boolean;
  close(): void;
}

/** Identifies an entity across data sources. */
export function entityKey(source: string, entity: string): string {
  return `${source}:${entity}`;
}

export class Channel {
  /** Random, so that it reveals nothing about other channels. */
  readonly id = randomBytes(9).toString('base64url');
  readonly subscriptions = new Set<Subscription>();
  /** The last result of `readRelated`. */
  related?: string;
  /** Present if it has a list. */
  window?: ListWindow;
  /** How many rows of the last large commit were sent to its subscribers. */
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

/** Whether application code or SQL decides what its subscribers see: that may change without a trace. */
export function isOpaque({ definition: { audience } }: Channel): boolean {
  return audience.matchers.some((matcher) => matcher.isOpaque);
}

/** Like `isOpaque`, including the filter. */
export function isOpaqueDefinition({ filter, audience }: ChannelDefinition): boolean {
  return [filter, ...audience.matchers].some((matcher) => matcher.isOpaque);
}

/** One subscriber of a channel, and its state. */
export class Subscription implements Recipient {
  /** The channel it belongs to; `undefined` until it was placed for the first time. */
  membership?: Channel;
  /** The channel that its client last got the name of. */
  announced?: string;
  /** The rows it sees may have changed without a change of their own. */
  isStale = false;
  /** Incremented for every reason to check its rights again. */
  revision = 0;
  checkedAt = Date.now();
  /** Its frames begin after this position. */
  since = '';
  /** Whether its client requested resume tokens. */
  isResumable = false;
  /** Whether it waits for the whole list; until then it gets nothing else. */
  isExpecting = false;
  private current: SubscriptionState = 'opening';
  /** Why its rights are being checked. */
  private lookedFor?: Reason;
  /** Frames held until it is live. */
  private held: ChangeFrame[] = [];

  constructor(
    readonly scope: HookScope,
    readonly entity: string,
    readonly observer: ObserverBehaviour,
    /** Determines its channel by the caller's current rights. Rejects if the caller has none any more. */
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

  /** Called only by the placement, which then does what the new state requires. Returns the former state. */
  go(reason: Reason): SubscriptionState {
    const before = this.current;
    this.current = nextState(before, reason);
    if (this.current === 'checking' && reason >= REASONS.refreshed) this.lookedFor = reason;
    return before;
  }

  /** Holds a frame until it is live. With more than `max` frames, the client must refetch instead. */
  hold(frame: ChangeFrame, max: number): void {
    if (this.held.length < max) this.held.push(frame);
    else this.holdInstead(resetFrame(frame.channel, frame.position), 'heldFrames');
  }

  /** Replaces the held frames by one: `reset`, or the whole list. */
  holdInstead(frame: ChangeFrame, reason: ResetReason = this.lookedFor === REASONS.missed ? 'missed' : 'rights'): void {
    this.held = [frame];
    if (frame.type === 'reset') publishReset(this.namespace, frame.position, reason);
  }

  /** Returns the held frames and forgets them. */
  takeHeld(): readonly ChangeFrame[] {
    const { held } = this;
    this.held = [];
    return held;
  }
}

/** The frame that tells clients to refetch. */
export function resetFrame(channel: string, position: string): ChangeFrame {
  return { method: 'SUBSCRIPTION', type: 'reset', status: 200, channel, position, data: null };
}
