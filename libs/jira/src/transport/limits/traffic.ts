// Limits the number of connections, and the rates of connections, users and addresses. Counting a message takes a few additions.

import { Inject, Injectable } from '@nestjs/common';
import { publishRefusal } from '../../core/diagnostics/diagnostics.js';
import { failureLog } from '../../core/errors/failure-log.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import { isShared } from '../../cluster/messaging/memory-pub-sub.js';
import { PubSub } from '../../cluster/messaging/pub-sub.js';
import type { Connection, Handshake } from '../../core/connections/connection.js';
import { Connections } from '../../core/connections/connections.js';
import { disconnect } from '../../core/connections/disconnect.js';
import { Parties } from '../../core/limits/party.js';
import { LIMITS, type Limits } from '../../core/limits/limits.js';
import { limitOf } from '../../core/limits/limits-of.js';
import { TokenBucket, TokenBuckets } from '../../core/limits/token-bucket.js';
import { SharedRates } from './shared-rates.js';

/** Returns the address of a client, for the limits per address. */
export type ClientAddress = (handshake: Handshake) => string;

/** Injection token of the application's `clientAddress`, which is optional. */
export const CLIENT_ADDRESS = Symbol('jira client address');

/** The counters of one connection. Created with its first message: most connections mostly listen. */
interface Allowance {
  readonly messages: TokenBucket;
  readonly ofUser?: TokenBucket;
  refused?: TokenBucket;
  malformed?: TokenBucket;
}

const MINUTE = 60;
const LOOPBACK = /^(::1|127\.|::ffff:127\.)/;

@Injectable()
export class Traffic {
  private readonly allowances = new WeakMap<Connection, Allowance>();
  private readonly users: TokenBuckets;
  private readonly handshakes: TokenBuckets;
  private readonly perAddress = new Map<string, number>();
  private readonly parties: Parties;
  private readonly shared: SharedRates;

  constructor(
    @Inject(LIMITS) private readonly limits: Limits,
    private readonly connections: Connections,
    private readonly pubSub: PubSub,
    @Inject(CLIENT_ADDRESS) private readonly clientAddress: ClientAddress | undefined,
  ) {
    this.parties = new Parties(this.perSecond(limits.userWeightPerSecond));
    this.users = this.perSecond(limits.userRequestsPerSecond);
    this.handshakes = this.perSecond(limits.handshakesPerSecond);
    const buckets = { users: this.users, handshakes: this.handshakes };
    this.shared = new SharedRates(pubSub, buckets, failureLog('Could not share rate limits between processes'));
  }

  /** Starts adding what other processes count for the same users and addresses. */
  start(): void {
    if (isShared(this.pubSub)) this.shared.start();
  }

  stop(): void {
    this.shared.stop();
  }

  /** Called first in every handshake. @throws JiraException `TOO_MANY_CONNECTIONS` */
  checkHandshake(handshake: Handshake): void {
    const address = this.addressOf(handshake);
    if (address === undefined) return;
    if (!this.handshakes.of(address).take())
      throw tooMany('handshakesPerSecond', 'Too many connection attempts from this address.');
    if ((this.perAddress.get(address) ?? 0) >= this.limits.connectionsPerAddress)
      throw tooMany(
        'connectionsPerAddress',
        `Too many connections from this address; the limit is ${this.limits.connectionsPerAddress}.`,
      );
  }

  /** Called after authentication. @throws JiraException `TOO_MANY_CONNECTIONS` */
  checkUser(connection: Connection): void {
    const limit = limitOf(connection, this.limits, 'connectionsPerUser');
    if (this.connections.countOf(connection.user) >= limit)
      throw tooMany('connectionsPerUser', `Too many connections for this user; the limit is ${limit}.`);
  }

  /** Counts an open connection. Disconnects it if it exceeds a limit because another one opened at the same time. */
  opened(connection: Connection): void {
    const address = this.addressOf(connection.handshake);
    const ofAddress = address === undefined ? 0 : (this.perAddress.get(address) ?? 0) + 1;
    if (address !== undefined) this.perAddress.set(address, ofAddress);
    connection.party = this.parties.of(this.partyKeyOf(connection));
    connection.party.joined();
    const ofUser = this.connections.countOf(connection.user);
    if (
      ofAddress > this.limits.connectionsPerAddress ||
      ofUser > limitOf(connection, this.limits, 'connectionsPerUser')
    )
      queueMicrotask(() => disconnect(connection, new JiraException('TOO_MANY_CONNECTIONS', 'Too many connections.')));
  }

  closed(connection: Connection): void {
    connection.party.left();
    const address = this.addressOf(connection.handshake);
    if (address === undefined) return;
    const left = (this.perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.perAddress.set(address, left);
    else this.perAddress.delete(address);
  }

  /** Counts a message; false if it exceeds the rate. A client that keeps sending is disconnected. */
  allows(connection: Connection): boolean {
    const allowance = this.allowanceOf(connection);
    const isInOwnRate = allowance.messages.take();
    if (isInOwnRate && (allowance.ofUser?.take() ?? true)) return true;
    publishRefusal(isInOwnRate ? 'userRequestsPerSecond' : 'requestsPerSecond', connection.id);
    allowance.refused ??= perMinute(limitOf(connection, this.limits, 'refusedRequests'));
    if (!allowance.refused.take())
      disconnect(connection, new JiraException('TOO_MANY_REQUESTS', 'The client keeps exceeding its rate limit.'));
    return false;
  }

  /** Counts a malformed frame. A client that sends too many is disconnected. */
  malformed(connection: Connection): void {
    const allowance = this.allowanceOf(connection);
    allowance.malformed ??= perMinute(limitOf(connection, this.limits, 'malformedFrames'));
    if (allowance.malformed.take()) return;
    publishRefusal('malformedFrames', connection.id);
    disconnect(connection, new JiraException('MALFORMED_FRAME', 'Too many malformed frames.'));
  }

  private allowanceOf(connection: Connection): Allowance {
    const known = this.allowances.get(connection);
    if (known) return known;
    const key = this.connections.keyOf(connection.user);
    const { burstSeconds } = this.limits;
    const requestsPerSecond = limitOf(connection, this.limits, 'requestsPerSecond');
    const messages = new TokenBucket(requestsPerSecond, requestsPerSecond * burstSeconds);
    const ofUser = key === undefined ? undefined : this.users.of(key);
    const userRequestsPerSecond = limitOf(connection, this.limits, 'userRequestsPerSecond');
    ofUser?.become(userRequestsPerSecond, userRequestsPerSecond * burstSeconds);
    const allowance: Allowance = { messages, ofUser };
    this.allowances.set(connection, allowance);
    return allowance;
  }

  /** `undefined` for an anonymous client of this host. */
  private partyKeyOf(connection: Connection): string | undefined {
    const user = this.connections.keyOf(connection.user);
    if (user !== undefined) return `user ${user}`;
    const address = this.addressOf(connection.handshake);
    return address === undefined ? undefined : `address ${address}`;
  }

  private perSecond(rate: number): TokenBuckets {
    return new TokenBuckets(rate, rate * this.limits.burstSeconds);
  }

  /** `undefined` for this host: that is a proxy or a developer, so the address does not identify the client. */
  private addressOf(handshake: Handshake): string | undefined {
    const address = this.clientAddress ? this.clientAddress(handshake) : handshake.address;
    return LOOPBACK.test(address) ? undefined : address;
  }
}

function tooMany(limit: keyof Limits, message: string): JiraException {
  publishRefusal(limit);
  return new JiraException('TOO_MANY_CONNECTIONS', message);
}

function perMinute(count: number): TokenBucket {
  return new TokenBucket(count / MINUTE, count);
}
