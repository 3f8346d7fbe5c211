// How to talk to each server. Everything that differs between them on the wire is in this file.

import { LIST_SIZE, PAGE_SIZE, type IssueInput, type Status } from '../work/issues.js';
import type { ServerName } from '../work/rows.js';
import type { Arguments } from './bare-socket.js';

export interface Page {
  readonly count: unknown;
  readonly results: unknown;
}

/** A request and the reader of its answer. `read` returns `undefined` if the shape or the status is wrong. */
export interface Request<Result> {
  readonly args: Arguments;
  read(answer: Arguments): Result | undefined;
}

export interface ChangeSeen {
  readonly id: unknown;
  readonly row: unknown;
}

export interface StepsSeen extends ChangeSeen {
  readonly count: unknown;
}

export interface Adapter {
  /** The handshake's credentials, for one audience if you name it. */
  auth(audience?: number): object | undefined;
  retrieve(id: number): Request<unknown>;
  list(status: Status, page: number): Request<Page>;
  create(input: IssueInput): Request<unknown>;
  update(id: number, changes: Partial<IssueInput>): Request<unknown>;
  destroy(id: number): Request<true>;
  subscribe(audience?: number): Request<true>;
  /** The first page of a status, newest rows first. */
  newest(status: Status): Request<Page>;
  /** The same page as a live list. Absent if the server has none: clients then fetch the page again. */
  listen?(status: Status): Request<Page>;
  /** Reads the event that updates such a live list: one row came in, and the last one dropped out. */
  readSteps?(event: Arguments): StepsSeen | undefined;
  /** Reads the event that announces a created, changed or destroyed row. */
  readChange(event: Arguments): ChangeSeen | undefined;
}

/** For the servers written by hand: bare, Nest and limit use the same frames. */
const byHand: Adapter = {
  auth: () => undefined,
  retrieve: (id) => ({ args: ['issues:retrieve', { id }], read: (answer) => dataOf(answer, 200) }),
  list: (status, page) => ({ args: ['issues:list', { status, page }], read: (answer) => dataOf(answer, 200) as Page }),
  newest: (status) => ({ args: ['issues:newest', { status }], read: (answer) => dataOf(answer, 200) as Page }),
  create: (input) => ({ args: ['issues:create', input], read: (answer) => dataOf(answer, 201) }),
  update: (id, changes) => ({ args: ['issues:update', { id, ...changes }], read: (answer) => dataOf(answer, 200) }),
  destroy: (id) => ({
    args: ['issues:destroy', { id }],
    read: (answer) => (dataOf(answer, 204) === null ? true : undefined),
  }),
  subscribe: (audience) => ({
    args: ['issues:subscribe', audience === undefined ? {} : { audience }],
    read: (answer) => (dataOf(answer, 200) === null ? true : undefined),
  }),
  readChange: ([event, change]) => {
    const { type, id, data } = fieldsOf(change);
    return event === 'issues' && isType(type) ? { id, row: data } : undefined;
  },
};

const feathers: Adapter = {
  auth: () => undefined,
  retrieve: (id) => ({ args: ['get', 'issues', id, {}], read: ([error, row]) => (error === null ? row : undefined) }),
  list: (status, page) => ({
    args: ['find', 'issues', { status, $sort: { id: 1 }, $limit: PAGE_SIZE, $skip: (page - 1) * PAGE_SIZE }],
    read: foundPage,
  }),
  newest: (status) => ({ args: ['find', 'issues', { status, $sort: { id: -1 }, $limit: LIST_SIZE }], read: foundPage }),
  create: (input) => ({
    args: ['create', 'issues', input, {}],
    read: ([error, row]) => (error === null ? row : undefined),
  }),
  update: () => refused(),
  destroy: () => refused(),
  subscribe: (audience) => ({
    args: ['create', 'subscriptions', audience === undefined ? {} : { audience }, {}],
    read: ([error]) => (error === null ? true : undefined),
  }),
  readChange: ([event, row]) => (event === 'issues created' ? { id: fieldsOf(row).id, row } : undefined),
};

function foundPage([error, found]: Arguments): Page | undefined {
  const { total, data } = fieldsOf(found);
  return error === null ? { count: total, results: data } : undefined;
}

let requests = 0;

/** A request of protocol version 2, with the reader of its answer. */
function jiraRequest<Result>(
  method: string,
  action: string,
  parts: { data?: unknown; query?: object },
  status: number,
  read: (data: unknown) => Result | undefined,
): Request<Result> {
  const requestId = `r${++requests}`;
  return {
    args: ['issues', { requestId, method, action, ...parts }],
    read: ([answer]) => {
      const fields = fieldsOf(answer);
      const isOurs = fields.requestId === requestId && fields.method === method && fields.action === action;
      return isOurs && fields.status === status ? read(fields.data) : undefined;
    },
  };
}

const jira: Adapter = {
  auth: (audience) => ({ jira: 2, token: audience === undefined ? 'everything' : `audience-${audience}` }),
  retrieve: (id) => jiraRequest('GET', 'retrieve', { query: { pk: id } }, 200, (data) => data),
  list: (status, page) => jiraRequest('GET', 'list', { query: { status, page } }, 200, (data) => data as Page),
  newest: (status) => jiraRequest('GET', 'list', { query: newestOf(status) }, 200, (data) => data as Page),
  listen: (status) =>
    jiraRequest('SUBSCRIPTION', 'listen', { query: newestOf(status) }, 200, (data) => {
      const { count, rows } = fieldsOf(data);
      return { count, results: rows };
    }),
  readSteps: ([event, frame]) => {
    const { type, data } = fieldsOf(frame);
    const { ops, count } = fieldsOf(data);
    const [last, first, ...others] = Array.isArray(ops) ? ops.map(fieldsOf) : [];
    const isOne = last?.op === 'removed' && last.at === LIST_SIZE - 1 && first?.op === 'added' && first.at === 0;
    if (event !== 'issues' || type !== 'list' || !isOne || others.length > 0) return undefined;
    return { id: first.id, row: first.row, count };
  },
  create: (input) => jiraRequest('POST', 'create', { data: input }, 201, (data) => data),
  update: (id, data) => jiraRequest('PATCH', 'update', { query: { pk: id }, data }, 200, (row) => row),
  destroy: (id) => jiraRequest('DELETE', 'destroy', { query: { pk: id } }, 204, () => true as const),
  subscribe: () =>
    jiraRequest('SUBSCRIPTION', 'subscribe', {}, 200, (data) =>
      typeof fieldsOf(data).channel === 'string' ? true : undefined,
    ),
  readChange: ([event, change]) => {
    const { method, type, status, channel, position, id, data } = fieldsOf(change);
    const isWhole = method === 'SUBSCRIPTION' && status === 200 && typeof channel === 'string';
    return event === 'issues' && isType(type) && isWhole && typeof position === 'string'
      ? { id, row: data }
      : undefined;
  },
};

function newestOf(status: Status): object {
  return { status, ordering: '-id', page_size: LIST_SIZE };
}

export const ADAPTERS: Readonly<Record<ServerName, Adapter>> = {
  bare: byHand,
  nest: byHand,
  limit: byHand,
  feathers,
  ordinary: jira,
  jira,
};

function isType(type: unknown): boolean {
  return type === 'added' || type === 'modified' || type === 'removed';
}

function refused(): never {
  throw new Error('FeathersJS takes no part in this row.');
}

function dataOf([answer]: Arguments, status: number): unknown {
  const fields = fieldsOf(answer);
  return fields.status === status ? fields.data : undefined;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
