// Finds the channels that a change may concern, without looking at the others.

import type { Channel, ObserverBehaviour } from './channel.js';
import type { Change, Image } from '../../core/changes/change.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import type { Room, RoomBook } from './rooms.js';

/**
 * Each channel is listed under the rooms it listens to. Without rooms, it is listed under one equality that it requires
 * (`assigneeId = 7`), the filter's before the audience's; without either, every change of the entity concerns it.
 */
export class ChannelIndex {
  private readonly unindexed = new Set<Channel>();
  private readonly byPath = new Map<string, Map<string, Set<Channel>>>();
  private readonly byRoom = new Map<ObserverBehaviour, Map<Room, Set<Channel>>>();

  add(channel: Channel): void {
    const { group, keys } = this.groupOf(channel);
    if (!group) return void this.unindexed.add(channel);
    for (const key of keys) getOrAdd(group, key, () => new Set<Channel>()).add(channel);
  }

  remove(channel: Channel): void {
    const { group, keys } = this.groupOf(channel);
    if (!group) return void this.unindexed.delete(channel);
    for (const key of keys) {
      const channels = group.get(key);
      channels?.delete(channel);
      if (channels?.size === 0) group.delete(key);
    }
    if (group.size > 0) return;
    for (const [path, values] of this.byPath) if (values === group) this.byPath.delete(path);
    for (const [observer, rooms] of this.byRoom) if (rooms === group) this.byRoom.delete(observer);
  }

  /** Every channel with a room or required equality that the row satisfies, before or after the change. */
  candidates(change: Change, book: RoomBook): ReadonlySet<Channel> {
    if (this.byPath.size === 0 && this.byRoom.size === 0) return this.unindexed;
    const found = new Set(this.unindexed);
    const images = [change.before, change.after].filter((image) => image !== undefined);
    for (const [path, values] of this.byPath)
      for (const image of images) addAll(found, values.get(indexKey(valueAt(image, path))));
    for (const [observer, rooms] of this.byRoom)
      for (const room of roomsOf(observer, images, change, book) ?? rooms.keys()) addAll(found, rooms.get(room));
    return found;
  }

  private groupOf({ definition }: Channel): { group?: Map<string, Set<Channel>>; keys: Iterable<string> } {
    const { rooms, observer, filter, audience } = definition;
    if (rooms && observer.rooms) return { group: getOrAdd(this.byRoom, observer, () => new Map()), keys: rooms };
    for (const { equalities } of [filter, ...audience.matchers]) {
      for (const [path, values] of equalities)
        return { group: getOrAdd(this.byPath, path, () => new Map()), keys: new Set(values.map(indexKey)) };
    }
    return { keys: [] };
  }
}

/** `undefined` if the observer's `rooms` throws. Then all its channels are candidates, and meet the error themselves. */
function roomsOf(
  observer: ObserverBehaviour,
  images: readonly Image[],
  change: Change,
  book: RoomBook,
): Iterable<Room> | undefined {
  try {
    return images.flatMap((image) => [...book.of(observer, image, change)]);
  } catch {
    return undefined;
  }
}

function addAll(to: Set<Channel>, from: Iterable<Channel> | undefined): void {
  for (const channel of from ?? []) to.add(channel);
}

/** The value at a dotted property path of an image. */
function valueAt(image: Image, path: string): unknown {
  let value: unknown = image;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return value;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/**
 * Values that may be equal share a key: one candidate too many is judged and dropped, one too few would be lost. So a
 * number and its string share a key (bigint columns), and a relation counts as the key that it holds.
 */
function indexKey(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value !== 'object') return `${value as string | number | bigint}`;
  const parts = Object.values(value);
  return parts.length === 1 ? indexKey(parts[0]) : JSON.stringify(value);
}
