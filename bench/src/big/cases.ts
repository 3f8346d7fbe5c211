// The queries on the big tables, and the SQL one would write by hand for each.

import { createHash } from 'node:crypto';
import type { ServerName } from './fill.js';

export interface Case {
  readonly name: string;
  readonly hook: 'issues' | 'member-issues' | 'own-issues';
  readonly action: 'list' | 'counted' | 'capped' | 'uncounted';
  readonly query: Readonly<Record<string, unknown>>;
  /** Starts at the cursor of the row in the middle of the table. */
  readonly isInTheMiddle?: boolean;
  /** The same query in hand-written SQL for PostgreSQL. For MariaDB, the double quotes are removed. */
  readonly byHand: readonly string[];
}

/** Id of the user who calls in all cases. */
export const USER = 7;

const PAGE = 'ORDER BY "createdAt" DESC, id DESC LIMIT 17';
const COLUMNS = 'id, title, status, priority, "assigneeId", "createdAt", "projectId"';
const MINE = `"projectId" IN (SELECT "projectId" FROM member WHERE "userId" = ${USER})`;

export function casesFor(type: ServerName, issues: number): Case[] {
  const middle = Math.round(issues / 2);
  const hash = createHash('md5').update(String(middle)).digest('hex');
  const like = type === 'postgres' ? 'ILIKE' : 'LIKE';
  const select = (where: string, rest = PAGE): string => `SELECT ${COLUMNS} FROM issue WHERE ${where} ${rest}`;
  const all = { hook: 'issues', action: 'list' } as const;
  const cases: Case[] = [
    { ...all, name: 'page 1', query: {}, byHand: [select('1 = 1')] },
    {
      ...all,
      name: 'a cursor page in the middle',
      query: {},
      isInTheMiddle: true,
      byHand: [
        select(`("createdAt", id) < (SELECT "createdAt", id FROM issue WHERE id = ${middle})`).replace('("createdAt", id) <', type === 'postgres' ? '("createdAt", id) <' : '"createdAt" <= (SELECT "createdAt" FROM issue WHERE id = ' + String(middle) + ') AND ("createdAt", id) <'), // prettier-ignore
      ],
    },
    { ...all, name: 'page 1 with its count', action: 'counted', query: {}, byHand: [select('1 = 1'), 'SELECT COUNT(*) FROM issue'] },
    { ...all, name: 'page 1, counted up to 1,000', action: 'capped', query: {}, byHand: [select('1 = 1'), 'SELECT COUNT(*) FROM (SELECT 1 FROM issue LIMIT 1001) c'] },
    { ...all, name: 'equality', query: { status: 'open', priority: 3 }, byHand: [select(`status = 'open' AND priority = 3`)] },
    { ...all, name: 'icontains', query: { title__icontains: hash.slice(0, 12).toUpperCase() }, byHand: [select(`title ${like} '%${hash.slice(0, 12)}%'`)] },
    { ...all, name: 'search', query: { search: hash.slice(4, 16) }, byHand: [select(`title ${like} '%${hash.slice(4, 16)}%'`)] },
    { ...all, name: 'istartswith', query: { title__istartswith: `ISSUE ${middle} ` }, byHand: [select(`title ${like} 'Issue ${middle} %'`)] },
    { ...all, name: 'startswith', query: { title__startswith: `Issue ${middle} ` }, byHand: [select(`title LIKE 'Issue ${middle} %'`)] },
    { ...all, name: 'a year', action: 'uncounted', query: { createdAt__year: 2020 }, byHand: [select(`"createdAt" >= '2020-01-01' AND "createdAt" < '2021-01-01'`)] },
    { ...all, name: "by a relation's field", action: 'uncounted', query: { ordering: 'project__name' }, byHand: [`SELECT issue.* FROM issue JOIN project ON project.id = issue."projectId" ORDER BY project.name${type === 'postgres' ? ' COLLATE "C"' : ''}, issue.id LIMIT 17`] },
    { ...all, name: 'by a text', action: 'uncounted', query: { ordering: 'title' }, byHand: [select('1 = 1', `ORDER BY title${type === 'postgres' ? ' COLLATE "C"' : ''}, id LIMIT 17`)] },
    { ...all, hook: 'member-issues', name: 'seen by a membership', query: {}, byHand: [select(MINE)] },
    { ...all, hook: 'member-issues', name: 'seen by a membership, with its count', action: 'counted', query: {}, byHand: [select(MINE), `SELECT COUNT(*) FROM issue WHERE ${MINE}`] },
    { ...all, hook: 'own-issues', name: 'seen by either, with its count', action: 'counted', query: {}, byHand: [select(`${MINE} OR "assigneeId" = ${USER}`), `SELECT COUNT(*) FROM (SELECT id FROM issue WHERE ${MINE} UNION SELECT id FROM issue WHERE "assigneeId" = ${USER}) c`] },
  ]; // prettier-ignore
  return type === 'postgres'
    ? cases
    : cases.map((one) => ({ ...one, byHand: one.byHand.map((sql) => sql.replaceAll('"', '')) }));
}
