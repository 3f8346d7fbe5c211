// Disconnects a client: tells it why if it understands that, and ends its requests.

import type { JiraException } from '../errors/jira.exception.js';
import type { Connection } from './connection.js';

export function disconnect(connection: Connection, reason: JiraException): void {
  if (sayFarewell(connection, reason)) connection.close(reason);
}

/** Tells the client why, and leaves it to the caller to close the connection. Returns false if it is already ending. */
export function sayFarewell(connection: Connection, reason: JiraException): boolean {
  if (connection.isClosed || connection.endReason !== undefined) return false;
  connection.endReason = reason.code;
  if (connection.dialect === 'jira') connection.send('$disconnect', { code: reason.code, status: reason.getStatus() });
  // The client may never answer the closing handshake, so its requests end now.
  connection.abortAll(reason);
  return true;
}
