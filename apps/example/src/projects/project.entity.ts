// Shows an entity that is inserted together with its first related row.

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

  /** Inserted with the project: its creator is the first member. */
  @OneToMany(() => Membership, (membership) => membership.project, { cascade: ['insert'] })
  members: Relation<Membership>[];
}
