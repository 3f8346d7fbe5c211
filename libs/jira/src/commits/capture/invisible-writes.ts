// Finds out from an entity's metadata which of its changes capture cannot see, or cannot see correctly.

import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../typeorm-internals.js';
import { dialectOf } from '../dialect/dialects.js';

const INVISIBLE = new Set(['CASCADE', 'SET NULL', 'SET DEFAULT']);

/** One sentence for each reason why changes of this table's rows are not announced, or not correctly. */
export function invisibleWrites(metadata: EntityMetadata): string[] {
  const { name } = metadata;
  if (metadata.tableType === 'view')
    return [
      `${name} is a view: nothing writes its rows, so their changes are not announced. Name the entities it reads in dependsOn, or announce them with JiraServer.publish().`,
    ];
  const roundedKeys = metadata.primaryColumns.filter((column) => isRounded(metadata.dataSource, column));
  return [
    ...(metadata.treeType === 'nested-set'
      ? [
          `${name} is a nested-set tree: TypeORM numbers its rows by raw SQL, which is not announced. Use a closure table or a materialized path, or do not show the numbers.`,
        ]
      : []),
    ...roundedKeys.map(
      ({ propertyPath }) =>
        `${name}.${propertyPath} is a key that JavaScript rounds: changes of a row whose key does not survive it are ` +
        'missed, or announced as removed. Use a key that JavaScript holds: text, a whole number, or fewer digits.',
    ),
    ...foreignKeyActions(metadata),
  ];
}

function foreignKeyActions(metadata: EntityMetadata): string[] {
  // Many-to-many rows are read before the rows that they name are deleted or get another key.
  if (metadata.tableType === 'junction' && metadata.ownColumns.every(({ referencedColumn }) => referencedColumn?.isPrimary)) return []; // prettier-ignore
  return metadata.foreignKeys.flatMap((foreignKey) => {
    const columns = foreignKey.columnNames.join(', ');
    const target = foreignKey.referencedEntityMetadata.name;
    const onDelete = foreignKey.onDelete ?? '';
    const onUpdate = foreignKey.onUpdate ?? '';
    const sentence = (event: string, action: string): string =>
      `${metadata.name}.${columns} has ON ${event} ${action}: when a row of ${target} is ${event.toLowerCase()}d, ` +
      `the database changes rows of ${metadata.name} by itself, which is not announced. Remove on${event === 'DELETE' ? 'Delete' : 'Update'} and write those rows through TypeORM first, or announce them with JiraServer.publish().`;
    return [
      ...(INVISIBLE.has(onDelete) ? [sentence('DELETE', onDelete)] : []),
      ...(INVISIBLE.has(onUpdate) ? [sentence('UPDATE', onUpdate)] : []),
    ];
  });
}

/** JavaScript's dates cut microseconds off; MariaDB shows a FLOAT with fewer digits than it compares. */
function isRounded(dataSource: DataSource, column: ColumnMetadata): boolean {
  const dialect = dialectOf(dataSource);
  const type = dataSource.driver.normalizeType(column);
  if (dialect.roundsFloats && type === 'float') return true;
  return /^(timestamp|datetime)/.test(type) && dialect.secondDigits(column.precision) > 3;
}
