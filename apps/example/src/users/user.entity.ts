// Shows the entity of the people who use the tracker.

import { Column, Entity, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Membership } from '../projects/membership.entity.js';

@Entity()
export class User {
  @PrimaryGeneratedColumn()
  id: number;

  /** In lower case. The demo token of `ada` is `demo-ada`. */
  @Column({ length: 50, unique: true })
  username: string;

  @Column({ length: 100 })
  name: string;

  @OneToMany(() => Membership, (membership) => membership.user)
  memberships: Relation<Membership>[];
}
