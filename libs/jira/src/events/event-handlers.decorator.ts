// `@EventHandlers()`: methods of this provider handle events that clients send.

import 'reflect-metadata';
import { Injectable, type Type } from '@nestjs/common';
import type { Names } from '../core/support/known-names.js';
import { ENTRY_PROVIDER_WATERMARK } from '../core/nest-internals.js';
import type { ActionOptions } from '../hooks/action.decorator.js';
import type { MiddlewareSpec } from '../hooks/base-hook.js';
import { inheritMethodMetadata } from '../hooks/inherited-metadata.js';
import { MemberMarks } from '../hooks/member-marks.js';
import type { PermissionSpec } from '../policy/permissions/permission.js';
import type { RouteOptions } from '../hooks/route-options.js';

/** Options of `@EventHandlers()`. */
export interface EventHandlersOptions extends RouteOptions {
  /** Permissions checked before each handler of the class, after the global ones. @default none */
  readonly permissions?: readonly PermissionSpec[];
  /** Middleware around each handler of the class, inside the global middleware. @default none */
  readonly middleware?: readonly MiddlewareSpec[];
}

/** Options of `@OnMessage()`: they mean the same as those of `@Action()`. */
export type MessageOptions = Pick<
  ActionOptions,
  'input' | 'groups' | 'output' | 'permissions' | 'timeoutMs' | 'status'
>;

/** The names of the options, checked at boot. */
export const EVENT_HANDLERS_OPTIONS: Names<EventHandlersOptions> = { path: true, params: true, permissions: true, middleware: true }; // prettier-ignore
export const MESSAGE_OPTIONS: Names<MessageOptions> = {
  input: true, groups: true, output: true, permissions: true, timeoutMs: true, status: true,
}; // prettier-ignore

/** When a method is called: for an event of this name, or when a connection opens or closes. */
export type Occasion = { readonly message: string; readonly options: MessageOptions } | 'connected' | 'disconnected';

const CLASSES = new WeakMap<object, EventHandlersOptions>();
const MARKS = new MemberMarks<Occasion>('An event handler');

/**
 * Marks a provider whose methods handle events of clients. List the class in the `providers` of its module.
 *
 * @example
 * @EventHandlers()
 * export class ChatHandlers {
 *   @OnMessage('hello') hello({ payload, connection }: EventContext<string>) { connection.send('hello', payload); }
 * }
 */
export function EventHandlers(options: EventHandlersOptions = {}): ClassDecorator {
  return (target) => {
    Injectable()(target);
    Reflect.defineMetadata(ENTRY_PROVIDER_WATERMARK, true, target);
    inheritMethodMetadata(target.prototype as object);
    CLASSES.set(target, options);
  };
}

/**
 * Calls the method with an `EventContext` when a client sends this event. If the client asked for an acknowledgement, it gets the
 * return value, or the error that the method throws.
 *
 * `@OnEvent()` of `@nestjs/event-emitter` is something else: it listens to events of the application itself.
 */
export function OnMessage(event: string, options: MessageOptions = {}): MethodDecorator {
  return (prototype, name) => MARKS.add(prototype, name, { message: event, options });
}

/** Calls the method with an `EventContext` when a client has connected. No frame of a client can trigger it. */
export function OnConnected(): MethodDecorator {
  return (prototype, name) => MARKS.add(prototype, name, 'connected');
}

/** Calls the method with an `EventContext` when a connection has closed. `payload.reason` says why. */
export function OnDisconnected(): MethodDecorator {
  return (prototype, name) => MARKS.add(prototype, name, 'disconnected');
}

/** The `@EventHandlers` options of exactly this class. */
export function eventHandlersOptions(target: Type<object> | object): EventHandlersOptions | undefined {
  return CLASSES.get(target);
}

/** The handlers of an instance, by method name. */
export function occasionsOf(instance: object): ReadonlyMap<string, Occasion> {
  return MARKS.of(instance);
}
