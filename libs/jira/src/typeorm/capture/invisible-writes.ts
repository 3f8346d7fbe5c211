// Writes that the database makes by itself, which no query builder shows.

import type { EntityMetadata } from 'typeorm';

const INVISIBLE = new Set(['CASCADE', 'SET NULL', 'SET DEFAULT']);

/** One sentence for each foreign key by which the database changes rows of this table by itself. */
export function invisibleWrites(metadata: EntityMetadata): string[] {
  return metadata.foreignKeys.flatMap((foreignKey) => {
    const columns = foreignKey.columnNames.join(', ');
    const target = foreignKey.referencedEntityMetadata.name;
    const onDelete = foreignKey.onDelete ?? '';
    const onUpdate = foreignKey.onUpdate ?? '';
    const sentence = (event: string, action: string): string =>
      `${metadata.name}.${columns} has ON ${event} ${action}: when a row of ${target} is ${event.toLowerCase()}d, ` +
      `the database changes rows of ${metadata.name} by itself, which is not announced.`;
    return [
      ...(INVISIBLE.has(onDelete) ? [sentence('DELETE', onDelete)] : []),
      ...(INVISIBLE.has(onUpdate) ? [sentence('UPDATE', onUpdate)] : []),
    ];
  });
}
