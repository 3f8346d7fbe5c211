// The state of a subscription or a live list, and how one frame changes it. Pure functions; the session keeps the state.

import { brief, reasonToEnter, reasonToLeave, type Fields, type Sight } from './membership';

export interface Row {
  readonly key: string;
  readonly data: Fields;
  /** The turn of the last change, for the flash. 0 if the row is as it was read. `how` says what changed. */
  readonly turn: number;
  readonly how: 'read' | 'added' | 'modified' | 'moved';
  readonly changed: readonly string[];
}

export type How = 'added' | 'modified' | 'moved' | 'removed' | 'reset';

export interface Noted {
  readonly turn: number;
  readonly at: Date;
  readonly how: How;
  readonly key: string;
  readonly position: string;
  /** What happened to the row: the fields that changed, or why it came or went. */
  readonly text: string;
  readonly isExplained: boolean;
}

export interface Subscription {
  readonly requestId: string;
  readonly namespace: string;
  readonly action: string;
  readonly query: unknown;
  readonly channel: string;
  readonly rows: readonly Row[];
  readonly changes: readonly Noted[];
  /** For a live list: how many rows match, and whether no row follows the last one. */
  readonly list?: { readonly count: number | null; readonly complete: boolean };
  readonly ended?: string;
}

export interface ChangeFrame {
  readonly type: 'added' | 'modified' | 'removed' | 'reset' | 'list';
  readonly channel?: string;
  readonly position: string;
  readonly id?: unknown;
  readonly data: unknown;
}

/** Returns what the subscription without a filter got for a row in a commit. */
export type SightOf = (position: string, key: string) => Sight | undefined;

const MAX_CHANGES = 50;
const MAX_TOLD = 2;

export function opened(
  of: Omit<Subscription, 'rows' | 'changes'>,
  rows: readonly unknown[],
  ids?: readonly unknown[],
): Subscription {
  return { ...of, rows: readRows(rows, ids), changes: [] };
}

export function applied(one: Subscription, frame: ChangeFrame, turn: number, sightOf: SightOf): Subscription {
  if (frame.type === 'list') return listApplied(one, frame, turn, sightOf);
  if (frame.type === 'reset')
    return noted(one, [{ turn, how: 'reset', key: '', frame, text: 'something could not be sent: subscribe again' }]);
  const key = keyOf(frame.id);
  const before = one.rows.find((row) => row.key === key);
  if (frame.type === 'removed')
    return noted({ ...one, rows: one.rows.filter((row) => row !== before) }, [left(one, key, turn, frame, sightOf)]);
  const row = written(before, key, frame.data, turn);
  const rows = before ? one.rows.map((other) => (other === before ? row : other)) : [...one.rows, row];
  return noted({ ...one, rows }, [before ? stayed(before, row, frame) : entered(one, row, frame, sightOf)]);
}

/** Returns the subscription with reasons that became known only now. */
export function explained(one: Subscription, sightOf: SightOf): Subscription {
  const changes = one.changes.map((change) => {
    const { how, key, position, isExplained } = change;
    if (isExplained || (how !== 'added' && how !== 'removed')) return change;
    return { ...change, ...why(one, how, sightOf(position, key)) };
  });
  return { ...one, changes };
}

interface Op {
  readonly op: 'added' | 'modified' | 'moved' | 'removed';
  readonly at: number;
  readonly from?: number;
  readonly id?: unknown;
  readonly row?: unknown;
}

interface ListData {
  readonly ops?: readonly Op[];
  readonly rows?: readonly unknown[];
  readonly ids?: readonly unknown[];
  readonly count: number | null;
  readonly complete: boolean;
}

function listApplied(one: Subscription, frame: ChangeFrame, turn: number, sightOf: SightOf): Subscription {
  const { ops = [], rows: whole, ids, count, complete } = frame.data as ListData;
  const list = { count, complete };
  if (whole) {
    const note = { turn, how: 'reset', key: '', frame, text: 'your rights changed: these are your rows now' } as const;
    return noted({ ...one, list, rows: readRows(whole, ids) }, [note]);
  }
  const rows = [...one.rows];
  const notes: Note[] = [];
  for (const { op, at, from = at, id, row: shown } of ops) {
    const before = op === 'added' ? undefined : rows[from];
    if (op !== 'added') rows.splice(from, 1);
    if (op === 'removed') {
      notes.push(left(one, before?.key ?? keyOf(id), turn, frame, sightOf));
      continue;
    }
    const row = shown === undefined && before ? { ...before, turn, how: 'moved' as const, changed: [] } : written(before, before?.key ?? keyOf(id), shown, turn); // prettier-ignore
    rows.splice(at, 0, row);
    if (op === 'moved') notes.push({ turn, how: 'moved', key: row.key, frame, text: moved(before, row, from, at) });
    else notes.push(before ? stayed(before, row, frame) : entered(one, row, frame, sightOf));
  }
  return noted({ ...one, list, rows }, notes);
}

interface Note extends Pick<Noted, 'turn' | 'how' | 'key' | 'text'> {
  readonly frame: ChangeFrame;
  readonly isExplained?: boolean;
}

function noted(one: Subscription, notes: readonly Note[]): Subscription {
  const at = new Date();
  const made = notes.map(({ frame, isExplained = false, ...note }) => ({ ...note, at, position: frame.position, isExplained })); // prettier-ignore
  return { ...one, changes: [...made.toReversed(), ...one.changes].slice(0, MAX_CHANGES) };
}

function stayed(before: Row, row: Row, frame: ChangeFrame): Note {
  return { turn: row.turn, how: 'modified', key: row.key, frame, text: differenceOf(before, row) || 'was written' };
}

function moved(before: Row | undefined, row: Row, from: number, at: number): string {
  const difference = before ? differenceOf(before, row) : '';
  return `from ${from + 1} to ${at + 1}${difference && `, ${difference}`}`;
}

function entered(one: Subscription, { key, turn }: Row, frame: ChangeFrame, sightOf: SightOf): Note {
  return { turn, how: 'added', key, frame, ...why(one, 'added', sightOf(frame.position, key)) };
}

function left(one: Subscription, key: string, turn: number, frame: ChangeFrame, sightOf: SightOf): Note {
  return { turn, how: 'removed', key, frame, ...why(one, 'removed', sightOf(frame.position, key)) };
}

const WHY = { added: 'it is among them now', removed: 'it is among them no longer' };

/** The reason for a change. `unchanged` explains nothing, because a later frame of the commit may still report the row. */
function why(one: Subscription, how: keyof typeof WHY, sight: Sight | undefined): Pick<Noted, 'text' | 'isExplained'> {
  const reason = reasonOf(one, how, sight);
  return { text: reason ?? WHY[how], isExplained: reason !== undefined && sight?.type !== 'unchanged' };
}

function reasonOf(one: Subscription, how: 'added' | 'removed', sight: Sight | undefined): string | undefined {
  if (!sight) return undefined;
  const isList = one.list !== undefined;
  return how === 'added' ? reasonToEnter(one.query, sight, isList) : reasonToLeave(one.query, sight, isList);
}

function written(before: Row | undefined, key: string, data: unknown, turn: number): Row {
  const shown = fieldsOf(data);
  const changed = before ? Object.keys(shown).filter((name) => !isSame(shown[name], before.data[name])) : [];
  return { key, data: shown, turn, how: before ? 'modified' : 'added', changed };
}

function differenceOf(before: Row, row: Row): string {
  const told = row.changed
    .slice(0, MAX_TOLD)
    .map((name) => `${name}: ${brief(before.data[name])} → ${brief(row.data[name])}`);
  const more = row.changed.length - told.length;
  return `${told.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function readRows(rows: readonly unknown[], ids?: readonly unknown[]): readonly Row[] {
  return rows.map((data, i) => {
    const shown = fieldsOf(data);
    const key = keyOf(ids?.[i] ?? shown['id'] ?? shown['pk'] ?? shown);
    return { key, data: shown, turn: 0, how: 'read', changed: [] };
  });
}

export function fieldsOf(data: unknown): Fields {
  return typeof data === 'object' && data !== null ? (data as Fields) : { value: data };
}

export function keyOf(id: unknown): string {
  return typeof id === 'string' ? id : JSON.stringify(id);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
