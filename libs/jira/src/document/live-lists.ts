// Live lists, as docs/protocol.md specifies them: what `listen` takes and is answered, and the frames that follow.

import { ref } from './frames.js';
import { anyOf, listOf, NULL, objectOf, TEXT, type Schema } from './schema.js';

const STATE: Readonly<Record<string, Schema>> = {
  count: { ...anyOf({ type: 'integer', minimum: 0 }, NULL), description: 'How many rows match; null where nobody counts.' },
  complete: { type: 'boolean', description: 'Whether no row follows the last one.' },
}; // prettier-ignore
const INDEX: Schema = { type: 'integer', minimum: 0 };
const IDS: Schema = { ...listOf(ref('RowId')), description: 'The keys of the rows, in the same order.' };

export const LISTEN_HEADERS: Schema = {
  type: 'object',
  properties: { limit: { type: 'integer', minimum: 0, description: 'How many rows the list is to have.' } },
};

/** @param row what the list shows of a row */
export function listenedSchema(row: Schema): Schema {
  const channel: Readonly<Record<string, Schema>> = {
    channel: { type: 'string', description: 'What becomes of the list arrives on it.' },
    position: TEXT,
    resume: { type: 'string', description: 'The header "resume" of the next listen.' },
  };
  return anyOf(
    objectOf({ ...channel, rows: listOf(row), ids: IDS, ...STATE }, ['channel', 'position', 'rows', 'ids', 'count', 'complete']),
    { ...objectOf(channel, ['channel', 'position']), 'x-when': 'the list goes on under another channel: your rights changed' },
  ); // prettier-ignore
}

/** `data` of a change frame of the type `list`: steps, each valid once those before it are taken, or the list itself. */
export function listChangeSchema(row: Schema): Schema {
  const step = (op: string, members: Readonly<Record<string, Schema>>, optional?: Readonly<Record<string, Schema>>) =>
    objectOf({ op: { const: op }, at: INDEX, id: ref('RowId'), ...members, ...optional }, ['op', 'at', 'id', ...Object.keys(members)]); // prettier-ignore
  const steps = [step('added', { row }), step('modified', { row }), step('moved', { from: INDEX }, { row }), step('removed', {})]; // prettier-ignore
  return anyOf(
    objectOf({ ops: listOf(anyOf(...steps)), ...STATE }, ['ops', 'count', 'complete']),
    objectOf({ rows: listOf(row), ids: IDS, ...STATE }, ['rows', 'ids', 'count', 'complete']),
  );
}
