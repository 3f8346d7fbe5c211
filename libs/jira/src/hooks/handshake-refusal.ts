// How an application refuses a handshake.

import type { IncomingMessage } from 'node:http';
import { codeForStatus } from 'nestjs-jira-protocol';
import { ConfigurationError } from '../core/errors/configuration.error.js';
import { JiraException } from '../core/errors/jira.exception.js';
import type { Connection, Params } from '../core/connections/connection.js';

/** An HTTP response in place of a connection. A Socket.IO client gets the status and its code, with the body as the message. */
export interface HandshakeRefusal {
  /** HTTP status, such as 403. */
  readonly status: number;
  /** HTTP headers of the response, used with a `body`. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of the response. @default the code and message as JSON */
  readonly body?: string;
}

export class RefusedHandshake extends JiraException {
  constructor(readonly refusal: HandshakeRefusal) {
    super(codeForStatus(refusal.status), refusal.body ?? 'The connection was refused.', { status: refusal.status });
  }
}

/** Called before a client connects to a URL. Returns a refusal, or nothing to let the client in. */
export type HandshakeCheck = (
  request: IncomingMessage,
  params: Params,
  connection: Connection,
) => Promise<HandshakeRefusal | null | void> | HandshakeRefusal | null | void;

/**
 * The `processHandshake()` of an instance, if it has one.
 *
 * @throws ConfigurationError if the instance has `processHandshake()`, but no path
 */
export function handshakeCheckOf(instance: object, path: string | undefined): HandshakeCheck | undefined {
  const { processHandshake: check } = instance as { processHandshake?: HandshakeCheck };
  if (check && path === undefined)
    throw new ConfigurationError(
      instance.constructor.name,
      'has processHandshake(), but no path of its own.',
      'Give it a path: { path }. For all connections, use authentication or the canConnect() method of a permission.',
    );
  return check?.bind(instance);
}
