// What an action takes and answers: for ready-made actions by the hook's attributes, for others by their decorators.

import 'reflect-metadata';
import type { Code } from 'nestjs-jira-protocol';
import { GenericHook } from '../hooks/generic-hook.js';
import { CONTEXT } from '../hooks/plumbing.js';
import type { RegisteredAction, RegisteredHook } from '../hooks/registry.js';
import { isShown } from '../hooks/shown-result.js';
import { CursorPagination } from '../policy/pagination/cursor.pagination.js';
import { LimitOffsetPagination } from '../policy/pagination/limit-offset.pagination.js';
import { PageNumberPagination } from '../policy/pagination/page-number.pagination.js';
import type { Pagination } from '../policy/pagination/pagination.js';
import { GenericModelHook } from '../typeorm/hooks/generic-model-hook.js';
import { areStock, type RowFacts } from '../typeorm/hooks/row-facts.js';
import { ActionInputs, type ActionInput } from './action-inputs.js';
import type { Components } from './components.js';
import { ref } from './frames.js';
import { LISTEN_HEADERS, listChangeSchema, listenedSchema } from './live-lists.js';
import { nameProperties, queriesOf } from './query-schema.js';
import { anyOf, listOf, NULL, objectOf, unknown, type Schema } from './schema.js';
import { viewSchema } from './view-schema.js';

export interface ActionDescription {
  readonly name: string;
  readonly inputs: readonly ActionInput[];
  readonly query: Schema;
  readonly needsQuery: boolean;
  readonly headers?: Schema;
  readonly status: Schema;
  readonly output: Schema;
  readonly summary?: string;
  readonly codes: readonly Code[];
  /** Whether it is known to open a subscription. */
  readonly subscribes: boolean;
}

const ALWAYS: readonly Code[] = [
  'MALFORMED_FRAME', 'DUPLICATE_REQUEST', 'METHOD_NOT_ALLOWED', 'TOO_MANY_REQUESTS', 'ANSWER_TOO_LARGE', 'CANCELLED', 'TIMEOUT',
  'UNAVAILABLE', 'INTERNAL', 'PERMISSION_DENIED', 'UNAUTHENTICATED',
]; // prettier-ignore
const OF_DATABASES: readonly Code[] = ['DATABASE_UNAVAILABLE', 'LOCK_TIMEOUT'];
const OF_WRITES: readonly Code[] = [...OF_DATABASES, 'CONFLICT', 'OUTCOME_UNKNOWN'];
const OF_SUBSCRIPTIONS: readonly Code[] = ['TOO_MANY_SUBSCRIPTIONS', 'TOO_MANY_ROOMS', 'SESSION_EXPIRED'];

const SUMMARIES: Readonly<Record<string, string>> = {
  list: 'The rows you may see, filtered, ordered and paged.',
  retrieve: 'One row.',
  create: 'Stores a new row.',
  update: 'Changes a row: PUT takes all fields, PATCH those it names.',
  destroy: 'Removes a row.',
  createMany: 'Stores several rows: all or none, unless "atomic" is false.',
  updateMany: 'Changes several rows: all or none, unless "atomic" is false.',
  destroyMany: 'Removes several rows: all or none, unless "atomic" is false.',
  subscribe: 'Tells you of every change of the rows you may see.',
  listen: 'The same rows as `list`, and what becomes of the list from then on.',
  unsubscribe: 'Ends a subscription.',
};

export class ActionDescriber {
  /** What clients see of a row, if that is known. */
  readonly row: Schema;
  private readonly inputs: ActionInputs;

  constructor(
    private readonly registered: RegisteredHook,
    private readonly rows: RowFacts | undefined,
    private readonly components: Components,
  ) {
    this.row = this.rowSchema();
    this.inputs = new ActionInputs(registered, rows, components);
  }

  describe(action: RegisteredAction): ActionDescription {
    const { hook } = this.registered;
    const method = (hook as unknown as Record<string, object>)[action.member];
    const isStock = method !== undefined && isShown(method);
    const name = isStock ? action.member : '';
    const methods = [...action.methods];
    const common = { name: action.name, summary: SUMMARIES[name], inputs: this.inputs.of(action, name) };
    const isModel = hook instanceof GenericModelHook && this.rows !== undefined;
    const query = isModel
      ? this.queryOf(name, action, hook as GenericModelHook<object>, this.rows)
      : { schema: unknownQuery(), isNeeded: false };
    const validates = common.inputs.some(({ data }) => data !== undefined) || isModel;
    const subscribes =
      name === 'subscribe' || name === 'listen' || (name === '' && methods.includes('SUBSCRIPTION') && !isStock);
    const writes = methods.some((one) => one !== 'GET' && one !== 'SUBSCRIPTION') && name !== 'subscribe' && name !== 'unsubscribe'; // prettier-ignore
    const codes = new Set<Code>([
      ...ALWAYS,
      ...(validates ? (['VALIDATION_FAILED'] as const) : []),
      ...(action.options.detail ? (['NOT_FOUND'] as const) : []),
      ...(name === 'unsubscribe' ? (['UNKNOWN_SUBSCRIPTION', 'VALIDATION_FAILED'] as const) : []),
      ...(isModel ? (writes ? OF_WRITES : OF_DATABASES) : []),
      ...(subscribes ? OF_SUBSCRIPTIONS : []),
      ...(this.rows?.versionName !== undefined && (name === 'update' || name === 'destroy') ? (['VERSION_CONFLICT'] as const) : []), // prettier-ignore
    ]);
    return {
      ...common,
      query: query.schema,
      needsQuery: query.isNeeded,
      ...(name === 'subscribe' && { headers: anyOf(ref('ResumeHeaders'), NULL) }),
      ...(name === 'listen' && { headers: anyOf(LISTEN_HEADERS, NULL) }),
      ...this.answerOf(name, action),
      codes: [...codes],
      subscribes,
    };
  }

  private queryOf(
    name: string,
    { options }: RegisteredAction,
    hook: GenericModelHook<object>,
    rows: RowFacts,
  ): { schema: Schema; isNeeded: boolean } {
    const queries = queriesOf(hook, rows, this.components);
    const names = { list: queries.list, listen: queries.list, subscribe: queries.subscribe, retrieve: queries.retrieve, update: queries.lookup, destroy: queries.lookup }; // prettier-ignore
    const known = (names as Partial<Record<string, Schema>>)[name];
    if (known) return { schema: known, isNeeded: isRequired(this.components.resolve(known)) };
    if (['unsubscribe', 'createMany', 'updateMany', 'destroyMany', 'create'].includes(name)) return { schema: { type: 'object' }, isNeeded: false }; // prettier-ignore
    if (!options.detail) return { schema: unknownQuery(), isNeeded: false };
    const named = nameProperties(hook, rows);
    const schema = { type: 'object', properties: named.properties, ...unknown('read by the action') };
    return { schema, isNeeded: false };
  }

  private answerOf(name: string, { options }: RegisteredAction): Pick<ActionDescription, 'status' | 'output'> {
    const { row } = this;
    const exactly = (status: number, output: Schema): Pick<ActionDescription, 'status' | 'output'> => ({
      status: { const: options.status ?? status },
      output,
    });
    const many = (status: number, one: Schema): Pick<ActionDescription, 'status' | 'output'> => ({
      status: { enum: [status, 207] },
      output: anyOf(listOf(one), listOf(objectOf({ status: { type: 'integer' }, data: anyOf(one, ref('ErrorData')) }, ['status', 'data']))), // prettier-ignore
    });
    switch (name) {
      case 'list':
        return exactly(200, this.pageSchema());
      case 'retrieve':
        return exactly(200, this.shaped(row));
      case 'create':
        return exactly(201, row);
      case 'update':
        return exactly(200, row);
      case 'destroy':
        return exactly(204, NULL);
      case 'createMany':
        return many(201, row);
      case 'updateMany':
        return many(200, row);
      case 'destroyMany':
        return many(200, NULL);
      case 'subscribe':
        return exactly(200, ref('Subscribed'));
      case 'listen':
        return exactly(200, listenedSchema(this.shaped(row)));
      case 'unsubscribe':
        return exactly(200, NULL);
      default:
        return {
          status: options.status === undefined ? { type: 'integer', minimum: 200, maximum: 299 } : { type: 'integer', minimum: 200, maximum: 299, default: options.status }, // prettier-ignore
          output: this.declaredOutput(options.output),
        };
    }
  }

  /** Changes of a live list, if the hook has live lists. */
  listChange(): Schema | undefined {
    const { hook, actions } = this.registered;
    const isKept = [...actions.values()].some(({ name }) => name === 'listen') && hook instanceof GenericHook;
    return isKept ? listChangeSchema(this.shaped(this.row)) : undefined;
  }

  private declaredOutput(output: RegisteredAction['options']['output']): Schema {
    if (!output) return unknown('the action names no output class');
    const one = viewSchema(output, undefined, this.components);
    return { ...anyOf(one, listOf(one), NULL), ...unknown('one, a list, or a stream item by item') };
  }

  private rowSchema(): Schema {
    const { hook } = this.registered;
    if (!(hook instanceof GenericHook)) return unknown('the hook has no rows');
    const output = (hook as GenericHook<object>).getOutput();
    const isStock = hook instanceof GenericModelHook ? areStock(hook, 'serialize', 'serializeAll') : hook.serialize === GenericHook.prototype.serialize; // prettier-ignore
    if (!output || !isStock) return unknown('serialize() is overridden');
    const isWhole = hook instanceof GenericModelHook && areStock(hook, 'getQuery', 'getStore');
    return viewSchema(output, isWhole ? this.rows : undefined, this.components);
  }

  /** The row in the shapes that `expand` and `fields` allow. */
  private shaped(row: Schema): Schema {
    const { hook } = this.registered;
    if (!(hook instanceof GenericModelHook)) return row;
    if (!areStock(hook, 'present')) return unknown('present() is overridden');
    const { properties } = this.components.resolve(row);
    if (!properties) return row;
    return anyOf(row, { type: 'object', 'x-when': 'the query has "fields" or "expand"', properties });
  }

  private pageSchema(): Schema {
    const { hook } = this.registered;
    if (hook instanceof GenericModelHook && !areStock(hook, 'getList')) return unknown('getList() is overridden');
    const results = listOf(this.shaped(this.row));
    const { pagination } = hook[CONTEXT];
    if (!pagination) return results;
    return pageOf(pagination, results) ?? unknown('a page of the application’s own pagination');
  }
}

function pageOf(pagination: Pagination, results: Schema): Schema | undefined {
  const number = { type: ['integer', 'null'] };
  const text = { type: ['string', 'null'] };
  const is = (stock: { readonly prototype: Pagination }): boolean => pagination.paginate === stock.prototype.paginate;
  const counted = (pages: Readonly<Record<string, Schema>>): Schema => {
    const { properties, ...schema } = page({ count: number, ...pages, results });
    const roughly = ['capped', 'estimated'].includes(pagination.countMode);
    const countIs = { enum: ['at_least', 'estimated'], description: 'Absent of an exact count.' };
    return { ...schema, properties: { ...(properties as Schema), ...(roughly && { count_is: countIs }) } };
  };
  if (is(PageNumberPagination)) return counted({ next_page: number, previous_page: number });
  if (is(LimitOffsetPagination)) return counted({ next_offset: number, previous_offset: number });
  return is(CursorPagination) ? page({ next: text, previous: text, results }) : undefined;
}

function page(properties: Readonly<Record<string, Schema>>): Schema {
  return objectOf(properties, Object.keys(properties));
}

function unknownQuery(): Schema {
  return { type: 'object', ...unknown('read by the action') };
}

function isRequired({ required }: Schema): boolean {
  return Array.isArray(required) && required.length > 0;
}
