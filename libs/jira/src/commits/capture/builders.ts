// Every TypeORM write ends in execute() of one of four builders: they are wrapped once and handed to their data source's capture.

import { DeleteQueryBuilder, InsertQueryBuilder, UpdateQueryBuilder, type DataSource, type QueryRunner } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import type { QueryExpressionMap } from 'typeorm/query-builder/QueryExpressionMap.js';
import { SoftDeleteQueryBuilder } from 'typeorm/query-builder/SoftDeleteQueryBuilder.js';

/** What capture needs of a write builder; TypeORM keeps part of it protected. */
export interface WriteBuilder {
  readonly dataSource: DataSource;
  readonly expressionMap: QueryExpressionMap;
  queryRunner?: QueryRunner;
  getParameters(): Record<string, unknown>;
  /** Of an insert: the columns whose values are sent; PostgreSQL is not sent a number that it generates itself. */
  getInsertedColumns?(): ColumnMetadata[];
  createCteExpression(): string;
  createWhereExpression(): string;
  createOrderByExpression?(): string;
  createLimitExpression?(): string;
  replacePropertyNamesForTheWholeQuery(statement: string): string;
}

export type Execute = () => Promise<unknown>;

/** Decides what becomes of one execute() of a builder; `proceed` is the stock one. */
export type Interceptor = (builder: WriteBuilder, proceed: Execute) => Promise<unknown>;

interface Executable {
  execute: (this: WriteBuilder) => Promise<unknown>;
}

// Two copies of this package in one process must not wrap twice, so the wrapper carries the table it looks up.
const INTERCEPTORS = Symbol.for('nestjs-jira.capture.interceptors');

type Wrapped = Executable['execute'] & { [INTERCEPTORS]?: WeakMap<DataSource, Interceptor> };

/** From now on this data source's writes pass through the interceptor. */
export function intercept(dataSource: DataSource, interceptor: Interceptor): void {
  for (const prototype of prototypes()) interceptorsOf(prototype).set(dataSource, interceptor);
}

export function stopIntercepting(dataSource: DataSource): void {
  for (const prototype of prototypes()) interceptorsOf(prototype).delete(dataSource);
}

/** Whether this data source's writes still reach the interceptor. */
export function isIntercepted(dataSource: DataSource, interceptor: Interceptor): boolean {
  return prototypes().every(
    (prototype) => (prototype.execute as Wrapped)[INTERCEPTORS]?.get(dataSource) === interceptor,
  );
}

function prototypes(): Executable[] {
  const builders = [InsertQueryBuilder, UpdateQueryBuilder, DeleteQueryBuilder, SoftDeleteQueryBuilder];
  return builders.map((builder) => builder.prototype as unknown as Executable);
}

function interceptorsOf(prototype: Executable): WeakMap<DataSource, Interceptor> {
  const stock: Wrapped = prototype.execute;
  if (stock[INTERCEPTORS]) return stock[INTERCEPTORS];
  const interceptors = new WeakMap<DataSource, Interceptor>();
  const execute: Wrapped = function (this: WriteBuilder): Promise<unknown> {
    const interceptor = interceptors.get(this.dataSource);
    return interceptor ? interceptor(this, () => stock.call(this)) : stock.call(this);
  };
  execute[INTERCEPTORS] = interceptors;
  prototype.execute = execute;
  return interceptors;
}
