// Event handlers as configuration: `eventListeners: [{ event: 'hello', listener: HelloListener }]`.

import type { Type } from '@nestjs/common';
import type { EventContext } from './event-context.js';

/** Handles one event. */
export interface ClientEventListener {
  /** Called when a client sends the event. The return value goes to clients that asked for an acknowledgement. */
  handle(context: EventContext): unknown;
}

/** An entry of `forRoot({ eventListeners })`. */
export interface EventListenerSpec {
  /** Name of the event. */
  readonly event: string;
  /** A class (a provider of the application, or else created by dependency injection), or an instance. */
  readonly listener: Type<ClientEventListener> | ClientEventListener;
  /** Pattern of the URL whose clients it serves. @default serves clients that connect without a path */
  readonly path?: string;
}
