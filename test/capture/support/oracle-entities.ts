// The tables of the differential oracle: small enough that random writes of several actors meet in the same rows.

import {
  Column,
  DeleteDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  VersionColumn,
  type Relation,
} from 'typeorm';

@Entity()
export class Label {
  @PrimaryColumn({ type: 'varchar', length: 20 })
  code: string;

  @Column({ type: 'int', default: 0 })
  weight: number;
}

@Entity()
export class Task {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 20, nullable: true, unique: true })
  name: string | null;

  @Column({ type: 'int', default: 3 })
  points: number;

  @Column({ type: 'varchar', default: 'hidden', select: false })
  secret: string;

  @VersionColumn()
  version: number;

  @DeleteDateColumn()
  deletedAt: Date | null;

  // No constraint: with one, the database would change rows by itself, which is not tested here.
  @ManyToOne(() => Task, { nullable: true, createForeignKeyConstraints: false })
  parent: Relation<Task> | null;

  @ManyToMany(() => Label, { createForeignKeyConstraints: false })
  @JoinTable()
  labels: Relation<Label>[];
}

@Entity()
export class Seat {
  @PrimaryColumn({ type: 'int' })
  row: number;

  @PrimaryColumn({ type: 'varchar', length: 5 })
  letter: string;

  @Column({ type: 'int', nullable: true })
  guest: number | null;
}
