import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/**
 * What a request with an `idempotency-key` header did. List it among the entities of the data source whose hooks should
 * heed that header, and delete rows by `createdAt` when nobody will ask again.
 */
@Entity('jira_idempotency_key')
export class IdempotencyKey {
  /** Digest of namespace, action, user and key. */
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string;
  /** Digest of what was sent with it. */
  @Column({ type: 'varchar', length: 64 }) fingerprint: string;
  /** What was answered, as JSON. */
  @Column({ type: 'text', nullable: true }) answer: string | null;
  @CreateDateColumn() createdAt: Date;
}
