// Rooms: which rooms a row belongs to, and what each room sees of a change.

import type { Change, Image } from '../../core/changes/change.js';

/** A room of an observer: a name that exists on the server only. It is not a Socket.IO room and never leaves the server. */
export type Room = string;

/** How one change of a row concerns rooms. A room is in at most one of the sets. */
export interface RoomDiff {
  /** Rooms that the row left. */
  readonly removed: ReadonlySet<Room>;
  /** Rooms that the row stayed in. */
  readonly modified: ReadonlySet<Room>;
  /** Rooms that the row entered. */
  readonly added: ReadonlySet<Room>;
}

/** What each room sees of one change: the row left it, stayed, or arrived. */
function diffRooms(before: ReadonlySet<Room>, after: ReadonlySet<Room>): RoomDiff {
  return { removed: without(before, after), modified: shared(before, after), added: without(after, before) };
}

export function overlaps(a: ReadonlySet<Room>, b: ReadonlySet<Room>): boolean {
  for (const room of b) if (a.has(room)) return true;
  return false;
}

/** Assigns rows to rooms. */
export interface RoomKeeper {
  /** The rooms that one row's changes go to; absent = one room for all. */
  readonly rooms?: ((image: Image, change: Change) => ReadonlySet<Room>) | undefined;
}

/** The rooms of a batch's rows; the observer is asked once per image. */
export class RoomBook {
  private readonly known = new Map<RoomKeeper, Map<Image, ReadonlySet<Room>>>();

  /** Throws what the observer throws. */
  of(keeper: RoomKeeper, image: Image, change: Change): ReadonlySet<Room> {
    let rooms = this.known.get(keeper);
    if (!rooms) this.known.set(keeper, (rooms = new Map<Image, ReadonlySet<Room>>()));
    let found = rooms.get(image);
    if (!found) rooms.set(image, (found = keeper.rooms?.(image, change) ?? NO_ROOMS));
    return found;
  }

  /** What each room sees of a change, for handlers. */
  diff(keeper: RoomKeeper, change: Change, { before, after }: { before?: Image; after?: Image }): RoomDiff {
    const roomsOf = (image?: Image): ReadonlySet<Room> => (image ? this.of(keeper, image, change) : NO_ROOMS);
    return diffRooms(roomsOf(before), roomsOf(after));
  }
}

const NO_ROOMS: ReadonlySet<Room> = new Set();

function without(a: ReadonlySet<Room>, b: ReadonlySet<Room>): ReadonlySet<Room> {
  return new Set([...a].filter((room) => !b.has(room)));
}

function shared(a: ReadonlySet<Room>, b: ReadonlySet<Room>): ReadonlySet<Room> {
  return new Set([...a].filter((room) => b.has(room)));
}
