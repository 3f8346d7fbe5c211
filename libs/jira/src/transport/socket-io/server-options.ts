// Our options on the Socket.IO server, whoever made it.

import type { Namespace, ServerOptions } from 'socket.io';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { boundFrames } from './engine-io-internals.js';
import type { OtherGateway } from './other-gateways.js';

export interface SocketIoOptions extends Partial<Omit<ServerOptions, 'maxHttpBufferSize'>> {
  /** Port of its own. @default the app's HTTP server */
  readonly port?: number;
  /** Socket.IO namespace the hooks live in. @default the root namespace */
  readonly namespace?: string;
}

export interface WantedServerOptions extends SocketIoOptions {
  readonly maxHttpBufferSize: number;
}

/** Token of the resolved Socket.IO options, `maxHttpBufferSize` included. */
export const SOCKET_IO_OPTIONS = Symbol('jira socket.io options');

const COMPARED = ['maxHttpBufferSize', 'cors', 'transports', 'pingInterval', 'pingTimeout'] as const;

/**
 * The first gateway on a port and path makes the server; the options of the others vanish silently. Ours may not:
 * throws a ConfigurationError that names the other gateway, unless only the frame size differs and nobody chose it.
 */
export function claimOptions(
  { server }: Namespace,
  wanted: WantedServerOptions,
  maker: OtherGateway | undefined,
): void {
  const effective = server.engine.opts as unknown as Record<string, unknown>;
  for (const key of COMPARED) {
    if (wanted[key] === undefined || same(effective[key], wanted[key])) continue;
    const isNobodysChoice = key === 'maxHttpBufferSize' && maker && maker.options[key] === undefined;
    if (isNobodysChoice && boundFrames(server, wanted.maxHttpBufferSize)) continue;
    throw new ConfigurationError(
      'JiraModule',
      `wants the Socket.IO option ${key} = ${JSON.stringify(wanted[key])}, but ${maker?.name ?? "the app's WebSocket adapter"} made the server with ${JSON.stringify(effective[key])}.`,
      'Give both the same options, or set forRoot({ socketIo: { path: "/jira.io" } }) for a server of its own.',
    );
  }
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
