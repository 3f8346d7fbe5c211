// Optimistic writes: layers over the rows of a store.

import type { Change } from '../change.js';
import type { Write } from '../hook-client.js';
import { keyText } from '../live-list.js';
import { isEqual } from './equal.js';

type Fields = Readonly<Record<string, unknown>>;

interface Layer {
  readonly write: Write;
  /** The row's key. A create gets it with the answer, unless the application chooses the key. */
  key: string | undefined;
  fields: Fields;
  isAnswered: boolean;
  /** The answer: the stored row. */
  stored?: unknown;
  position?: string;
  /** How often the server has read the list since the answer. */
  reads: number;
  timer?: ReturnType<typeof setTimeout>;
}

export interface LayersParts {
  readonly keyOf: (row: unknown) => string;
  readonly compare?: (a: unknown, b: unknown) => number;
  /** Whether a row with these fields may belong to the list, as far as the client can tell. */
  readonly fits: (fields: Fields) => boolean;
  /** Whether a new row with these fields certainly belongs to the list. */
  readonly gains: (fields: Fields) => boolean;
  /** Called when the layers change. */
  changed(): void;
}

/** How long a layer outlives its answer, in ms, if no rows with it arrive. After that, the server's rows are shown. */
const LAST_MS = 5_000;

let temporary = 0;

export class Layers {
  private layers: Layer[] = [];
  private base: readonly unknown[] = [];
  /** The newest change of each row since there are layers, and how often rows arrived after it. */
  private readonly heard = new Map<string, { readonly change: Change; readonly positions: string[]; rows: number }>();

  constructor(private readonly parts: LayersParts) {}

  add(write: Write): void {
    const fields = fieldsOf(write);
    const key =
      write.action === 'create' ? this.chosenKey(fields) : write.id === undefined ? undefined : keyText(write.id);
    if (key === undefined && write.action !== 'create') return;
    const layer: Layer = { write, key, fields, isAnswered: false, reads: 0 };
    this.layers.push(layer);
    write.request.answer().then(
      ({ data, position }) => this.answered(layer, data, position),
      () => this.remove(layer),
    );
    this.parts.changed();
  }

  /** Notes a change. The resulting rows follow. */
  hear(change: Change): void {
    if (this.layers.length === 0 || change.type === 'reset') return;
    const key = keyText(change.id);
    const positions = [...(this.heard.get(key)?.positions ?? []), change.position];
    this.heard.set(key, { change, positions, rows: 0 });
  }

  /** Takes rows from the server. Removes the layers that they contain. `isRead`: the server read them anew for this list. */
  rows(base: readonly unknown[], isRead: boolean): void {
    this.base = base;
    for (const one of this.heard.values()) one.rows++;
    if (isRead) for (const layer of this.layers) if (layer.isAnswered) layer.reads++;
    this.settle();
  }

  /** Returns the rows with the layers applied. */
  over(base: readonly unknown[]): readonly unknown[] {
    return this.layers.reduce((rows, layer) => this.apply(rows, layer), base);
  }

  clear(): void {
    for (const { timer } of this.layers) clearTimeout(timer);
    this.layers = [];
    this.heard.clear();
  }

  private answered(layer: Layer, stored: unknown, position: string | undefined): void {
    layer.isAnswered = true;
    layer.position = position;
    layer.stored = stored;
    if (layer.write.action === 'create' && isRecord(stored)) {
      layer.fields = stored;
      layer.key = this.parts.keyOf(stored);
    }
    if (!this.layers.includes(layer)) return;
    layer.timer = setTimeout(() => this.remove(layer), LAST_MS);
    const before = this.layers.length;
    this.settle();
    if (this.layers.length !== before || layer.write.action === 'create') this.parts.changed();
  }

  private remove(layer: Layer): void {
    clearTimeout(layer.timer);
    if (!this.layers.includes(layer)) return;
    this.layers = this.layers.filter((other) => other !== layer);
    if (this.layers.length === 0) this.heard.clear();
    this.parts.changed();
  }

  private settle(): void {
    this.layers = this.layers.filter((layer) => {
      const isDone = layer.isAnswered && this.isApplied(layer);
      if (isDone) clearTimeout(layer.timer);
      return !isDone;
    });
    if (this.layers.length === 0) this.heard.clear();
  }

  /** Whether the server's rows contain the write. */
  private isApplied({ key, write, stored, position, reads }: Layer): boolean {
    // The first read that arrives after the answer may have begun before the write. The second cannot have.
    if (key === undefined || reads > 1) return true;
    const row = this.base.find((one) => this.parts.keyOf(one) === key);
    if (write.action === 'destroy' ? row === undefined : row !== undefined && isAlike(row, stored)) return true;
    const heard = this.heard.get(key);
    if (!heard || heard.rows === 0 || (position !== undefined && !heard.positions.includes(position))) return false;
    // If rows arrived twice after a change, the second fetch began after it.
    if (heard.rows > 1) return true;
    const { change } = heard;
    return change.type === 'removed' ? row === undefined : row !== undefined && isAlike(row, change.data);
  }

  private apply(rows: readonly unknown[], { write, key, fields }: Layer): readonly unknown[] {
    const { keyOf, compare, fits, gains } = this.parts;
    const at = key === undefined ? -1 : rows.findIndex((row) => keyOf(row) === key);
    if (write.action === 'destroy') return at < 0 ? rows : rows.toSpliced(at, 1);
    if (write.action === 'create') {
      if (at >= 0 || !gains(fields)) return rows;
      const before = compare ? rows.findIndex((other) => compare(other, fields) > 0) : -1;
      return rows.toSpliced(before < 0 ? rows.length : before, 0, fields);
    }
    if (at < 0) return rows;
    const row = { ...(rows[at] as Fields), ...shownOf(write, fields, rows[at] as Fields) };
    return fits(row) ? rows.with(at, row) : rows.toSpliced(at, 1);
  }

  private chosenKey(fields: Fields): string | undefined {
    const key = this.parts.keyOf(fields);
    return key === '' ? undefined : key;
  }
}

/** The plain filters of a query. A row with another value in such a field is not in the list. */
export function plainFilters(query: Fields = {}): { fits: LayersParts['fits']; gains: LayersParts['gains'] } {
  const asked = Object.entries(query).filter(([name, value]) => value !== undefined && !PRESENTATION.has(name));
  const isPlain = ([name, value]: [string, unknown]): boolean =>
    /^[a-z]\w*$/i.test(name) && !name.includes('__') && name !== 'search' && typeof value !== 'object';
  const plain = asked.filter(isPlain);
  const fits = (fields: Fields): boolean =>
    plain.every(([name, value]) => !(name in fields) || String(fields[name]) === String(value));
  const gains = (fields: Fields): boolean =>
    plain.length === asked.length && fits(fields) && plain.every(([name]) => name in fields);
  return { fits, gains };
}

const PRESENTATION = new Set(['page', 'page_size', 'limit', 'offset', 'ordering', 'expand', 'fields']);

function fieldsOf({ action, shown, data }: Write): Fields {
  const fields = shown === true ? (isRecord(data) ? data : {}) : shown;
  return action === 'create' && fields['id'] === undefined ? { id: `~${++temporary}`, ...fields } : fields;
}

/** The fields of the input that the row shows. */
function shownOf({ shown }: Write, fields: Fields, row: Fields): Fields {
  return shown === true ? Object.fromEntries(Object.entries(fields).filter(([name]) => name in row)) : fields;
}

/** Whether both are equal in the fields that both show. A list may show fewer fields, or related rows in place of their keys. */
function isAlike(row: unknown, stored: unknown): boolean {
  if (isEqual(row, stored)) return true;
  if (!isRecord(row) || !isRecord(stored)) return false;
  const names = Object.keys(row).filter((name) => name in stored);
  const own =
    Object.keys(row).length === Object.keys(stored).length ? names : names.filter((name) => !isObject(row[name]));
  return own.every((name) => isEqual(row[name], stored[name]));
}

function isRecord(value: unknown): value is Fields {
  return isObject(value) && !Array.isArray(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
