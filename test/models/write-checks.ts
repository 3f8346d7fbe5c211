// What has to hold of a user's write: it touched nothing that its writer could not see.

import { isDeepStrictEqual } from 'node:util';
import { NAMESPACES } from './hooks.js';
import { ROLES, type Model, type Role } from './model.js';
import type { Moment, Row } from './moment.js';
import type { WireStep } from './steps.js';
import { looksAs, pick, told, Violation } from './violation.js';

export interface WriteAnswer {
  readonly status: number;
  readonly data: unknown;
  readonly pk?: unknown;
}

export class WriteCheck {
  constructor(
    private readonly model: Model,
    private readonly before: Moment,
    private readonly now: Moment,
  ) {}

  /** Only what its writer could see was touched, and the answer is the row as it is stored. */
  check({ by: user, action, ...step }: WireStep, { status, data, pk }: WriteAnswer): void {
    const changed = differences(this.before, this.now);
    const what = `${action} by user ${user} of ${told(pk)} (${told(step)}), answered ${status} ${told(data)},`;
    if (status >= 300) {
      if (changed.length > 0) throw new Violation(`${what} changed ${told(changed)}`);
      return;
    }
    for (const role of ROLES) this.checkTouched(role, user, what);
    this.checkLinks(user, what);
    if (action === 'destroy') return;
    const shown = this.now.visible('item', user);
    const expected = shown.find((row) => isDeepStrictEqual(pick(this.now.view(row), ['id', 'k1', 'k2']), pick(data, ['id', 'k1', 'k2']))); // prettier-ignore
    if (!expected) throw new Violation(`${what} is of no row that the writer may see`);
    const view = this.now.view(expected);
    if (!looksAs(this.model, view, data)) throw new Violation(`${what} is not the stored row ${told(view)}`);
  }

  private checkTouched(role: Role, user: number, what: string): void {
    if (!(role in NAMESPACES)) return;
    const before = new Map(this.before.all(role).map((row) => [row.id, row]));
    const after = new Map(this.now.all(role).map((row) => [row.id, row]));
    for (const [id, row] of after) {
      const old = before.get(id);
      if (!old) {
        if (!this.now.sees(user, role, id)) throw new Violation(`${what} left a new ${role} ${id} that its writer may not see`); // prettier-ignore
        this.checkTargets(role, row, undefined, user, what);
      } else if (!isDeepStrictEqual(old.raw, row.raw)) {
        if (!this.before.sees(user, role, id)) throw new Violation(`${what} touched ${role} ${id}, which its writer could not see: ${told(old.raw)} became ${told(row.raw)}`); // prettier-ignore
        if (!row.isDeleted && !this.now.sees(user, role, id) && role === 'item') throw new Violation(`${what} left ${role} ${id}, which its writer may not see any more`); // prettier-ignore
        this.checkTargets(role, row, old, user, what);
      }
    }
    for (const id of before.keys())
      if (!after.has(id) && !this.before.sees(user, role, id)) throw new Violation(`${what} removed ${role} ${id}, which its writer could not see`); // prettier-ignore
  }

  /** What the row newly refers to has to be in its writer's sight. */
  private checkTargets(role: Role, row: Row, old: Row | undefined, user: number, what: string): void {
    for (const name of ['group', 'parent', 'item', 'detail']) {
      const relation = this.now.metadataOf(role).findRelationWithPropertyPath(name);
      if (!relation?.isOwning || relation.isManyToMany) continue;
      const columns = relation.joinColumns.map(({ databaseName }) => databaseName);
      if (columns.every((column) => isDeepStrictEqual(row.raw[column], old?.raw[column]) || row.raw[column] === null)) continue; // prettier-ignore
      const target = (name === 'parent' ? 'item' : name) as Role;
      const targets = this.now.related(role, row, name);
      if (!targets.some(({ id }) => this.now.sees(user, target, id))) throw new Violation(`${what} lets ${role} ${row.id} refer by "${name}" to a row that its writer may not see: ${told(columns.map((column) => row.raw[column]))}`); // prettier-ignore
    }
  }

  /** Links that came or went join rows that their writer sees. */
  private checkLinks(user: number, what: string): void {
    const relation = this.model.classes.tag && this.now.metadataOf('item').findRelationWithPropertyPath('tags');
    if (!relation) return;
    const linked = (moment: Moment): Map<string, [Row, Row]> =>
      new Map(moment.all('item').flatMap((item) => moment.related('item', item, 'tags').map((tag): [string, [Row, Row]] => [`${item.id} ${tag.id}`, [item, tag]]))); // prettier-ignore
    const [before, after] = [linked(this.before), linked(this.now)];
    for (const [key, [item, tag]] of [...before, ...after]) {
      if (before.has(key) === after.has(key)) continue;
      const moment = after.has(key) ? this.now : this.before;
      const isGone = !this.now.find('item', item.id) || !this.now.find('tag', tag.id);
      const isSeen = moment.sees(user, 'item', item.id) && (isGone || moment.sees(user, 'tag', tag.id));
      if (!isSeen) throw new Violation(`${what} changed the link ${key}, of which its writer may not see both ends`);
    }
  }
}

/** Rows that are not as they were, by table and key. */
export function differences(before: Moment, now: Moment): string[] {
  return [...now.tables].flatMap(([table, rows]) => {
    const old = before.tables.get(table);
    const keys = new Set([...rows.keys(), ...(old?.keys() ?? [])]);
    return [...keys].filter((key) => rows.get(key) !== old?.get(key)).map((key) => `${table} ${key}`);
  });
}
