// Live lists, as docs/protocol.md specifies them: the answer to `listen`, and the frames that follow.

import { ref } from './frames.js';
import { anyOf, listOf, NULL, objectOf, TEXT, type Schema } from './schema.js';

const STATE: Readonly<Record<string, Schema>> = {
  count: { ...anyOf({ type: 'integer', minimum: 0 }, NULL), description: 'How many rows match; null where nobody counts.' },
  complete: { type: 'boolean', description: 'Whether no row follows the last one.' },
}; // prettier-ignore
/** Members of an answer that a client can resume. */
const RESUME: Readonly<Record<string, Schema>> = {
  resume: { type: 'string', description: 'Names what the list shows now: the header "resume" of the next listen.' },
};
const FROM: Schema = {
  type: 'string',
  description: 'Names the list that the steps go on from, where lists have names.',
};
const INDEX: Schema = { type: 'integer', minimum: 0 };
const IDS: Schema = { ...listOf(ref('RowId')), description: 'The keys of the rows, in the same order.' };

export const LISTEN_HEADERS: Schema = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 0, description: 'How many rows the list is to have.' },
    resume: { ...anyOf(TEXT, NULL), description: 'Of a client that comes back: what the list showed.' },
    position: { ...TEXT, description: 'The position that came with it.' },
  },
};

/** The answer to `listen`. @param row what the list shows of a row */
export function listenedSchema(row: Schema): Schema {
  const channel: Readonly<Record<string, Schema>> = {
    channel: { type: 'string', description: 'What becomes of the list arrives on it.' },
    position: TEXT,
    ...RESUME,
  };
  const answer = (recovered: boolean, members: Readonly<Record<string, Schema>>): Schema => {
    const needed = { recovered: { const: recovered }, ...members, ...STATE };
    return objectOf({ ...channel, ...needed }, ['channel', 'position', ...Object.keys(needed)]);
  };
  return anyOf(
    answer(false, { rows: listOf(row), ids: IDS }),
    { ...answer(true, { ops: stepsOf(row) }), 'x-when': 'you came back with "resume": the steps from what it named' },
    { ...objectOf(channel, ['channel', 'position']), 'x-when': 'the list goes on under another channel: your rights changed' },
  ); // prettier-ignore
}

/** Steps, to be applied in order. */
function stepsOf(row: Schema): Schema {
  const step = (op: string, members: Readonly<Record<string, Schema>>, optional?: Readonly<Record<string, Schema>>) =>
    objectOf({ op: { const: op }, at: INDEX, id: ref('RowId'), ...members, ...optional }, ['op', 'at', 'id', ...Object.keys(members)]); // prettier-ignore
  const steps = [step('added', { row }), step('modified', { row }), step('moved', { from: INDEX }, { row }), step('removed', {})]; // prettier-ignore
  return listOf(anyOf(...steps));
}

/** `data` of a change frame of the type `list`: steps, or the list itself. */
export function listChangeSchema(row: Schema): Schema {
  return anyOf(
    objectOf({ ops: stepsOf(row), from: FROM, ...STATE, ...RESUME }, ['ops', 'count', 'complete']),
    objectOf({ rows: listOf(row), ids: IDS, ...STATE, ...RESUME }, ['rows', 'ids', 'count', 'complete']),
  );
}
