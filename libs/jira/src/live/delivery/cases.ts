// Works out which images of a change concern a channel, for the changes of a batch.

import { getOrAdd } from '../../core/support/get-or-add.js';
import type { Change, Image } from '../../core/changes/change.js';
import type { Audience, Channel, ChannelDefinition, RowMatcher } from './channel.js';
import type { Judgements } from './judgements.js';
import { overlaps, type RoomBook } from './rooms.js';

export interface Delivery {
  readonly change: Change;
  readonly position: string;
  /** All changes of its commit; absent if it is the only one. */
  readonly commit?: readonly Change[];
  readonly isForeign?: boolean; // another process committed it
  /** How long ago it was committed, in ms, if known. */
  readonly lagMs?: number;
  /** Only for channels of this observer: the change was dispatched by hand. */
  readonly observer?: string;
}

/** One change, as it concerns one channel. */
export interface Case {
  readonly delivery: Delivery;
  readonly channel: Channel;
  readonly before?: Image;
  readonly after?: Image;
  /** Whether the row no longer exists for anybody. */
  readonly isGone: boolean;
}

export function matchersOf({ filter, audience }: ChannelDefinition): readonly RowMatcher[] {
  return [filter, ...audience.matchers];
}

/** The change's images. Unless `withDeleted`, a soft-deleted row counts as no row. */
export function imagesOf(change: Change, withDeleted: boolean | undefined): { before?: Image; after?: Image } {
  if (withDeleted) return change;
  if (change.isSoftDeleted) return NO_IMAGES;
  const { type, before, after } = change;
  return { before: type === 'added' ? undefined : before, after: type === 'removed' ? undefined : after };
}

const NO_IMAGES = {};

export function caseOf(delivery: Delivery, channel: Channel, book: RoomBook): Case {
  const { change } = delivery;
  const { rooms, observer, withDeleted } = channel.definition;
  const isIn = (image: Image | undefined): Image | undefined =>
    image && (!rooms || overlaps(rooms, book.of(observer, image, change))) ? image : undefined;
  const { before, after } = imagesOf(change, withDeleted);
  return { delivery, channel, before: isIn(before), after: isIn(after), isGone: after === undefined };
}

/** The images that the channel's matchers accept. */
export function acceptedOf(
  { channel, before, after }: Case,
  judgements: Judgements,
): { before?: Image; after?: Image } {
  const matchers = matchersOf(channel.definition);
  return {
    before: before && judgements.accepts(matchers, before) ? before : undefined,
    after: after && judgements.accepts(matchers, after) ? after : undefined,
  };
}

/** Lets each audience that needs more than images read what it will show. If that fails, showing the row throws. */
export function loadOutputs(cases: readonly Case[], judgements: Judgements): Promise<unknown> | undefined {
  const announced = new Map<Audience, { image: Image; change: Change }[]>();
  for (const one of cases) {
    const { audience } = one.channel.definition;
    if (!audience.load) continue;
    try {
      const { after: image } = acceptedOf(one, judgements);
      if (image) getOrAdd(announced, audience, () => []).push({ image, change: one.delivery.change });
    } catch {
      continue; // sending the row throws the same error
    }
  }
  if (announced.size === 0) return undefined;
  return Promise.allSettled([...announced].map(async ([audience, images]) => audience.load?.(images)));
}
