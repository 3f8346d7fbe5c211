// Shows a project: its members and issues.

import { Column, CreateDateColumn, Entity, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Membership } from './membership.entity.js';

@Entity()
export class Project {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 100 })
  name: string;

  @CreateDateColumn()
  createdAt: Date;

  /** A new project comes with its first member. */
  @OneToMany(() => Membership, (membership) => membership.project, { cascade: ['insert'] })
  members: Relation<Membership>[];
}
