// The options of a TanStack DB collection that holds a hook's rows.

import type { BaseCollectionConfig, CollectionConfig, InferSchemaOutput } from '@tanstack/db';
import type { Query, RowId } from 'nestjs-jira-protocol';
import type { HookClient, UntypedHookClient } from '../hook-client.js';
import type { ItemOf, OutputOf, QueryOf } from '../types.js';
import { collectionKey, type RowKey } from './synced-rows.js';
import { SyncRun } from './sync-run.js';
import { handlerOf } from './writes.js';

type Schema = NonNullable<CollectionConfig['schema']>;

/** The type of the rows in a hook's `list`. */
export type CollectionRow<Hook> = ItemOf<OutputOf<Hook, 'list'>> extends infer Row extends object ? Row : object;

/** A collection's key: the row's `id`. */
export type CollectionKey<Row> = Row extends { readonly id: infer Id extends RowKey } ? Id : RowKey;

type Shared = 'id' | 'gcTime' | 'startSync' | 'autoIndex' | 'defaultIndexType' | 'compare' | 'defaultStringCollation';

export interface JiraCollectionConfig<Hook, Row extends object> extends Pick<
  BaseCollectionConfig<Row, CollectionKey<Row>>,
  Shared
> {
  /** The hook: `jira.hook('issues')`. */
  readonly hook: HookClient<Hook>;
  /**
   * Selects rows of the hook by filters and `search`. Keys for paging, ordering or shape, such as `page` or `expand`, are
   * refused.
   *
   * @default all rows that the caller may see
   */
  readonly query?: QueryOf<Hook, 'list'>;
  /**
   * `eager` keeps all rows of the query. `on-demand` keeps the rows that live queries need.
   *
   * @default 'eager'
   */
  readonly syncMode?: 'eager' | 'on-demand';
  /**
   * The row's key, as the server names it in `change.id`.
   *
   * @default row => row.id
   */
  readonly key?: (row: Row) => RowId;
  /** The input of `create` for a new row. @default the row */
  readonly createInput?: (row: Row) => unknown;
  /** The input of PATCH `update` for a changed row. @default the changed fields */
  readonly updateInput?: (changes: Partial<Row>, row: Row) => unknown;
  /**
   * How long an answered write waits for the change of its commit, in ms. The change may never come, if the row does not belong
   * to the collection.
   *
   * @default 2_000
   */
  readonly appliedWithinMs?: number;
  /**
   * Called with an error that ends a part of an `on-demand` collection, such as a lost permission.
   *
   * @default console.error
   */
  readonly onError?: (error: unknown) => void;
}

const APPLIED_WITHIN_MS = 2_000;

/** Query keys that shape the answer but do not select rows. */
const PRESENTATION = ['page', 'page_size', 'limit', 'offset', 'cursor', 'ordering', 'expand', 'fields'];

/**
 * Returns the options of a collection that keeps a hook's rows current and sends its writes to the hook.
 *
 * @throws TypeError if `query` has a key for paging, ordering or shape
 *
 * @example
 * const issues = createCollection(jiraCollectionOptions({ hook: jira.hook('issues') }));
 */
export function jiraCollectionOptions<Hook, S extends Schema>(
  config: JiraCollectionConfig<Hook, InferSchemaOutput<S>> & { readonly schema: S },
): CollectionConfig<InferSchemaOutput<S>, CollectionKey<InferSchemaOutput<S>>, S> & { schema: S };
export function jiraCollectionOptions<Hook>(
  config: JiraCollectionConfig<Hook, CollectionRow<Hook>> & { readonly schema?: never },
): CollectionConfig<CollectionRow<Hook>, CollectionKey<CollectionRow<Hook>>> & { schema?: never };
export function jiraCollectionOptions(config: object): object {
  const given = config as JiraCollectionConfig<unknown, object>;
  const { hook: typed, query, key, createInput, updateInput, appliedWithinMs, onError, syncMode, ...rest } = given;
  const hook = typed as unknown as UntypedHookClient;
  const asked = checked(query);
  const idOf = key ?? idOfRow;
  const isEager = syncMode !== 'on-demand';
  let run: SyncRun | undefined;
  const handler = handlerOf({
    hook,
    idOf,
    createInput: createInput ?? ((row) => row),
    updateInput: updateInput ?? ((changes) => changes),
    appliedWithinMs: appliedWithinMs ?? APPLIED_WITHIN_MS,
    run: () => run,
  });
  const options: CollectionConfig<object, RowKey> = {
    // The server's order of text.
    defaultStringCollation: { stringSort: 'lexical' },
    ...rest,
    syncMode: isEager ? 'eager' : 'on-demand',
    getKey: (row) => collectionKey(idOf(row)),
    sync: {
      rowUpdateMode: 'full',
      sync: (params) => {
        run = new SyncRun(params, {
          hook,
          query: asked,
          idOf,
          keyField: key ? undefined : 'id',
          isEager,
          // oxlint-disable-next-line no-console -- as the client's own default
          onError: onError ?? console.error,
        });
        return run.start();
      },
    },
    onInsert: handler,
    onUpdate: handler,
    onDelete: handler,
  };
  return options;
}

function checked(query: Query = {}): Query {
  const names = Object.keys(query).filter((name) => PRESENTATION.includes(name));
  if (names.length > 0) {
    throw new TypeError(
      `The query of a collection says which rows, and "${names.join('", "')}" says how to answer them. Leave it out.`,
    );
  }
  return query;
}

function idOfRow(row: object): RowId {
  const { id } = row as { id?: RowId };
  if (id === undefined) throw new TypeError('A row of this collection has no "id". Set the option "key".');
  return id;
}
