// An observer: a property of a hook that watches rows and announces their changes to subscribers.

import type { SubscribedTo } from 'nestjs-jira-protocol';
import { publishRefusal } from '../../core/diagnostics/diagnostics.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { JiraException, ValidationException } from '../../core/errors/jira.exception.js';
import type { HookScope } from '../../core/scope/scope.js';
import type { Audience, ChannelDefinition, ObserverBehaviour, RowMatcher } from '../delivery/channel.js';
import type { Change, ChangeType, EntityChange } from '../../core/changes/change.js';
import type { ListDefinition } from '../lists/list-definition.js';
import { follow, followRelated } from './dependencies.js';
import { EVERY_ROW, FunctionMatcher } from './function-matcher.js';
import { assertNames } from '../../core/support/known-names.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import type { Announced, Dependency, ObservedRows } from './observed-rows.js';
import type { ObserverHost } from './observer-host.js';
import { OBSERVER_OPTIONS, type BoundOptions, type Rooms, type Signal } from './observer-options.js';
import { resumeRequestOf } from './resume-request.js';
import { Resuming } from './resuming.js';
import type { Room } from '../delivery/rooms.js';
import { isPerUser } from './per-user.js';
import { OrderMatcher } from './order-matcher.js';
import { signalRows } from './signal-rows.js';
import { ruleFor } from '../../core/scope/anonymous.js';

/** Made by `observer()`. `View` is what subscribers are sent of a row. */
export class Observer<Row extends object, View = unknown> implements ObserverBehaviour {
  name = '';
  readonly rooms?: ObserverBehaviour['rooms'];
  readonly participants?: ObserverBehaviour['participants'];
  readonly handle?: ObserverBehaviour['handle'];
  resuming?: Resuming;
  /** Whether it obeys the hook's object permissions, and may be resumed. */
  protected readonly tellsChanges: boolean = true;
  /** The list whose differences subscribers receive instead of changes. */
  protected readonly listOf?: (scope: HookScope) => Promise<ListDefinition>;
  private host!: ObserverHost;
  private rows!: ObservedRows;
  /** The feed it listens to. */
  private key = '';
  /** Entities whose changes make it check rights again. */
  private readonly followed = new Set<string>();
  /** Entities that a condition crosses and no dependency names, and whether their changes can be watched. */
  private readonly crossed = new Map<string, boolean>();
  private isPerUser = false;

  constructor(
    /** Class of the rows; absent for the hook's own rows, or for signals only. */
    private readonly entity: unknown,
    private readonly options: BoundOptions<Row>,
  ) {
    const { rooms, participants, handler } = options;
    if (rooms) this.rooms = (image, change) => roomSet(rooms(image as Row, change as EntityChange<Row>));
    if (participants) this.participants = (scopes, image, type) => participants(scopes, image as Row, type);
    if (handler) this.handle = (change, diff) => handler(change as EntityChange<Row>, diff);
  }

  /** Whether it shows rows in another form than its hook. Known once it is bound. */
  get showsOtherwise(): boolean {
    return this.options.serialize !== undefined || this.rows.own === undefined;
  }

  /** Called once at boot. @throws ConfigurationError that names the property */
  bind(host: ObserverHost): void {
    this.host = host;
    this.name = `${host.namespace}.${host.property}`;
    this.rows = this.findRows(host);
    const { source, dependsOn = this.rows.own?.dependsOn ?? [] } = this.options;
    checkOptions(this.options, host.subject, this.rows);
    const { serialize } = this.options;
    this.isPerUser = serialize
      ? isPerUser(serialize, this.options, host.subject)
      : (this.rows.own?.serializesPerUser ?? false);
    // Signals have their own feed, without commits.
    this.key = source ? `signal:${this.name}` : this.rows.key;
    if (!source) this.rows.watch();
    source?.subscribe((signal) => this.dispatch(signal));
    if (this.handle) host.hub.addHandler(this.key, this);
    const dependencies = new Map<string, Dependency[]>();
    for (const dependency of dependsOn) {
      const { key, name } = follow(dependency, this, { ...host, key: this.key, rows: this.rows });
      getOrAdd(dependencies, key, () => []).push(dependency);
      if (!dependency.rows) this.followed.add(name);
    }
    const { options, rows, isPerUser: isShownPerUser } = this;
    const hears = (name: string): boolean | undefined => this.crossed.get(name);
    if (this.tellsChanges) this.resuming = new Resuming({ options: options, rows, host, isPerUser: isShownPerUser, dependencies, hears }); // prettier-ignore
  }

  /**
   * Subscribes the request's connection. Call it from an action and return the result as the answer. Changes arrive
   * after the answer.
   *
   * @throws JiraException METHOD_NOT_ALLOWED unless the request is a SUBSCRIPTION (or a POST of a djira client),
   * PERMISSION_DENIED if `subscribingRooms` names no room, TOO_MANY_SUBSCRIPTIONS beyond the limit
   */
  subscribe(scope: HookScope): Promise<SubscribedTo<View>> {
    const isAllowed =
      scope.method === 'SUBSCRIPTION' || (scope.connection.dialect === 'djira' && scope.method === 'POST');
    if (!isAllowed)
      throw new JiraException('METHOD_NOT_ALLOWED', `"${scope.action}" accepts SUBSCRIPTION, not ${scope.method}.`);
    const { hub, readSnapshot } = this.host;
    const request = resumeRequestOf(scope, this.rows.own && readSnapshot);
    return hub.placement.subscribe(scope, this.key, this, (isAgain) => this.define(scope, isAgain), request);
  }

  /**
   * Ends the subscription that the request `data.target` of this connection opened. djira's clients cannot name it,
   * because they send a new id: there, an unknown id ends all of the connection's subscriptions on this hook.
   *
   * @throws JiraException UNKNOWN_SUBSCRIPTION if there is none
   */
  unsubscribe({ connection, namespace, requestId, data }: HookScope): void {
    const { placement } = this.host.hub;
    const target = (data as { target?: unknown } | null | undefined)?.target;
    if (connection.dialect === 'djira') {
      const named = typeof target === 'string' ? target : requestId;
      if (!placement.unsubscribe(connection.id, namespace, named)) placement.unsubscribeAll(connection.id, namespace);
      return;
    }
    if (typeof target !== 'string')
      throw new ValidationException({ target: ['Must be the requestId of the subscribe request.'] });
    if (!placement.unsubscribe(connection.id, namespace, target))
      throw new JiraException('UNKNOWN_SUBSCRIPTION', `Unknown subscription "${target}".`);
  }

  /** Announces a change without a commit to this observer's subscribers. */
  dispatch(signal: Signal<Row>): void {
    const change = { source: 'signal', entity: this.rows.name, ...signal } as Change;
    this.host.hub.dispatch(this.key, this, change);
  }

  private findRows({ ownRows, observables, subject, dataSource }: ObserverHost): ObservedRows {
    const own = ownRows(this.entity);
    if (own) return own;
    if (this.entity !== undefined) return observables.find(this.entity, subject, dataSource);
    if (this.options.source) return signalRows(this.name);
    throw new ConfigurationError(subject, 'observes nothing.', 'Set an entity, or a "source" of signals.');
  }

  /** The channel that a caller belongs to, by the caller's current rights. */
  private async define(scope: HookScope, isAgain: boolean): Promise<ChannelDefinition> {
    return ruleFor(scope, () => this.definitionFor(scope, isAgain));
  }

  private async definitionFor(scope: HookScope, isAgain: boolean): Promise<ChannelDefinition> {
    if (isAgain) await this.host.recheck(scope);
    const { options, rows } = this;
    const subscribed = options.subscribingRooms && roomSet(await options.subscribingRooms(scope));
    if (subscribed?.size === 0) throw new JiraException('PERMISSION_DENIED', 'You may not subscribe to this.');
    const { maxRooms } = scope.connection;
    if (subscribed && subscribed.size > maxRooms) {
      publishRefusal('rooms', scope.connection.id);
      throw new JiraException('TOO_MANY_ROOMS', `Too many rooms; the limit is ${maxRooms} per subscription.`);
    }
    const filter = rows.own ? await rows.own.filter(scope) : EVERY_ROW;
    const list = await this.listOf?.(scope);
    const audience = await this.audienceOf(scope, list);
    const matchers = [filter, ...audience.matchers];
    this.followCrossed(matchers);
    return {
      namespace: this.host.namespace,
      entity: this.key,
      observer: this,
      ...(subscribed && { rooms: subscribed }),
      filter,
      audience,
      ...(list && { list }),
      withDeleted: rows.withDeleted,
      readRelated: this.unfollowed(matchers),
      isPartlyCaptured: namesOf(matchers).some((name) => this.crossed.get(name)),
    };
  }

  /** Follows an entity's changes from the first subscription whose condition crosses it. */
  private followCrossed(matchers: readonly RowMatcher[]): void {
    for (const name of namesOf(matchers))
      if (!this.followed.has(name) && !this.crossed.has(name))
        this.crossed.set(name, followRelated(name, this, { ...this.host, key: this.key, rows: this.rows }));
  }

  /** Reads the state of deciding rows whose changes are not followed in every process. */
  private unfollowed(matchers: readonly RowMatcher[]): ChannelDefinition['readRelated'] {
    const open = matchers.flatMap(({ related }) =>
      related && [...related.names].some((name) => !this.followed.has(name)) ? [related] : [],
    );
    if (open.length === 0) return undefined;
    return async () => (await Promise.all(open.map((related) => related.readState()))).join();
  }

  private async audienceOf(scope: HookScope, list: ListDefinition | undefined): Promise<Audience> {
    const { options, rows } = this;
    const group = this.groupOf(scope);
    const rule = options.visibility ? options : rows.own;
    const visible = rows.matcherOf(rule?.visibility ? await rule.visibility(scope) : true);
    const matchers: RowMatcher[] = [visible];
    if (list && list.orderedBy.length > 0) matchers.push(new OrderMatcher(list.orderedBy));
    const permits = this.tellsChanges ? rows.own?.permits : undefined;
    if (permits) matchers.push(new FunctionMatcher(`permissions of ${group}`, (image) => permits(scope, image)));
    const own = options.serialize ? undefined : rows.own;
    const way = own?.wayOf?.(scope);
    const isLoaded = way !== undefined;
    return {
      // Equal keys share their matchers. Lists that are sorted by related rows have one more matcher.
      key: JSON.stringify([visible.key, group, way, ...(list?.orderedBy ?? [])]),
      ...(group === ownGroup(scope) && { isOfOne: true }),
      matchers,
      serialize: (image, type, change) => this.serialize({ image, change }, scope, type, isLoaded),
      ...(isLoaded && { load: async (announced) => own?.load?.(announced, scope) }),
    };
  }

  /**
   * Code that reads the scope may serve each subscription differently, so each is its own group unless `audience` names
   * groups.
   */
  private groupOf(scope: HookScope): string {
    const audience = this.options.audience ?? this.rows.own?.audience;
    if (audience) return `audience ${audience(scope)}`;
    return this.isPerUser || (this.tellsChanges && this.rows.own?.permits) ? ownGroup(scope) : '';
  }

  private serialize(announced: Announced, scope: HookScope, type: ChangeType, isLoaded: boolean): unknown {
    const { options, rows } = this;
    const { image, change } = announced;
    if (!options.serialize) return rows.own ? rows.own.serialize(announced, scope, isLoaded) : { pk: change.id };
    // A shared function gets no scope, so that it cannot treat the callers it serves differently.
    if (this.isPerUser) return options.serialize(image as Row, scope, type);
    return (options as { serialize(row: Row): unknown }).serialize(image as Row);
  }
}

/** The group of a subscription that shares nothing. */
function ownGroup({ sid, requestId }: HookScope): string {
  return `subscription ${sid} ${requestId}`;
}

/** Names of the entities whose rows decide. */
function namesOf(matchers: readonly RowMatcher[]): string[] {
  return matchers.flatMap(({ related }) => [...(related?.names ?? [])]);
}

function roomSet(rooms: Rooms): ReadonlySet<Room> {
  return new Set(typeof rooms === 'string' ? [rooms] : rooms);
}

function checkOptions<Row extends object>(options: BoundOptions<Row>, subject: string, rows: ObservedRows): void {
  assertNames(subject, 'observer() option', options, OBSERVER_OPTIONS);
  const { rooms, subscribingRooms, visibility } = options;
  if (!rooms !== !subscribingRooms)
    throw new ConfigurationError(
      subject,
      rooms ? 'has rooms that no one can subscribe to.' : 'subscribes to rooms that no change is sent to.',
      'Set both "rooms" and "subscribingRooms".',
    );
  if (!rows.own && !visibility && !subscribingRooms)
    throw new ConfigurationError(
      subject,
      'observes rows of another entity but does not say who may see them.',
      'Set "visibility" (perhaps () => true), or "rooms" and "subscribingRooms".',
    );
}
