// Ends a connection, says why to clients that understand it, and hears nothing more from it.

import type { JiraException } from '../errors/jira.exception.js';
import type { Connection } from './connection.js';

export function disconnect(connection: Connection, reason: JiraException): void {
  if (sayFarewell(connection, reason)) connection.close(reason);
}

/** For who closes the connection by other means. False when its end was begun before. */
export function sayFarewell(connection: Connection, reason: JiraException): boolean {
  if (connection.isClosed || connection.endReason !== undefined) return false;
  connection.endReason = reason.code;
  if (connection.dialect === 'jira') connection.send('$disconnect', { code: reason.code, status: reason.getStatus() });
  // A client may leave a closing handshake unanswered: what it has asked for ends now.
  connection.abortAll(reason);
  return true;
}
