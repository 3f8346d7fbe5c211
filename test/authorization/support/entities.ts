// Teams with members, and their tasks, each with readers of its own.

import { Column, Entity, JoinTable, ManyToMany, ManyToOne, OneToMany, PrimaryColumn, PrimaryGeneratedColumn, type Relation } from 'typeorm'; // prettier-ignore

@Entity()
export class Team {
  @PrimaryColumn({ type: Number }) id: number;
  @Column({ default: false }) isOpen: boolean;
  @OneToMany(() => Membership, (membership) => membership.team) members: Relation<Membership[]>;
}

@Entity()
export class Membership {
  @PrimaryGeneratedColumn() id: number;
  @Column() userId: number;
  @Column() teamId: number;
  @Column({ default: 'member' }) role: string;
  @ManyToOne(() => Team, (team) => team.members) team: Relation<Team>;
}

@Entity()
export class Person {
  @PrimaryColumn({ type: Number }) id: number;
}

@Entity()
export class Task {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column() secret: string;
  @Column({ type: Number, nullable: true }) ownerId: number | null;
  @Column() isPublic: boolean;
  @Column({ type: Number, nullable: true }) level: number | null;
  @Column({ type: Number, nullable: true }) teamId: number | null;
  @ManyToOne(() => Team, { nullable: true }) team: Relation<Team> | null;
  @ManyToMany(() => Person) @JoinTable() readers: Relation<Person[]>;
}

export const ENTITIES = [Team, Membership, Person, Task];
