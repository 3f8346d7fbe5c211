// The URL of a hook or of event handlers, if it is not the default one.

import type { InputType } from '../policy/serialization/input.js';

/** The URL of a hook or of event handlers. */
export interface RouteOptions {
  /**
   * URL pattern, such as `/thing/:id`: a Socket.IO namespace, and the URL of a plain WebSocket. Only clients that connect
   * there can use it.
   *
   * @default for all clients that connect without a path
   */
  readonly path?: string;
  /**
   * Class or schema that validates and converts the path's parameters. A URL whose parameters are invalid does not match.
   * @default the parameters are strings
   */
  readonly params?: InputType;
}
