// The indexes that the hooks of an application need, for `nestjs-jira indexes`.

import type { Type } from '@nestjs/common';
import { CONTEXT } from '../../hooks/plumbing.js';
import { HookRegistry } from '../../hooks/registry.js';
import type { HookScope } from '../../core/scope/scope.js';
import { GenericModelHook } from '../../typeorm/hooks/generic-model-hook.js';
import { compareIndexes, type FoundIndex, type MissingIndex } from '../../typeorm/indexes/compared-indexes.js';
import { IndexNeeds, type Unserved } from '../../typeorm/indexes/index-needs.js';
import type { Condition } from '../../typeorm/query/condition.js';
import { compileVisibility } from '../../typeorm/query/row-predicate.js';
import { TypeOrmEdge } from '../../typeorm/typeorm-edge.js';

export interface ApplicationIndexes {
  readonly found: readonly FoundIndex[];
  readonly missing: readonly MissingIndex[];
  readonly unserved: readonly Unserved[];
}

/**
 * Compares the indexes that the tables have with those that the hooks need. It writes nothing.
 *
 * @param app an initialized application
 * @param user the user whose visibility counts
 */
export async function applicationIndexes(
  app: { get<T>(token: Type<T>): T },
  user: unknown,
): Promise<ApplicationIndexes> {
  const edge = app.get(TypeOrmEdge);
  const all: IndexNeeds[] = [];
  for (const { hook, namespace } of app.get(HookRegistry).all()) {
    if (!(hook instanceof GenericModelHook)) continue;
    const served = hook as GenericModelHook<object>;
    const { name } = served.constructor;
    const { metadata } = edge.dataSources.find(served.entity, name, served[CONTEXT].metadata.dataSource);
    const needs = new IndexNeeds(metadata);
    all.push(needs);
    const { lookupField, filterFields, searchFields, orderingFields, ordering } = served;
    const declared = { namespace, lookupField, filterFields, searchFields, orderingFields, ordering };
    needs.addHook(declared, await visibilityOf(served, metadata, { namespace, user }, needs));
  }
  return {
    ...(await compareIndexes(all.flatMap(({ needs }) => needs))),
    unserved: all.flatMap(({ unserved }) => unserved),
  };
}

/** The visibility of the user; `undefined` if it needs more of the caller than there is here. */
async function visibilityOf(
  hook: GenericModelHook<object>,
  metadata: Parameters<typeof compileVisibility>[0],
  { namespace, user }: { readonly namespace: string; readonly user: unknown },
  needs: IndexNeeds,
): Promise<Condition | undefined> {
  const caller = { user, params: {}, handshake: { headers: {}, query: {}, auth: {} }, id: 'indexes', path: '/' };
  const scope = { ...caller, connection: caller, namespace, action: 'list', method: 'GET', query: {}, headers: {}, data: undefined, manager: metadata.dataSource.manager }; // prettier-ignore
  try {
    return compileVisibility(metadata, await hook.visibility(scope as unknown as HookScope)).condition;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    needs.unserved.push({ use: `${namespace}: visibility`, why: `not known for this user (--user): ${why}` });
    return undefined;
  }
}
