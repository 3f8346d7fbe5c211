// The cost of a statement: its plan, the rows it reads, its time.

import type { DataSource, Logger } from 'typeorm';
import type { ServerName } from './fill.js';

export type Statement = readonly [sql: string, parameters: readonly unknown[]];

export interface Cost {
  readonly ms: number;
  /** Rows that the leaves of the plans read, used or not. */
  readonly rows: number;
  readonly plans: readonly string[];
}

/** Records the SELECT statements that are sent. */
export class Recorder implements Logger {
  readonly sent: Statement[] = [];
  logQuery(sql: string, parameters: unknown[] = []): void {
    if (/^\(?SELECT/.test(sql)) this.sent.push([sql, parameters]);
  }
  readonly logQueryError = (): void => undefined;
  readonly logQuerySlow = (): void => undefined;
  readonly logSchemaBuild = (): void => undefined;
  readonly logMigration = (): void => undefined;
  readonly log = (): void => undefined;
}

/** Runs the statements twice and keeps the shorter time, then reads their plans. */
export async function costOf(
  dataSource: DataSource,
  type: ServerName,
  statements: readonly Statement[],
): Promise<Cost> {
  const times: number[] = [];
  for (let run = 0; run < 2; run++) {
    const start = performance.now();
    for (const [sql, parameters] of statements) await dataSource.query(sql, [...parameters]);
    times.push(performance.now() - start);
  }
  let rows = 0;
  const plans: string[] = [];
  for (const [sql, parameters] of statements) {
    const explain = type === 'postgres' ? 'EXPLAIN (ANALYZE, FORMAT JSON)' : 'ANALYZE FORMAT=JSON';
    const [answer] = await dataSource.query<Record<string, unknown>[]>(`${explain} ${sql}`, [...parameters]);
    const found = Object.values(answer ?? {})[0];
    const read = type === 'postgres' ? ofPostgres((found as { Plan: PostgresPlan }[])[0].Plan) : ofMariadb(JSON.parse(String(found))); // prettier-ignore
    rows += read.rows;
    plans.push(read.text);
  }
  return { ms: Math.min(...times), rows, plans };
}

interface PostgresPlan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PostgresPlan[];
}

function ofPostgres(plan: PostgresPlan): { rows: number; text: string } {
  const inner = (plan.Plans ?? []).map(ofPostgres);
  const own = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  const name = [plan['Node Type'], plan['Relation Name'] ?? plan['Index Name']].filter(Boolean).join(' ');
  const text = inner.length === 0 ? `${name} (${own})` : `${name} [${inner.map((one) => one.text).join(', ')}]`;
  // A scan may have subplans. The rows of a bitmap are counted in the scan that builds it.
  const isRead = inner.length === 0 || /^(Seq|Index|Index Only) Scan$/.test(plan['Node Type']);
  return { rows: inner.reduce((sum, one) => sum + one.rows, isRead ? own : 0), text };
}

interface MariadbTable {
  readonly table_name?: string;
  readonly access_type: string;
  readonly r_rows?: number | null;
  readonly r_loops?: number;
}

/** Reads every table of the plan, at any depth. */
function ofMariadb(plan: unknown): { rows: number; text: string } {
  if (typeof plan !== 'object' || plan === null) return { rows: 0, text: '' };
  const { table } = plan as { readonly table?: MariadbTable };
  const inner = Object.entries(plan).map(([, value]) => ofMariadb(value));
  let rows = inner.reduce((sum, one) => sum + one.rows, 0);
  const texts = inner.map((one) => one.text).filter((text) => text !== '');
  if (table?.table_name !== undefined && table.r_rows !== undefined) {
    const own = Math.round(Number(table.r_rows) * (table.r_loops ?? 1));
    rows += own;
    texts.unshift(`${table.access_type} ${table.table_name} (${own})`);
  }
  return { rows, text: texts.join(', ') };
}
