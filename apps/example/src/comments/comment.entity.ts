// Shows a row that belongs to another row.

import { Column, CreateDateColumn, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Issue } from '../issues/issue.entity.js';
import { User } from '../users/user.entity.js';

@Entity()
export class Comment {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'text' })
  text: string;

  @Column()
  issueId: number;

  @ManyToOne(() => Issue, (issue) => issue.comments)
  issue: Relation<Issue>;

  @Column()
  authorId: number;

  @ManyToOne(() => User)
  author: Relation<User>;

  @CreateDateColumn()
  createdAt: Date;
}
