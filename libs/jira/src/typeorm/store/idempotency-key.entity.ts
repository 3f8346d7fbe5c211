// The table that keeps the answers to requests with an `idempotency-key` header.

import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * The record of a request with an `idempotency-key` header. Add it to the entities of the data source whose hooks
 * accept that header. Rows older than the option `idempotencyTtlMs` are deleted.
 */
@Entity('jira_idempotency_key')
export class IdempotencyKey {
  /** Digest of namespace, action, user and key. */
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string;
  /** Digest of the request that was sent with the key. */
  @Column({ type: 'varchar', length: 64 }) fingerprint: string;
  /** The answer, as JSON. */
  @Column({ type: 'text', nullable: true }) answer: string | null;
  @Index()
  @CreateDateColumn()
  createdAt: Date;
}
