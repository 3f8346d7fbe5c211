// Entities whose keys, names, columns or relations are mapped in unusual ways.

import {
  Column,
  CreateDateColumn,
  Entity,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Tree,
  TreeChildren,
  TreeParent,
  type Relation,
  ViewColumn,
  ViewEntity,
  VirtualColumn,
} from 'typeorm';

@Entity({ name: 'Odd Names' })
export class OddNames {
  @PrimaryGeneratedColumn({ name: 'The Id' }) id: number;
  @Column({ name: 'first.name', default: 'x' }) first: string;
  @Column({ name: 'select', type: 'int', default: 1 }) order: number;
  @Column({ name: 'UPPER', nullable: true, type: 'varchar' }) from: string | null;
  @Column({ name: 'with space', type: 'int', nullable: true }) null: number | null;
}

@Entity()
export class Big {
  @PrimaryColumn({ type: 'bigint' }) id: string;
  @Column({ type: 'decimal', precision: 20, scale: 4, default: 0 }) amount: string;
}

@Entity()
export class Priced {
  @PrimaryColumn({ type: 'decimal', precision: 10, scale: 2 }) price: string;
  @Column({ default: '' }) name: string;
}

@Entity()
export class Day {
  @PrimaryColumn({ type: 'date' }) day: string;
  @Column({ type: 'int', default: 0 }) visits: number;
}

@Entity({ withoutRowid: true })
export class Keyed {
  @PrimaryColumn({ type: 'varchar', length: 20 }) code: string;
  @Column({ type: 'int', default: 0 }) value: number;
}

@Entity({ withoutRowid: true })
export class KeyedDay {
  @PrimaryColumn({ type: 'date' }) day: string;
  @Column({ type: 'int', default: 0 }) visits: number;
}

@Entity({ withoutRowid: true })
export class KeyedUuid {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column({ unique: true, length: 20 }) name: string;
  @Column({ type: 'int', default: 0 }) value: number;
}

const prefixed = {
  to: (id: unknown) => (typeof id === 'string' ? Number(id.slice(2)) : id),
  from: (id: unknown) => (typeof id === 'number' ? `p-${id}` : id),
};
@Entity()
export class Prefixed {
  @PrimaryColumn({ type: 'int', transformer: prefixed }) id: string;
  @Column({ default: '' }) name: string;
}

@Entity()
export class Person {
  @PrimaryGeneratedColumn() id: number;
  @Column({ default: '' }) name: string;
  @OneToOne(() => Profile, (profile) => profile.person) profile: Relation<Profile> | null;
}
@Entity()
export class Profile {
  @PrimaryColumn({ type: 'int' }) personId: number;
  @OneToOne(() => Person, (person) => person.profile)
  @JoinColumn({ name: 'personId' })
  person: Relation<Person>;
  @Column({ default: '' }) bio: string;
  @Column({ type: 'simple-json', nullable: true }) settings: unknown;
  @Column({ type: 'simple-array', nullable: true }) hobbies: string[] | null;
  @Column({ select: false, default: 'hush' }) secret: string;
  @VirtualColumn({ type: 'int', query: (alias) => `SELECT 1 + LENGTH(${alias}.bio)` }) computed: number;
}

class Place {
  @PrimaryColumn({ type: 'int' }) x: number;
  @PrimaryColumn({ type: 'int' }) y: number;
}
@Entity()
export class Field {
  @Column(() => Place) place: Place;
  @Column({ default: 'grass' }) ground: string;
}

@Entity()
@Tree('closure-table')
export class Closure {
  @PrimaryGeneratedColumn() id: number;
  @Column({ default: '' }) name: string;
  @TreeChildren() children: Relation<Closure>[];
  @TreeParent() parent: Relation<Closure> | null;
}

@Entity()
@Tree('materialized-path')
export class Path {
  @PrimaryGeneratedColumn() id: number;
  @Column({ default: '' }) name: string;
  @TreeChildren() children: Relation<Path>[];
  @TreeParent() parent: Relation<Path> | null;
}

@Entity()
export class Eager {
  @PrimaryGeneratedColumn() id: number;
  @Column({ default: '' }) name: string;
  @ManyToOne(() => Person, { eager: true, nullable: true }) owner: Person | null;
  @ManyToMany(() => Person, { eager: true }) @JoinTable() friends: Person[];
  @ManyToOne(() => Eager, { nullable: true }) up: Promise<Eager | null>;
  @OneToMany(() => Lazy, (lazy) => lazy.eager, { cascade: true }) lazies: Promise<Lazy[]>;
}
@Entity()
export class Lazy {
  @PrimaryGeneratedColumn() id: number;
  @ManyToOne(() => Eager, (eager) => eager.lazies) eager: Promise<Eager>;
  @CreateDateColumn() createdAt: Date;
}

@Entity()
export class Numbered {
  @PrimaryGeneratedColumn() id: number;
  @Column({ unique: true, length: 20 }) name: string;
}

@Entity()
@Tree('nested-set')
export class Nested {
  @PrimaryGeneratedColumn() id: number;
  @TreeChildren() children: Relation<Nested>[];
  @TreeParent() parent: Relation<Nested> | null;
}

@ViewEntity({ expression: 'SELECT 1 AS id' })
export class Seen {
  @ViewColumn({ name: 'id' }) id: number;
}

@Entity()
export class Stamped {
  @PrimaryColumn({ type: 'timestamp', precision: 6, default: () => 'CURRENT_TIMESTAMP(6)' }) at: Date;
  @PrimaryColumn({ type: 'timestamp', precision: 3, default: () => 'CURRENT_TIMESTAMP(3)' }) about: Date;
}

@Entity({ schema: 'one', name: 'item' })
export class ItemOne {
  @PrimaryGeneratedColumn() id: number;
  @Column({ default: '' }) name: string;
  @ManyToMany(() => ItemTwo) @JoinTable() others: Relation<ItemTwo>[];
}
@Entity({ schema: 'two', name: 'item' })
export class ItemTwo {
  @PrimaryGeneratedColumn() id: number;
  @Column({ default: '' }) name: string;
}

@Entity()
export class Rich {
  @PrimaryColumn({ type: 'bytea' }) id: Buffer;
  @Column({ type: 'enum', enum: ['red', 'blue'], default: 'red' }) color: string;
  @Column({ type: 'jsonb', nullable: true }) data: unknown;
  @Column({ type: 'text', array: true, nullable: true }) words: string[] | null;
  @Column({ type: 'interval', nullable: true }) span: unknown;
  @Column({ type: 'tsvector', nullable: true }) vector: string | null;
  @Column({ type: 'point', nullable: true }) point: unknown;
  @Column({ type: 'int4range', nullable: true }) range: string | null;
  @Column({ type: 'float8', nullable: true }) number: number | null;
  @Column({ type: 'int', default: 1 }) a: number;
  @Column({ type: 'int', asExpression: 'a * 2', generatedType: 'STORED', nullable: true }) doubled: number;
}
