// Admits connections of every transport: authenticates them once, announces them, and forgets them when they close.

import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Code } from 'nestjs-jira-protocol';
import { authenticate } from '../policy/authentication/authentication.js';
import { isObserved, publish, publishRefusal } from '../core/diagnostics/diagnostics.js';
import { errorAnswer, TRANSLATORS, type ErrorAnswer, type ErrorTranslator } from '../core/errors/error-answer.js';
import { JiraException } from '../core/errors/jira.exception.js';
import { ProblemLog } from '../core/errors/problem-log.js';
import { EventRegistry, type EventTarget } from '../events/event-registry.js';
import { RequestPipeline } from '../hooks/request-pipeline.js';
import { LifecycleEvents } from '../core/lifecycle/lifecycle-events.js';
import { Authorization, type Entry } from '../live/sessions/authorization.js';
import { Hub } from '../live/delivery/hub.js';
import { checkConnection } from '../policy/permissions/permission.js';
import type { Connection } from '../core/connections/connection.js';
import { Connections } from '../core/connections/connections.js';
import { sayFarewell } from '../core/connections/disconnect.js';
import { LIMITS, type Limits } from '../core/limits/limits.js';
import { limitOf, LIMITS_OF, setOwnLimits, type LimitsOf } from '../core/limits/limits-of.js';
import { withTimeout } from '../core/support/with-timeout.js';
import { faultOfValue } from './frame-guard.js';
import { CLIENT_ADDRESS, Traffic, type ClientAddress } from './limits/traffic.js';

/** After a shutdown, each client reconnects at a random time within this span, so that they do not all come at once. */
const RECONNECT_MIN_MS = 200;
const RECONNECT_SPREAD_MS = 2_000;

const SLOW: Code = 'SLOW_CLIENT';

@Injectable()
export class Reception {
  private readonly logger = new Logger('Jira');
  private readonly problems = new ProblemLog();
  private letIn!: (entry: Entry) => void;
  /** Transports open before the application has booted, so handshakes wait for this. */
  private readonly entry = new Promise<Entry>((resolve) => (this.letIn = resolve));
  /** Number of frames that could not be answered because they had no id. */
  malformedCount = 0;
  isClosing = false;
  /** Whether handshakes are accepted. */
  isOpen = false;
  private knowsAddresses: boolean;

  constructor(
    private readonly connections: Connections,
    private readonly hub: Hub,
    private readonly authorization: Authorization,
    private readonly pipeline: RequestPipeline,
    private readonly events: EventRegistry,
    private readonly lifecycle: LifecycleEvents,
    private readonly traffic: Traffic,
    @Inject(LIMITS) private readonly limits: Limits,
    @Inject(TRANSLATORS) private readonly translators: readonly ErrorTranslator[],
    @Inject(CLIENT_ADDRESS) clientAddress: ClientAddress | undefined,
    @Inject(LIMITS_OF) private readonly limitsOf: LimitsOf | undefined,
  ) {
    this.knowsAddresses = clientAddress !== undefined;
  }

  /** Starts accepting handshakes. Called when everything that they and their requests need is ready. */
  start(entry: Entry): void {
    this.authorization.start(entry);
    this.traffic.start();
    this.letIn(entry);
    this.isOpen = true;
  }

  /**
   * Stops accepting handshakes, waits for `drain` to answer the requests in flight, tells each client when to reconnect,
   * and ends the connections. Requests still in flight after `drainMs` are aborted.
   */
  async close(drain: () => Promise<void>, end: () => Promise<unknown>): Promise<void> {
    this.isClosing = true;
    this.traffic.stop();
    const { connections, limits } = this;
    const giveUp = setTimeout(() => {
      for (const connection of connections.all()) connection.abortAll(shuttingDown());
    }, limits.drainMs);
    await drain();
    clearTimeout(giveUp);
    for (const connection of connections.all()) {
      const afterMs = Math.round(RECONNECT_MIN_MS + Math.random() * RECONNECT_SPREAD_MS);
      if (connection.dialect === 'jira') connection.send('$reconnect', { afterMs });
    }
    await end();
  }

  /** Authenticates and authorizes a handshake. Rejects with the refusal. */
  async admit(connection: Connection): Promise<void> {
    const { handshakeTimeoutMs } = this.limits;
    await withTimeout(this.greet(connection), handshakeTimeoutMs, () => {
      publishRefusal('handshakeTimeoutMs');
      throw new JiraException('TIMEOUT', `The handshake took longer than ${handshakeTimeoutMs} ms.`);
    });
  }

  private async greet(connection: Connection): Promise<void> {
    connection.maxRooms = this.limits.rooms;
    this.traffic.checkHandshake(connection.handshake);
    this.warnOfProxies(connection);
    const { auth } = connection.handshake as { auth: unknown };
    const fault = typeof auth === 'object' ? faultOfValue(auth, this.limits) : '"auth" must be an object.';
    if (fault) throw new JiraException('MALFORMED_FRAME', fault);
    const { authentication, permissions } = await this.entry;
    if (this.isClosing) throw shuttingDown();
    connection.admit(await authenticate(authentication, connection.handshake));
    setOwnLimits(connection, this.limitsOf);
    connection.maxRooms = limitOf(connection, this.limits, 'rooms');
    this.traffic.checkUser(connection);
    await checkConnection(permissions, connection);
  }

  /** The error for a refused client. Logs an unexpected one. */
  refusal(error: unknown, id: string): ErrorAnswer {
    const answer = errorAnswer(error, id, this.translators);
    if (answer.isUnexpected) this.problems.error('A handshake failed', 'A handshake failed', error);
    if (isObserved('connection')) publish('connection', { event: 'refused', code: answer.data.code });
    return answer;
  }

  /** One function for all connections, to save memory. */
  private readonly sent: Connection['onSent'] = ({ id: connectionId }, event, payload) => {
    const { lifecycle } = this;
    if (!lifecycle.hears('jira.message_sent')) return;
    lifecycle.emit('jira.message_sent', { target: { connectionId }, event, payload });
  };

  opened(connection: Connection): void {
    const { authorization, connections, events, lifecycle } = this;
    connection.onSent = this.sent;
    connections.add(connection);
    this.traffic.opened(connection);
    authorization.opened(connection);
    if (isObserved('connection')) publish('connection', { event: 'opened', connectionId: connection.id });
    if (lifecycle.hears('jira.connection_open')) lifecycle.emit('jira.connection_open', { connection });
    this.notify(connection, 'connected', {}, events.connected(connection.route));
  }

  closed(connection: Connection, told: string): void {
    if (connection.isClosed) return;
    const { authorization, connections, events, hub, lifecycle } = this;
    connection.isClosed = true;
    authorization.closed(connection);
    if (connection.inFlight > 0) connection.abortAll(new JiraException('CANCELLED', 'The connection is closed.'));
    hub.unsubscribeAll(connection.id);
    connections.remove(connection);
    this.traffic.closed(connection);
    const reason = connection.endReason ?? told;
    if (reason === SLOW) publishRefusal('bufferedBytes', connection.id);
    if (isObserved('connection')) publish('connection', { event: 'closed', connectionId: connection.id, reason });
    if (lifecycle.hears('jira.connection_closed')) lifecycle.emit('jira.connection_closed', { connection, reason });
    if (lifecycle.hears('jira.remove_connection'))
      lifecycle.emit('jira.remove_connection', { connectionId: connection.id, user: connection.user as unknown });
    this.notify(connection, 'disconnected', { reason }, events.disconnected(connection.route));
  }

  /** Tells the client that its frame exceeds `frameBytes`, right before its transport closes the connection. */
  tooLarge(connection: Connection): void {
    publishRefusal('frameBytes', connection.id);
    const message = `The frame is too large; the limit is ${this.limits.frameBytes} bytes.`;
    sayFarewell(connection, new JiraException('FRAME_TOO_LARGE', message));
  }

  /** Counts a frame that cannot be answered. */
  dropped(connection: Connection, reason: string, frame: unknown): void {
    this.malformedCount++;
    connection.complain(reason);
    this.traffic.malformed(connection);
    const { lifecycle } = this;
    if (lifecycle.hears('jira.malformed_frame')) lifecycle.emit('jira.malformed_frame', { connection, reason, frame });
  }

  /** Warns once if clients connect through a proxy, whose address would stand for all of them. */
  private warnOfProxies({ handshake }: Connection): void {
    if (this.knowsAddresses || !('x-forwarded-for' in handshake.headers)) return;
    this.knowsAddresses = true;
    this.logger.warn(
      'Connections arrive through a proxy, so limits per address count the proxy. Set forRoot({ clientAddress }) to read the header that your proxy sets.',
    );
  }

  private notify(connection: Connection, event: string, data: unknown, targets: readonly EventTarget[]): void {
    for (const target of targets) void this.pipeline.notify(connection, event, data, target);
  }
}

function shuttingDown(): JiraException {
  return new JiraException('UNAVAILABLE', 'The server is shutting down.');
}
