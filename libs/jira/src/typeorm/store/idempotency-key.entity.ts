import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What a request with an `idempotency-key` header did. List it among the entities of the data source whose hooks
 * accept that header. Rows older than the option `idempotencyTtlMs` are deleted.
 */
@Entity('jira_idempotency_key')
export class IdempotencyKey {
  /** Digest of namespace, action, user and key. */
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string;
  /** Digest of what was sent with it. */
  @Column({ type: 'varchar', length: 64 }) fingerprint: string;
  /** What was answered, as JSON. */
  @Column({ type: 'text', nullable: true }) answer: string | null;
  @Index()
  @CreateDateColumn()
  createdAt: Date;
}
