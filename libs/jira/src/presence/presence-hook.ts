// A hook that shows callers which of the users they may see are online, and announces changes.

import type { SubscribedData } from 'nestjs-jira-protocol';
import { ValidationException } from '../core/errors/jira.exception.js';
import { Action } from '../hooks/action.decorator.js';
import { BaseHook, type HookContext } from '../hooks/base-hook.js';
import { Shown } from '../hooks/shown-result.js';
import { CONTEXT, OWN_ROWS, REGISTER } from '../hooks/plumbing.js';
import { Presence, type OnlineUser } from './presence.js';
import type { Dependency, ObservedRows } from '../live/observers/observed-rows.js';
import { Observer } from '../live/observers/observer.js';
import { Connections } from '../core/connections/connections.js';
import { unlessAnonymous } from '../core/scope/anonymous.js';
import type { ActionScope, HookScope } from '../core/scope/scope.js';
import { matcherOfUsers } from './visible-users.js';

/** Users or their keys; `true` for everyone, `false` for nobody. */
export type VisibleUsers = boolean | Iterable<unknown>;

/**
 * A hook whose rows are the users who are online in any process. A change is `added` when a user comes online, `modified` when
 * the number of devices changes, and `removed` when the last connection closes. The row's id is the user's key, as a string.
 *
 * @example
 * @Hook('presence')
 * export class TeamPresenceHook extends PresenceHook {
 *   permissions = [IsAuthenticated];
 *   visibility(scope: HookScope) { return this.members.teammatesOf(scope.user.id); }
 * }
 */
export abstract class PresenceHook extends BaseHook {
  /** Entities that decide who may see whom: their commits take effect at once, others within `visibilityTtlMs`. @default none */
  dependsOn: readonly Dependency[] = [];
  /** Announces users who come and go. */
  changes: Observer<OnlineUser> = new Observer<OnlineUser>(undefined, {
    source: { subscribe: (listener) => this.presence.subscribe(listener) },
  });

  private presence!: Presence;
  private connections!: Connections;

  /** The users whose presence this caller may see. */
  abstract visibility(scope: HookScope): VisibleUsers | Promise<VisibleUsers>;

  override async [REGISTER](context: HookContext): Promise<void> {
    this.presence = context.moduleRef.get(Presence, { strict: false });
    this.connections = context.moduleRef.get(Connections, { strict: false });
    await this.presence.start();
    await super[REGISTER](context);
  }

  /** Returns what clients get for a user. @default `{ user, since, devices }` */
  serialize(user: OnlineUser): unknown {
    return { user: user.user, since: user.since, devices: user.devices };
  }

  /** GET: the users who are online now, longest first. `query.user` or `query.user__in` selects some. */
  @Action()
  async list(scope: ActionScope<undefined>): Promise<unknown> {
    const { pagination, pageSize, limits } = this[CONTEXT];
    const matchers = [
      matcherOfUsers(this.named(scope)),
      await unlessAnonymous(
        scope,
        () => this.visibility(scope),
        (users) => matcherOfUsers(this.keysOf(users)),
      ),
    ];
    const online = await this.presence.list();
    const rows = online.filter((user) => matchers.every((matcher) => matcher.matches({ ...user })));
    const slice = (offset: number, limit: number): Promise<unknown[]> =>
      Promise.resolve(rows.slice(offset, offset + limit).map((user) => this.serialize(user)));
    if (!pagination) return slice(0, rows.length);
    const sizes = { pageSize: Math.min(pageSize, limits.pageSize), maxPageSize: limits.pageSize };
    return pagination.paginate({ count: () => Promise.resolve(rows.length), slice }, scope, sizes);
  }

  /** SUBSCRIPTION: users who come and go. The query selects users as in `list`. */
  @Action({ methods: ['SUBSCRIPTION', 'POST'], transaction: false })
  @Shown()
  subscribe(scope: ActionScope<undefined>): Promise<SubscribedData> {
    return this.changes.subscribe(scope);
  }

  /** SUBSCRIPTION: ends the subscription of the request `data.target`. */
  @Action({ methods: ['SUBSCRIPTION', 'POST', 'DELETE'], transaction: false, status: 200 })
  @Shown()
  async unsubscribe(scope: ActionScope): Promise<null> {
    this.changes.unsubscribe(scope);
    return null;
  }

  override [OWN_ROWS](entity: unknown): ObservedRows | undefined {
    if (entity !== undefined) return undefined;
    return {
      key: 'presence',
      name: 'presence',
      watch: () => undefined,
      matcherOf: (visible) => matcherOfUsers(this.keysOf(visible as VisibleUsers)),
      read: () => Promise.resolve([]),
      own: {
        filter: (scope) => matcherOfUsers(this.named(scope)),
        visibility: (scope) => this.visibility(scope),
        serialize: ({ image }) => this.serialize(image as unknown as OnlineUser),
        serializesPerUser: false,
        dependsOn: this.dependsOn,
      },
    };
  }

  private keysOf(users: VisibleUsers): ReadonlySet<string> | true {
    if (typeof users === 'boolean') return users || new Set();
    const keys = typeof users === 'string' ? [users] : [...users]; // a string is one key, not its letters
    return new Set(keys.map((user) => this.connections.keyOf(user)).filter((key) => key !== undefined));
  }

  /** The users that the query names; `true` if it names none. */
  private named({ query, action }: HookScope): ReadonlySet<string> | true {
    const { pagination, limits } = this[CONTEXT];
    const { user, user__in, ...rest } = query;
    const paging = action === 'list' ? (pagination?.queryKeys ?? []) : [];
    const errors: Record<string, string[]> = {};
    for (const key of Object.keys(rest)) if (!paging.includes(key)) errors[key] = ['This field cannot be filtered.'];
    if (user !== undefined && !isKey(user)) errors['user'] = ['Must be a user key.'];
    const isList = Array.isArray(user__in) && user__in.length <= limits.inValues && user__in.every(isKey);
    if (user__in !== undefined && !isList)
      errors['user__in'] = [`Must be an array of at most ${limits.inValues} user keys.`];
    if (user !== undefined && user__in !== undefined) errors['user__in'] = ['Use either user or user__in.'];
    if (Object.keys(errors).length > 0) throw new ValidationException(errors);
    if (user !== undefined) return this.keysOf([user]);
    return user__in === undefined ? true : this.keysOf(user__in as unknown[]);
  }
}

function isKey(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}
