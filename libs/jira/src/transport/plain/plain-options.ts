// The options of `plainWebSockets`.

import type { ServerOptions } from 'ws';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { jsonFrames } from './json-frames.js';
import type { MessageFormat } from './message-format.js';

/** Options passed on to the package `ws`. */
export type WebSocketOptions = Pick<
  ServerOptions,
  'perMessageDeflate' | 'skipUTF8Validation' | 'allowSynchronousEvents'
>;

/** One object, so that all endpoints that use it share a server. */
export const DEFAULT_WEB_SOCKET: WebSocketOptions = Object.freeze({});

/** One URL for plain WebSockets. */
export interface PlainWebSocketOptions {
  /**
   * A path such as `/ws`, which serves every hook and handler without a path of its own. Or the path of a hook or of event
   * handlers, such as `/thing/:id`, to set the options of that path.
   */
  readonly path: string;
  /** Message format of this URL's clients. @default jsonFrames */
  readonly format?: MessageFormat;
  /** Port of a separate server. @default the application's HTTP server */
  readonly port?: number;
  /** Address that the separate server listens on. @default 127.0.0.1 */
  readonly host?: string;
  /**
   * Origins that may connect besides the server's own; `'*'` allows all. Clients without an origin, which are not browsers,
   * are always allowed.
   *
   * @default []
   */
  readonly origins?: readonly string[] | '*';
  /** Whether an unknown URL gets HTTP 404, instead of a connection that closes with code 4040. @default false */
  readonly rejectAtHandshake?: boolean;
  /** Time between pings, in ms. A client that has not answered by the next one is dropped. @default 25_000, as in Socket.IO */
  readonly pingIntervalMs?: number;
  /** Options of the package `ws`, such as `perMessageDeflate`, which compresses frames for each client separately. @default {} */
  readonly webSocket?: WebSocketOptions;
}

export type ResolvedPlainOptions = Readonly<Required<Omit<PlainWebSocketOptions, 'port'>>> & {
  readonly port?: number;
};

/** Injection token of the resolved endpoints. */
export const PLAIN_WEB_SOCKETS = Symbol('jira plain web sockets');

/**
 * Returns the options, completed with defaults and frozen.
 *
 * @throws ConfigurationError if an option is invalid or a path is configured twice
 */
export function resolvePlainOptions(options: readonly PlainWebSocketOptions[]): readonly ResolvedPlainOptions[] {
  const paths = new Set<string>();
  return options.map((one) => {
    const subject = `plainWebSockets "${one.path}"`;
    if (paths.has(`${one.port} ${one.path}`))
      throw new ConfigurationError(subject, 'is configured twice.', 'Give each a different path.');
    paths.add(`${one.port} ${one.path}`);
    if (one.format !== undefined && typeof one.format.compose !== 'function')
      throw new ConfigurationError(
        subject,
        'has a "format" that is none.',
        'Use one of nestjs-jira/formats, such as bundleFormat.',
      );
    const { pingIntervalMs = 25_000 } = one;
    if (!Number.isInteger(pingIntervalMs) || pingIntervalMs <= 0)
      throw new ConfigurationError(subject, `has pingIntervalMs = ${pingIntervalMs}.`, 'Use a positive integer.');
    return Object.freeze({
      path: one.path,
      format: one.format ?? jsonFrames,
      port: one.port,
      host: one.host ?? '127.0.0.1',
      origins: one.origins ?? [],
      rejectAtHandshake: one.rejectAtHandshake ?? false,
      pingIntervalMs,
      webSocket: one.webSocket ?? DEFAULT_WEB_SOCKET,
    });
  });
}
