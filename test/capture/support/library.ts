// A small library whose entities use each kind of mapping that TypeORM has.

import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  TableInheritance,
  UpdateDateColumn,
  VersionColumn,
  type EntityManager,
  type Relation,
} from 'typeorm';

@Entity()
export class Author {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 50 })
  name: string;

  @OneToMany(() => Book, (book) => book.author, { cascade: true })
  books: Relation<Book>[];
}

@Entity()
export class Tag {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column({ type: 'varchar', length: 50, unique: true })
  name: string;

  @ManyToMany(() => Book, (book) => book.tags)
  books: Relation<Book>[];
}

export class Counts {
  @Column({ type: 'int', default: 0 })
  read: number;

  @Column({ type: 'int', nullable: true })
  lent: number | null;
}

const cents = {
  to: (euros: unknown) => (typeof euros === 'number' ? Math.round(euros * 100) : euros),
  from: (stored: number) => stored / 100,
};

@Entity()
export class Book {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 50, unique: true })
  title: string;

  @Column({ type: 'int', default: 990, transformer: cents })
  price: number;

  @Column({ type: 'varchar', default: 'hidden', select: false })
  secret: string;

  @Column(() => Counts)
  counts: Counts;

  @ManyToOne(() => Author, (author) => author.books, { nullable: true })
  author: Relation<Author> | null;

  @OneToMany(() => Page, (page) => page.book, { cascade: true })
  pages: Relation<Page>[];

  @ManyToMany(() => Tag, (tag) => tag.books, { cascade: true })
  @JoinTable()
  tags: Relation<Tag>[];

  @VersionColumn()
  version: number;

  @UpdateDateColumn()
  updatedAt: Date;

  @DeleteDateColumn()
  deletedAt: Date | null;
}

@Entity()
export class Page {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'int' })
  number: number;

  @ManyToOne(() => Book, (book) => book.pages, { orphanedRowAction: 'delete', onDelete: 'CASCADE' })
  book: Relation<Book>;
}

@Entity()
export class Seat {
  @PrimaryColumn({ type: 'int' })
  row: number;

  @PrimaryColumn({ type: 'varchar', length: 5 })
  letter: string;

  @Column({ type: 'varchar', length: 50, nullable: true })
  guest: string | null;
}

@Entity()
@TableInheritance({ column: { name: 'kind', type: 'varchar' } })
class Animal {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 50 })
  name: string;
}

@ChildEntity()
class Cat extends Animal {
  @Column({ type: 'int', default: 9 })
  lives: number;
}

@ChildEntity()
export class Dog extends Animal {
  @Column({ type: 'varchar', nullable: true })
  trick: string | null;
}

export const LIBRARY = [Author, Tag, Book, Page, Seat, Animal, Cat, Dog];

export async function seedLibrary(manager: EntityManager): Promise<void> {
  const author = await manager.save(Author, { name: 'author' });
  const tag = await manager.save(Tag, { id: '11111111-1111-4111-8111-111111111111', name: 'x' });
  await manager.save(Book, { title: 'a', author, tags: [tag], pages: [{ number: 1 }, { number: 2 }] });
  await manager.save(Book, { title: 'b', author });
  await manager.save(Seat, { row: 1, letter: 'A' });
  await manager.save(Cat, { name: 'tom' });
  await manager.save(Dog, { name: 'bello' });
}
