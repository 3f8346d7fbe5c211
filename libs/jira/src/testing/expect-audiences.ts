// Checks the promise of a declared `audience`: users who share an audience see the same rows.

import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import type { Type } from '@nestjs/common';
import type { Method, RowId } from 'nestjs-jira-protocol';
import type { BaseHook } from '../hooks/base-hook.js';
import { hookMetadata } from '../hooks/hook.decorator.js';
import type { ChannelDefinition } from '../live/delivery/channel.js';
import type { Change, Image } from '../core/changes/change.js';
import { getOrAdd } from '../core/support/get-or-add.js';
import { Hub } from '../live/delivery/hub.js';
import { TypeOrmEdge } from '../typeorm/typeorm-edge.js';
import type { TestApp } from './test-app.js';
import type { TestCall, TestClient } from './test-client.js';
import type { TestUser } from './test-users.js';

/** Options of `expectAudiences()`. */
export interface AudienceOptions {
  /** Filter of the subscriptions. @default none */
  readonly query?: object;
}

/** A hook over an entity. */
type EntityHook = BaseHook & { readonly entity: Type<object>; readonly withDeleted: boolean };

/** One user's view of the hook. */
interface Seat {
  readonly user: TestUser | number;
  readonly client: TestClient;
  readonly channel: string;
  /** The channel that the user would have alone, from the user's own scope. */
  readonly own: ChannelDefinition;
}

/**
 * Subscribes as each of these users, and compares those who share an audience: what `list` and `retrieve` answer, and whether
 * and how each row of the table would be announced to each user alone, as added, modified and removed. Create rows and pass users
 * of every kind: a difference that no row or user has is not found.
 *
 * @returns the users, by audience
 * @throws AssertionError that names two users and what they see, or says that there was nothing to compare
 * @example
 * await expectAudiences(app, IssueHook, [1, 2, { id: 3, role: 'admin' }]);
 */
export async function expectAudiences(
  app: TestApp,
  hook: Type<EntityHook>,
  users: readonly (TestUser | number)[],
  { query = {} }: AudienceOptions = {},
): Promise<(TestUser | number)[][]> {
  const found = hookMetadata(hook);
  if (!found) throw new TypeError(`${hook.name} has no @Hook().`);
  const { namespace, dataSource } = found;
  const rows = await allRows(app, hook, dataSource);
  if (rows.length === 0) fail(`"${namespace}" has no rows: nothing can be compared.`);
  const seats: Seat[] = [];
  try {
    for (const user of users) seats.push(await takeSeat(app, namespace, user, query));
    const audiences = audiencesOf(seats);
    if (audiences.every(({ length }) => length < 2))
      fail(`No two of these users share an audience of "${namespace}": nothing can be compared.`);
    for (const [first, ...others] of audiences)
      for (const other of others) await compare(namespace, rows, first, other, query);
    return audiences.map((audience) => audience.map(({ user }) => user));
  } finally {
    for (const { client } of seats) client.close();
  }
}

function audiencesOf(seats: readonly Seat[]): Seat[][] {
  const byChannel = new Map<string, Seat[]>();
  for (const seat of seats) getOrAdd(byChannel, seat.channel, (): Seat[] => []).push(seat);
  return [...byChannel.values()];
}

/** Each row as a change that changed nothing. Soft-deleted rows are included only if the hook shows them. */
async function allRows(app: TestApp, type: Type<EntityHook>, name?: string): Promise<readonly Change[]> {
  const hook = app.get(type);
  const edge = app.get(TypeOrmEdge);
  const { dataSource, metadata } = edge.dataSources.find(hook.entity, type.name, name);
  const query = dataSource.createQueryBuilder(hook.entity, 'row');
  if (hook.withDeleted) query.withDeleted();
  const ids = (await query.getMany()).map((row): RowId => {
    const key = metadata.getEntityIdMap(row) as Record<string, string | number>;
    const [value, ...more] = Object.values(key);
    return more.length === 0 ? value : key;
  });
  return edge.find(hook.entity, type.name, name).read(ids);
}

async function takeSeat(app: TestApp, namespace: string, user: TestUser | number, query: object): Promise<Seat> {
  const client = await app.connect(user);
  const { channel, requestId } = await client.subscribe(namespace, query);
  const subscription = [...app.get(Hub).placement.subscriptions()].find((one) => one.requestId === requestId);
  if (!subscription) throw new Error(`The subscription of ${told(user)} has ended.`);
  return { user, client, channel, own: await subscription.define(true) };
}

async function compare(
  namespace: string,
  rows: readonly Change[],
  first: Seat,
  other: Seat,
  query: object,
): Promise<void> {
  const same = (what: string, one: unknown, two: unknown): void => {
    if (isDeepStrictEqual(one, two)) return;
    const who = `Users ${told(first.user)} and ${told(other.user)} share an audience of "${namespace}"`;
    fail(`${who}, but ${what} shows one ${told(one)} and the other ${told(two)}.`);
  };
  const ask = async (what: string, action: string, method: Method, call: TestCall): Promise<void> =>
    same(what, await answerOf(first, namespace, action, method, call), await answerOf(other, namespace, action, method, call)); // prettier-ignore
  await ask('list', 'list', 'GET', { query: { ...query, page_size: 100 } });
  for (const change of rows) {
    const row = `row ${told(change.id)}`;
    await ask(`retrieve of ${row}`, 'retrieve', 'GET', { query: { pk: change.id } });
    for (const type of ['added', 'modified', 'removed'] as const)
      same(`${row}, announced as ${type},`, await announced(first, type, change), await announced(other, type, change));
  }
}

async function answerOf(
  { client }: Seat,
  namespace: string,
  action: string,
  method: Method,
  call: TestCall,
): Promise<unknown> {
  const { status, data } = await client.call(namespace, action, method, call);
  // The data of a 5xx only names its request.
  return { status, data: status >= 500 ? undefined : data };
}

/** What the row's channel would send if this user were alone in it; `undefined` = nothing. */
async function announced({ own }: Seat, type: Change['type'], change: Change): Promise<unknown> {
  const image = change.after as Image;
  for (const matcher of own.audience.matchers) {
    const [verdict = true] = [matcher.matches(image) ?? (await matcher.judge([image], new Map()))[0]];
    if (!verdict) return undefined;
  }
  return own.audience.serialize(image, type, { ...change, type });
}

function told(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function fail(message: string): never {
  throw new AssertionError({ message, stackStartFn: expectAudiences });
}
