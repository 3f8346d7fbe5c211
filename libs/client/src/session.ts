// The credentials of a connection: renewed on request, and before they expire if `auth` is a function.

import { AUTHENTICATE_ACTION, CONNECTION_EVENT, type SessionData } from 'nestjs-jira-protocol';
import { backoffMs } from './backoff.js';
import type { Connection } from './connection.js';
import { JiraClientError } from './errors.js';
import type { AuthSource, ResolvedClientOptions } from './options.js';
import type { Requests } from './requests.js';

/** How long before they expire to renew credentials. Short-lived ones are renewed in the last quarter of their life. */
const LEAD_MS = 60_000;
const LEAD_SHARE = 0.25;
const MAX_TIMER_MS = 2 ** 31 - 1;

export class Session {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retries = 0;

  constructor(
    private readonly requests: Requests,
    private readonly link: Connection,
    private readonly options: ResolvedClientOptions,
    /** Called when new credentials are in force on the open connection. */
    private readonly renewed: () => void,
  ) {}

  /** Resolves with the date at which the new credentials expire, or `null` if they do not. Rejects with `JiraClientError`. */
  async renew(source: AuthSource = this.link.auth): Promise<Date | null> {
    // If there is no connection, the next one uses these credentials.
    if (!this.link.isConnected) this.link.auth = source;
    const data = await this.link.credentials(source);
    const session = await this.ask(data);
    this.link.auth = source;
    this.learn(session);
    this.renewed();
    return typeof session.expiresAt === 'string' ? new Date(session.expiresAt) : null;
  }

  /** Notes when the credentials expire, as the server announced. */
  learn(session: unknown): void {
    const { expiresInMs } = (session ?? {}) as Partial<SessionData>;
    this.retries = 0;
    this.stop();
    if (typeof expiresInMs !== 'number' || typeof this.link.auth !== 'function') return;
    // Many clients may have received their credentials at once, so add jitter.
    const leadMs = Math.min(LEAD_MS, expiresInMs * LEAD_SHARE) * (0.75 + Math.random() / 2);
    this.renewAfter(expiresInMs - leadMs);
  }

  /** Ends the renewal. The next connection has its own session. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private renewAfter(delayMs: number): void {
    this.stop();
    const { reconnectMinMs } = this.options;
    this.timer = setTimeout(() => void this.renewByItself(), Math.min(MAX_TIMER_MS, Math.max(reconnectMinMs, delayMs)));
  }

  /** If renewal does not succeed in time, the client reconnects with fresh credentials. */
  private async renewByItself(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      if (!this.link.isConnected) return;
      if (!(error instanceof JiraClientError) || !error.retryable) return this.options.onError(error);
      const { reconnectMinMs, reconnectMaxMs } = this.options;
      this.renewAfter(backoffMs(this.retries++, reconnectMinMs, reconnectMaxMs));
    }
  }

  private ask(data: object): Promise<Partial<SessionData>> {
    return new Promise((resolve, reject) => {
      const call = { namespace: CONNECTION_EVENT, action: AUTHENTICATE_ACTION, method: 'POST', data } as const;
      const done = ({ data: session }: { data: unknown }): void => resolve(session ?? {});
      this.requests.open(call, { done, failed: reject });
    });
  }
}
