import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, Image } from '../../core/changes/change.js';
import { overlaps, RoomBook } from './rooms.js';

const change = {} as Change;
const roomsOf = (image: Image): ReadonlySet<string> => new Set(image['rooms'] as string[]);
const rooms = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd'));

describe('what each room sees of a change', () => {
  it('is the row leaving, staying or arriving', () => {
    fc.assert(
      fc.property(rooms, rooms, (before, after) => {
        const diff = new RoomBook().diff({ rooms: roomsOf }, change, {
          before: { rooms: before },
          after: { rooms: after },
        });
        for (const room of ['a', 'b', 'c', 'd']) {
          const [was, is] = [before.includes(room), after.includes(room)];
          expect([diff.removed.has(room), diff.modified.has(room), diff.added.has(room)]).toEqual([
            was && !is,
            was && is,
            !was && is,
          ]);
        }
      }),
    );
  });

  it('is all arriving for a new row, all leaving for a deleted one', () => {
    const image = { rooms: ['a'] };
    const book = new RoomBook();
    expect(book.diff({ rooms: roomsOf }, change, { after: image })).toMatchObject({ added: new Set(['a']) });
    expect(book.diff({ rooms: roomsOf }, change, { before: image })).toMatchObject({ removed: new Set(['a']) });
  });

  it('asks an observer once per image', () => {
    let asked = 0;
    const counting = { rooms: (image: Image) => (asked++, roomsOf(image)) };
    const [book, image] = [new RoomBook(), { rooms: ['a'] }];
    book.of(counting, image, change);
    book.of(counting, image, change);
    expect(asked).toBe(1);
  });

  it('overlaps with a subscription that listens to one of the rooms', () => {
    expect(overlaps(new Set(['a', 'b']), new Set(['b', 'c']))).toBe(true);
    expect(overlaps(new Set(['a']), new Set(['b']))).toBe(false);
    expect(overlaps(new Set(), new Set())).toBe(false);
  });
});
