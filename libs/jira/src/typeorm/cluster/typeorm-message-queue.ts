// Keeps message queues in a database table. Senders wake the recipients of their own process; other processes poll the
// table.

import { inBatches } from '../../core/support/in-batches.js';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { In, LessThan, MoreThan, type DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';
import { describeThrown } from '../../core/errors/thrown.js';
import type { ExpiredMessage, Message, MessageQueue, QueuedMessage } from '../../cluster/messaging/message-queue.js';
import { decode, encode } from '../../core/support/plain-data.js';
import { ClusterDatabase } from './cluster-database.js';
import { digest, MessageRow, QueueRow } from './entities.js';

/** Options of `TypeOrmMessageQueue`. */
export interface TypeOrmMessageQueueOptions {
  /** How often a process looks for messages that other processes have sent, in ms. @default 1_000 */
  readonly pollMs?: number;
}

const BATCH = 500;
/** How far the clocks of two processes may differ, and how long a sender's transaction may take. */
const SLACK_MS = 60_000;
/** Queues that have been empty this long are deleted. */
const IDLE_MS = 3_600_000;

/** Stores messages in tables that all processes share, so that messages survive a restart. */
export class TypeOrmMessageQueue implements MessageQueue {
  private readonly logger = new Logger('Jira');
  private readonly database: ClusterDatabase;
  private readonly pollMs: number;
  private readonly listeners = new Set<(recipient?: string) => void>();
  /** The last slot of each queue that was written to recently. */
  private known = new Map<string, number>();
  private lookedAt = Date.now();
  private timer?: NodeJS.Timeout;
  private isLooking = false;
  private isFailing = false;
  /** Runs code outside the sender's transaction, so that a woken recipient reads what is committed. */
  private readonly outside = AsyncLocalStorage.snapshot();

  constructor(
    source: ClusterDatabase | DataSource | DataSourceOptions,
    { pollMs = 1_000 }: TypeOrmMessageQueueOptions = {},
  ) {
    this.database = source instanceof ClusterDatabase ? source : new ClusterDatabase(source);
    this.pollMs = pollMs;
  }

  open(): Promise<void> {
    return this.database.open();
  }

  async add(recipient: string, message: Message, keepCount: number): Promise<ExpiredMessage[]> {
    const queue = digest(recipient);
    const { id: messageId, event, data, sentAt } = message;
    const row = { queue, recipient, messageId, event, data: encode(data), sentAt: sentAt.getTime() };
    for (;;) {
      const expired = await this.database.patiently((manager) =>
        manager.transaction((transaction) => this.put(transaction, row, keepCount)),
      );
      if (expired) {
        this.tell(recipient);
        return expired;
      }
      await this.database.insertNew(QueueRow, { id: queue, recipient, clock: 0 });
    }
  }

  async read(recipient: string, after = '0'): Promise<QueuedMessage[]> {
    const where = { queue: digest(recipient), slot: MoreThan(Number(after)) };
    const rows = await this.database.manager.find(MessageRow, { where, order: { slot: 'ASC' } });
    return rows.map((row) => ({ ...messageOf(row), slot: `${row.slot}` }));
  }

  async remove(recipient: string, slots: readonly string[]): Promise<void> {
    const queue = digest(recipient);
    for (const batch of inBatches(slots, BATCH)) {
      const slot = In(batch.map(Number));
      await this.database.patiently((manager) => manager.delete(MessageRow, { queue, slot }));
    }
  }

  async expire(before: Date): Promise<ExpiredMessage[]> {
    const { manager } = this.database;
    const where = { sentAt: LessThan(before.getTime()) };
    const expired: ExpiredMessage[] = [];
    for (;;) {
      const rows = await manager.find(MessageRow, { where, order: { sentAt: 'ASC', slot: 'ASC' }, take: BATCH });
      if (rows.length === 0) break;
      for (const row of rows)
        if (await this.take(manager, row)) expired.push({ ...messageOf(row), recipient: row.recipient });
    }
    await this.forgetIdle(manager);
    return expired;
  }

  watch(listener: (recipient?: string) => void): () => void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => void this.look(), this.pollMs).unref();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  async close(): Promise<void> {
    this.stop();
    await this.database.close();
  }

  /** Undefined if the queue has no row yet. */
  private async put(
    manager: EntityManager,
    row: Omit<MessageRow, 'slot'>,
    keepCount: number,
  ): Promise<ExpiredMessage[] | undefined> {
    const now = Date.now() * 1_000;
    const column = this.database.column(QueueRow, 'clock');
    const clock = (): string => `CASE WHEN ${column} < ${now} THEN ${now} ELSE ${column} + 1 END`;
    const { affected } = await manager.update(QueueRow, { id: row.queue }, { clock });
    if (affected !== 1) return undefined;
    const { clock: slot } = await manager.findOneByOrFail(QueueRow, { id: row.queue });
    await manager.insert(MessageRow, { ...row, slot });
    const excess = (await manager.countBy(MessageRow, { queue: row.queue })) - keepCount;
    if (excess <= 0) return [];
    const oldest = { where: { queue: row.queue }, order: { slot: 'ASC' as const }, take: excess };
    const expired: ExpiredMessage[] = [];
    for (const old of await manager.find(MessageRow, oldest))
      if (await this.take(manager, old)) expired.push({ ...messageOf(old), recipient: old.recipient });
    return expired;
  }

  /** False if another process has already removed it. */
  private async take(manager: EntityManager, { queue, slot }: MessageRow): Promise<boolean> {
    const { affected } = await manager.delete(MessageRow, { queue, slot });
    return affected === 1;
  }

  private async forgetIdle(manager: EntityManager): Promise<void> {
    const before = (Date.now() - IDLE_MS) * 1_000;
    const messages = manager.createQueryBuilder(MessageRow, 'message').select('1').where('message.queue = queue.id');
    const idle = manager.createQueryBuilder(QueueRow, 'queue').where('queue.clock < :before', { before });
    const rows = await idle.andWhere(`NOT EXISTS (${messages.getQuery()})`).take(BATCH).getMany();
    const ids = rows.map(({ id }) => id);
    // A queue that got a message meanwhile has a newer clock.
    if (ids.length > 0) await manager.delete(QueueRow, { id: In(ids), clock: LessThan(before) });
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      const now = Date.now();
      const clock = MoreThan((this.lookedAt - SLACK_MS) * 1_000);
      const rows = await this.database.manager.findBy(QueueRow, { clock });
      const changed = rows.filter(({ id, clock: at }) => this.known.get(id) !== at);
      this.known = new Map(rows.map(({ id, clock: at }) => [id, at]));
      this.lookedAt = now;
      this.isFailing = false;
      for (const { recipient } of changed) this.tell(recipient);
    } catch (error) {
      if (!this.isFailing) this.logger.error('Could not read the message queue', describeThrown(error));
      this.isFailing = true;
    } finally {
      this.isLooking = false;
    }
  }

  private tell(recipient: string): void {
    this.outside(() => {
      for (const listener of this.listeners) listener(recipient);
    });
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

function messageOf({ messageId, event, data, sentAt }: MessageRow): Message {
  return { id: messageId, event, data: decode(data), sentAt: new Date(sentAt) };
}
