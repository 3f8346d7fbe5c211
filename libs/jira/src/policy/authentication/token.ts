import type { Handshake } from '../../core/connections/connection.js';

/** `auth: { token }` of the handshake, else the token of an `Authorization: Bearer` header. */
export function tokenOf(handshake: Handshake): unknown {
  if (handshake.auth['token'] !== undefined) return handshake.auth['token'];
  return /^Bearer +(\S+)$/i.exec(String(handshake.headers['authorization'] ?? ''))?.[1];
}
