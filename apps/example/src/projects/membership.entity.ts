// Shows the rows that decide who sees a project.

import { Column, Entity, ManyToOne, PrimaryGeneratedColumn, Unique, type Relation } from 'typeorm';
import { User } from '../users/user.entity.js';
import { Project } from './project.entity.js';

/** A user's membership in a project. Memberships decide everything that a user may see. */
@Entity()
@Unique(['userId', 'projectId'])
export class Membership {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  userId: number;

  @ManyToOne(() => User, (user) => user.memberships)
  user: Relation<User>;

  @Column()
  projectId: number;

  @ManyToOne(() => Project, (project) => project.members)
  project: Relation<Project>;
}
