// The URL of a hook or of event handlers, if it is not the default one.

import type { InputType } from '../policy/serialization/input.js';

export interface RouteOptions {
  /**
   * URL pattern, such as `/thing/:id`: a Socket.IO namespace, and the URL of a plain WebSocket. Only clients that
   * connected there reach it. @default reached by all clients that connected without a path of their own
   */
  readonly path?: string;
  /**
   * Class or schema that the path's parameters are validated against and converted to; what does not fit is no match.
   * @default they are strings
   */
  readonly params?: InputType;
}
