// Entities and hooks that an insert past TypeORM must handle correctly, and those that it must leave to TypeORM.

import { Expose } from 'class-transformer';
import { Allow } from 'class-validator';
import {
  BeforeInsert,
  Check,
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Entity,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  VersionColumn,
  type Relation,
} from 'typeorm';
import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';

@Entity()
export class Shelf {
  @PrimaryGeneratedColumn() id: number;
  @Column() ownerId: number;
}

@Entity()
@Check('CHK_price', '"price" >= 0')
export class Article {
  @PrimaryGeneratedColumn() id: number;
  @Column({ unique: true }) title: string;
  @Column({ type: 'varchar', default: 'draft' }) status: string;
  @Column({ type: 'float', nullable: true }) price: number | null;
  @Column({ type: 'integer', default: 7 }) stock: number;
  @Column({ default: false }) isLive: boolean;
  @Column({ type: 'datetime', nullable: true }) publishedAt: Date | null;
  @Column({ type: 'date', nullable: true }) day: string | null;
  @Column({ type: 'varchar', nullable: true, default: () => "'made by SQL'" }) origin: string | null;
  @Column({ type: 'varchar', nullable: true, insert: false }) note: string | null;
  @Column({ nullable: true }) shelfId: number | null;
  @ManyToOne(() => Shelf) shelf: Relation<Shelf> | null;
  @CreateDateColumn() createdAt: Date;
  @UpdateDateColumn() updatedAt: Date;
  @DeleteDateColumn() deletedAt: Date | null;
  @VersionColumn() version: number;
}

@Entity()
export class Key {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column() name: string;
}

@Entity()
class Pair {
  @PrimaryColumn() a: number;
  @PrimaryColumn() b: string;
  @Column({ nullable: true, type: 'varchar' }) name: string | null;
}

@Entity()
class Transformed {
  @PrimaryGeneratedColumn() id: number;
  @Column({ transformer: { to: (value: string) => value.toUpperCase(), from: (value: string) => value } }) name: string;
}

@Entity()
class Listened {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @BeforeInsert() shout(): void {
    this.name += '!';
  }
}

@Entity()
class Document {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'simple-json' }) name: object;
}

class AnyInput {
  @Allow() id: unknown;
  @Allow() a: unknown;
  @Allow() b: unknown;
  @Allow() name: unknown;
  @Allow() title: unknown;
  @Allow() status: unknown;
  @Allow() price: unknown;
  @Allow() stock: unknown;
  @Allow() isLive: unknown;
  @Allow() publishedAt: unknown;
  @Allow() day: unknown;
  @Allow() origin: unknown;
  @Allow() note: unknown;
  @Allow() shelfId: unknown;
  @Allow() shelf: unknown;
}

class ArticleView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() status: string;
  @Expose() price: number;
  @Expose() stock: number;
  @Expose() isLive: boolean;
  @Expose() publishedAt: Date;
  @Expose() day: string;
  @Expose() origin: string;
  @Expose() note: string;
  @Expose() shelfId: number;
  @Expose() createdAt: Date;
  @Expose() deletedAt: Date;
  @Expose() version: number;
}

class ShelfView {
  @Expose() id: number;
}

class NamedView {
  @Expose() id: unknown;
  @Expose() name: unknown;
}

class PairView {
  @Expose() a: number;
  @Expose() b: string;
  @Expose() name: string | null;
}

@Hook('articles')
class ArticleHook extends ModelHook<Article> {
  entity = Article;
  createInput = AnyInput;
  output = ArticleView;

  // The status has a default: if the client leaves it out, only the database knows what was stored.
  visibility(scope: HookScope): Visibility<Article> {
    return scope.user.id === 1 ? true : { status: 'draft' };
  }
}

@Hook('shelves')
export class ShelfHook extends ModelHook<Shelf> {
  entity = Shelf;
  createInput = AnyInput;
  output = ShelfView;
  /** `visibility` waits for this promise before it returns what it has read. */
  gate: Promise<void> | undefined;
  asked = 0;

  async visibility(scope: HookScope): Promise<Visibility<Shelf>> {
    this.asked++;
    const own = await scope.manager.findBy(Shelf, { ownerId: scope.user.id });
    await this.gate;
    return own.map(({ id }) => ({ id }));
  }
}

@Hook('keys')
class KeyHook extends ModelHook<Key> {
  entity = Key;
  createInput = AnyInput;
  output = NamedView;

  // oxlint-disable-next-line typescript/require-await -- this hook must return a promise
  async visibility(): Promise<Visibility<Key>> {
    return true;
  }
}

@Hook('pairs')
class PairHook extends ModelHook<Pair> {
  entity = Pair;
  createInput = AnyInput;
  output = PairView;
}

@Hook('transformed')
class TransformedHook extends ModelHook<Transformed> {
  entity = Transformed;
  createInput = AnyInput;
  output = NamedView;
}

@Hook('listened')
class ListenedHook extends ModelHook<Listened> {
  entity = Listened;
  createInput = AnyInput;
  output = NamedView;
}

@Hook('documents')
class DocumentHook extends ModelHook<Document> {
  entity = Document;
  createInput = AnyInput;
  output = NamedView;
}

/** The same rows as `keys`, with a `performCreate` of the hook's own. */
@Hook('own-keys')
class OwnKeyHook extends ModelHook<Key> {
  entity = Key;
  createInput = AnyInput;
  output = NamedView;

  override performCreate(fields: object, scope: HookScope): Promise<Key> {
    return super.performCreate({ ...fields, name: `by user ${scope.user.id}` }, scope);
  }
}

export const ARTICLES = {
  entities: [Shelf, Article, Key, Pair, Transformed, Listened, Document],
  providers: [
    ArticleHook, ShelfHook, KeyHook, PairHook, TransformedHook, ListenedHook, DocumentHook, OwnKeyHook,
  ], // prettier-ignore
};
