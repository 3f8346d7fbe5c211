// Path → event → handler. Filled once at boot.

import { Injectable } from '@nestjs/common';
import { isReservedName } from 'nestjs-jira-protocol';
import { ConfigurationError } from '../core/errors/configuration.error.js';
import type { InputType } from '../policy/serialization/input.js';
import type { MessageOptions } from './event-handlers.decorator.js';
import type { RequestTarget } from '../hooks/registry.js';
import type { EventContext } from './event-context.js';

/** One handler, with its middleware, permissions and input around it. */
export interface EventTarget extends RequestTarget {
  /** Names the handler in messages for developers: `ChatHandlers.hello()`. */
  readonly subject: string;
  readonly scopeType: typeof EventContext;
  readonly options: MessageOptions;
  /** Names of the permissions and guards of the class and the handler. */
  readonly who: readonly string[];
}

/** The handlers for the clients of one path. */
class Audience {
  readonly events = new Map<string, EventTarget>();
  readonly connected: EventTarget[] = [];
  readonly disconnected: EventTarget[] = [];
}

/** Handlers for connections without a path are under `undefined`. */
type Path = string | undefined;

interface HandlerPath {
  readonly path: Path;
  /** An instance of the class that has this path. */
  readonly handlers: object;
  readonly params?: InputType;
}

@Injectable()
export class EventRegistry {
  private readonly audiences = new Map<Path, Audience>();
  private readonly handlerPaths: HandlerPath[] = [];

  /** @throws ConfigurationError if the name is reserved or already has a handler at this path */
  add(path: Path, event: string, target: EventTarget): void {
    const { subject } = target;
    if (!event || isReservedName(event))
      throw new ConfigurationError(
        subject,
        `handles the reserved event "${event}".`,
        'Choose another in @OnMessage().',
      );
    const { events } = this.audience(path);
    const other = events.get(event);
    if (other)
      throw new ConfigurationError(
        subject,
        `handles the event "${event}" of ${other.subject}.`,
        'An event has one handler at each path: call the other from it, or give them paths of their own.',
      );
    events.set(event, target);
  }

  addConnected(path: Path, target: EventTarget): void {
    this.audience(path).connected.push(target);
  }

  addDisconnected(path: Path, target: EventTarget): void {
    this.audience(path).disconnected.push(target);
  }

  find(path: Path, event: string): EventTarget | undefined {
    return this.audiences.get(path)?.events.get(event);
  }

  connected(path: Path): readonly EventTarget[] {
    return this.audiences.get(path)?.connected ?? NOBODY;
  }

  disconnected(path: Path): readonly EventTarget[] {
    return this.audiences.get(path)?.disconnected ?? NOBODY;
  }

  /** Every event that has a handler, with its path. */
  *all(): Generator<readonly [Path, string, EventTarget]> {
    for (const [path, { events }] of this.audiences) for (const [event, target] of events) yield [path, event, target];
  }

  /** Each path that has handlers, with the class or schema of its parameters. */
  paths(): Iterable<HandlerPath> {
    return this.handlerPaths;
  }

  /** The owner of a path, and the class or schema of its parameters. */
  addPath(path: Path, handlers: object, params?: InputType): void {
    this.handlerPaths.push({ path, handlers, params });
  }

  private audience(path: Path): Audience {
    const audience = this.audiences.get(path) ?? new Audience();
    this.audiences.set(path, audience);
    return audience;
  }
}

const NOBODY: readonly EventTarget[] = [];
