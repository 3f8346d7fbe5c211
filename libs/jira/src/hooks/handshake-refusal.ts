// How a handshake is refused by an application's own word.

import { codeForStatus } from 'nestjs-jira-protocol';
import { JiraException } from '../errors/jira.exception.js';

/** An HTTP answer in place of the connection. Over Socket.IO the status and its code, with the body as the message. */
export interface HandshakeRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default the code and message as JSON */
  readonly body?: string;
}

export class RefusedHandshake extends JiraException {
  constructor(readonly refusal: HandshakeRefusal) {
    super(codeForStatus(refusal.status), refusal.body ?? 'The connection was refused.', { status: refusal.status });
  }
}
