// Inserts several rows by one statement.

import type { EntityManager } from 'typeorm';
import { nullUnread } from '../../commits/column-value.js';
import { RowNotFoundException } from '../../core/errors/jira.exception.js';
import type { RowPredicate } from '../query/row-predicate.js';
import { checkAllVisible, outOfSight } from '../query/visible-check.js';
import type { StoredRows } from '../reader/stored-rows.js';

/**
 * Inserts entities that write no other rows, and whose relations were checked.
 *
 * @returns the rows as they are stored, in the order of the entities
 * @throws ValidationException if one of the rows would be hidden from the caller, without saying which
 */
export async function insertTogether<E extends object>(
  manager: EntityManager,
  storedRows: StoredRows<E>,
  visibility: RowPredicate,
  entities: readonly E[],
): Promise<E[]> {
  const { metadata } = visibility;
  for (const entity of entities) nullUnread(metadata, entity);
  await manager.insert<E>(metadata.target, [...entities]);
  const unsure: E[] = [];
  const rows: E[] = [];
  for (const [i, stored] of (await storedRows.readEach(manager, entities)).entries()) {
    if (!stored) throw new RowNotFoundException();
    const isSeen = visibility.constant ?? visibility.matches(stored.image);
    if (isSeen === false) throw outOfSight(visibility, entities[i]);
    if (isSeen === undefined) unsure.push(entities[i]);
    rows.push(stored.row);
  }
  await storedRows.ask(manager, () => checkAllVisible(manager, visibility, unsure));
  return rows;
}
