// Handlers of events as configuration: `eventListeners: [{ event: 'hello', listener: HelloListener }]`.

import type { Type } from '@nestjs/common';
import type { EventContext } from './event-context.js';

/** Handles one event. */
export interface ClientEventListener {
  /** Its return value is sent to clients that asked for an acknowledgement. */
  handle(context: EventContext): unknown;
}

export interface EventListenerSpec {
  readonly event: string;
  /** A class (the application's provider, else created with dependency injection) or an instance. */
  readonly listener: Type<ClientEventListener> | ClientEventListener;
  /** Pattern of the URL whose clients it serves. @default clients that connected without a path */
  readonly path?: string;
}
