// What an application finds on the classes it extends and is given: nothing that it must not touch.

import { describe, expectTypeOf, it } from 'vitest';
import type { ActionScope, BaseHook, GenericHook, GenericModelHook, HookScope } from 'nestjs-jira';

/** What code outside of the class can name. */
type Members<T> = Extract<keyof T, string>;

type OfBaseHook =
  'permissions' | 'middleware' | 'onRegister' | 'processHandshake' | 'openUnitOfWork' | 'checkObjectPermissions';

type OfGenericHook =
  | OfBaseHook
  | 'output'
  | 'createInput'
  | 'updateInput'
  | 'createGroups'
  | 'updateGroups'
  | 'lookupField'
  | 'lookupQueryKey'
  | 'filterFields'
  | 'orderingFields'
  | 'ordering'
  | 'searchFields'
  | 'unrestrictedFields'
  | 'queryWeights'
  | 'filterBackends'
  | 'pagination'
  | 'pageSize'
  | 'getStore'
  | 'parseFilter'
  | 'parseOrdering'
  | 'lookupFilter'
  | 'getOutput'
  | 'getCreateInput'
  | 'getUpdateInput'
  | 'filterQuery'
  | 'getObject'
  | 'getList'
  | 'serialize'
  | 'serializeAll'
  | 'present'
  | 'performCreate'
  | 'performUpdate'
  | 'performDestroy'
  | 'save';

type OfGenericModelHook =
  | OfGenericHook
  | 'entity'
  | 'withDeleted'
  | 'dependsOn'
  | 'expandFields'
  | 'visibility'
  | 'getQuery'
  | 'audience'
  | 'serializesPerUser';

type OfHookScope =
  | 'connection'
  | 'namespace'
  | 'action'
  | 'method'
  | 'requestId'
  | 'data'
  | 'query'
  | 'headers'
  | 'params'
  | 'extra'
  | 'user'
  | 'sid'
  | 'handshake'
  | 'environ'
  | 'path'
  | 'manager'
  | 'signal'
  | 'emit'
  | 'reply'
  | 'resolve'
  | 'buildAbsoluteUri';

interface Row {
  id: number;
}

describe('the members', () => {
  it('of BaseHook are these', () => {
    expectTypeOf<Members<BaseHook>>().toEqualTypeOf<OfBaseHook>();
  });

  it('of GenericHook are these', () => {
    expectTypeOf<Members<GenericHook<Row>>>().toEqualTypeOf<OfGenericHook>();
  });

  it('of GenericModelHook are these', () => {
    expectTypeOf<Members<GenericModelHook<Row>>>().toEqualTypeOf<OfGenericModelHook>();
  });

  it('of HookScope and ActionScope are these', () => {
    expectTypeOf<Members<HookScope>>().toEqualTypeOf<OfHookScope>();
    expectTypeOf<Members<ActionScope>>().toEqualTypeOf<OfHookScope>();
  });
});
