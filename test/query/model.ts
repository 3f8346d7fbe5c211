// Rows that are hard to judge: text that collations confuse, moments, keys of two columns, relations of every kind.

import { Column, Entity, JoinTable, ManyToMany, ManyToOne, OneToMany, PrimaryColumn, PrimaryGeneratedColumn, VersionColumn, type Relation } from 'typeorm'; // prettier-ignore

@Entity()
export class Tag {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: String, length: 50 }) label: string;
}

@Entity()
export class Owner {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: String, length: 50, nullable: true }) name: string | null;
  @OneToMany(() => Sample, (sample) => sample.owner) samples: Relation<Sample[]>;
}

export class Address {
  @Column({ type: String, length: 50, nullable: true }) city: string | null;
  @Column({ type: Number, nullable: true }) zip: number | null;
}

@Entity()
export class Sample {
  @PrimaryColumn({ type: String, length: 20 }) code: string;
  @PrimaryColumn({ type: Number }) part: number;
  @Column({ type: String, length: 100, nullable: true }) text: string | null;
  @Column({ type: Boolean, nullable: true }) flag: boolean | null;
  @Column({ type: Number, nullable: true }) amount: number | null;
  @Column({ type: 'bigint', nullable: true }) big: string | null;
  @Column({ type: 'double precision', nullable: true }) ratio: number | null;
  @Column({ type: 'decimal', precision: 12, scale: 3, nullable: true }) price: string | null;
  @Column({ type: Date, precision: 3, nullable: true }) at: Date | null;
  @Column({ type: 'date', nullable: true }) day: string | null;
  @Column({ type: 'uuid', nullable: true }) uid: string | null;
  @Column({ type: 'simple-enum', enum: ['low', 'High', 'é'], nullable: true }) level: 'low' | 'High' | 'é' | null;
  @Column(() => Address) address: Address;
  @ManyToOne(() => Owner, (owner) => owner.samples, { nullable: true }) owner: Relation<Owner> | null;
  @ManyToMany(() => Tag) @JoinTable() tags: Relation<Tag[]>;
}

@Entity()
export class Ticket {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: String, length: 50 }) title: string;
  @Column({ type: Number, nullable: true }) ownerId: number | null;
  @ManyToOne(() => Owner, { nullable: true }) owner: Relation<Owner> | null;
  @ManyToMany(() => Tag) @JoinTable() tags: Relation<Tag[]>;
  @VersionColumn() version: number;
}

export const MODEL = [Tag, Owner, Sample, Ticket];
