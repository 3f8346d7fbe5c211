// Wraps execute() of TypeORM's four write builders, in which every write ends, and passes each call to its data
// source's capture.

import type { DataSource } from 'typeorm';
import { writeBuilderPrototypes, type WriteBuilder, type WriteBuilderPrototype } from '../typeorm-internals.js';

export type Execute = () => Promise<unknown>;

/** Handles one execute() of a builder; `proceed` calls TypeORM's own. */
export type Interceptor = (builder: WriteBuilder, proceed: Execute) => Promise<unknown>;

// Two copies of this package in one process must not wrap twice, so the wrapper carries the table it looks up.
const INTERCEPTORS = Symbol.for('nestjs-jira.capture.interceptors');

type Wrapped = WriteBuilderPrototype['execute'] & { [INTERCEPTORS]?: WeakMap<DataSource, Interceptor> };

/** Passes this data source's writes to the interceptor from now on. */
export function intercept(dataSource: DataSource, interceptor: Interceptor): void {
  for (const prototype of writeBuilderPrototypes()) interceptorsOf(prototype).set(dataSource, interceptor);
}

export function stopIntercepting(dataSource: DataSource): void {
  for (const prototype of writeBuilderPrototypes()) interceptorsOf(prototype).delete(dataSource);
}

/** Whether this data source's writes still reach the interceptor. */
export function isIntercepted(dataSource: DataSource, interceptor: Interceptor): boolean {
  return writeBuilderPrototypes().every(
    (prototype) => (prototype.execute as Wrapped)[INTERCEPTORS]?.get(dataSource) === interceptor,
  );
}

function interceptorsOf(prototype: WriteBuilderPrototype): WeakMap<DataSource, Interceptor> {
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
