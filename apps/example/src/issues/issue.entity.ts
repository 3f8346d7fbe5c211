// Shows the entity behind the board, with a version column that detects conflicting edits.

import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  VersionColumn,
  type Relation,
} from 'typeorm';
import { Comment } from '../comments/comment.entity.js';
import { Project } from '../projects/project.entity.js';
import { User } from '../users/user.entity.js';
import type { IssueStatus } from './issue-status.js';

@Entity()
@Index(['projectId', 'status'])
export class Issue {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 200 })
  title: string;

  @Column({ type: 'text' })
  description: string;

  @Column({ type: 'varchar', length: 10, default: 'open' })
  status: IssueStatus;

  /** Orders the cards of a column, ascending. A card dropped between two others gets a number between theirs. */
  @Column({ type: 'double precision', default: 0 })
  rank: number;

  @Column()
  projectId: number;

  @ManyToOne(() => Project)
  project: Relation<Project>;

  @Column({ type: 'int', nullable: true })
  assigneeId: number | null;

  @ManyToOne(() => User, { nullable: true })
  assignee: Relation<User> | null;

  @OneToMany(() => Comment, (comment) => comment.issue)
  comments: Relation<Comment>[];

  /** The user who last changed the issue. A conflict shows their name. */
  @Column({ type: 'int', nullable: true })
  updatedById: number | null;

  @VersionColumn()
  version: number;

  @CreateDateColumn()
  createdAt: Date;

  @UpdateDateColumn()
  updatedAt: Date;
}
