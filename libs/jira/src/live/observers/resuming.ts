// Decides whether an observer's subscriptions can be resumed, and which changes besides those of the rows affect that.

import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { PROTOCOL_VERSION } from 'nestjs-jira-protocol';
import type { Change } from '../../core/changes/change.js';
import type { HookScope } from '../../core/scope/scope.js';
import { entityKey, isOpaqueDefinition, type ChannelDefinition, type ResumeRules } from '../delivery/channel.js';
import type { Dependency, ObservedRows } from './observed-rows.js';
import type { ObserverHost } from './observer-host.js';
import type { BoundOptions } from './observer-options.js';

const logger = new Logger('Jira');

interface Observed {
  readonly options: BoundOptions<object>;
  readonly rows: ObservedRows;
  readonly host: ObserverHost;
  /** Whether each caller may be shown rows differently. */
  readonly isPerUser: boolean;
  /** Dependencies by the key of their entity. */
  readonly dependencies: ReadonlyMap<string, readonly Dependency[]>;
  /** Whether this process receives the changes of an entity that a condition crosses; `undefined` if it does not. */
  hears(this: void, name: string): boolean | undefined;
}

export class Resuming implements ResumeRules {
  readonly shape: string;
  private readonly obstacle: string | undefined;
  private readonly told = new Set<string>();
  signalledAt?: string;

  constructor(private readonly observed: Observed) {
    const { options, rows, host, isPerUser } = observed;
    this.obstacle = obstacleOf(options, rows, isPerUser);
    this.shape = shapeOf(options, rows);
    if (this.obstacle !== undefined) logger.log(`${host.subject} cannot be resumed: ${this.obstacle}`);
  }

  obstacleOf(definition: ChannelDefinition): string | undefined {
    if (this.obstacle !== undefined) return this.obstacle;
    if (isOpaqueDefinition(definition)) return 'SQL or code of the application decides who sees its rows.';
    const { filter, audience } = definition;
    const names = [filter, ...audience.matchers].flatMap(({ related }) => [...(related?.names ?? [])]);
    const unwatched = names.find((name) => !this.isWatched(name));
    if (unwatched === undefined) return undefined;
    const obstacle = `rows of ${unwatched} decide who sees its rows, and not every process watches them. Name the entity in dependsOn.`;
    if (!this.told.has(unwatched)) logger.warn(`${this.observed.host.subject} cannot be resumed: ${obstacle}`);
    this.told.add(unwatched);
    return obstacle;
  }

  userOf(scope: HookScope): string | null {
    return this.observed.host.connections.keyOf(scope.user) ?? null;
  }

  dependsOn(change: Change): boolean {
    return this.dependenciesOf(change).length > 0;
  }

  decides(change: Change, scope: HookScope): boolean {
    return this.dependenciesOf(change).some((dependency) => this.mayConcern(dependency, change, scope));
  }

  private dependenciesOf({ source, entity, ancestors = [] }: Change): readonly Dependency[] {
    const { dependencies } = this.observed;
    if (dependencies.size === 0) return [];
    return [entity, ...ancestors].flatMap((name) => dependencies.get(entityKey(source, name)) ?? []);
  }

  /** Whether the change may concern this caller. Also true if the application's function throws. */
  private mayConcern({ rows, users }: Dependency, { before, after }: Change, scope: HookScope): boolean {
    const images = [before, after].filter((image) => image !== undefined);
    try {
      if (rows) return images.some((image) => [...rows(image)].length > 0);
      if (!users) return true;
      const key = this.userOf(scope);
      const { connections } = this.observed.host;
      return images.some((image) => [...users(image)].some((user) => (connections.keyOf(user) ?? null) === key));
    } catch {
      return true;
    }
  }

  /** Whether the log has every change of the entity, made by any process, since before the first token was given. */
  private isWatched(name: string): boolean {
    const { rows, host, hears, dependencies } = this.observed;
    if (rows.isAlwaysWatched?.(name)) return true;
    if ([...dependencies.keys()].some((key) => key.endsWith(`:${name}`))) return true;
    return host.hub.log.isShared === false && hears(name) === true;
  }
}

function obstacleOf(
  { source, participants, handler, audience }: BoundOptions<object>,
  { own, shape }: ObservedRows,
  isPerUser: boolean,
): string | undefined {
  if (source || shape === undefined) return 'signals are not kept.';
  if (participants) return 'its "participants" decide who receives a change at the time of the change.';
  if (handler) return 'its "handler" may send changes by itself.';
  if (own?.permits) return 'object permissions are code, and may decide otherwise at any time.';
  if (isPerUser && !(audience ?? own?.audience))
    return 'its "serialize" reads the scope. Declare audience(scope), which names who is shown the same.';
  return undefined;
}

/** A hash of how rows are shown, which may differ between deployments. */
function shapeOf({ serialize }: BoundOptions<object>, { shape, own }: ObservedRows): string {
  const shown = serialize ? String(serialize) : own?.shape;
  const text = JSON.stringify([PROTOCOL_VERSION, shape, shown]);
  return createHash('sha256').update(text).digest('base64url');
}
