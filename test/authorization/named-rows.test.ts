// A write may name, and an expansion show, the rows that their own hook lets the caller retrieve: by its own rules.

import { Allow, IsOptional } from 'class-validator';
import { Expose } from 'class-transformer';
import { Column, DeleteDateColumn, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { Action, ActionScope, Hook, HookScope, ModelHook, Permission, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';

@Entity()
class Shelf {
  @PrimaryGeneratedColumn() id: number;
  @Column() kind: 'open' | 'locked' | 'hidden';
  @OneToMany(() => Book, (book) => book.shelf) books: Relation<Book[]>;
}

@Entity()
class Vault {
  @PrimaryGeneratedColumn() id: number;
}

@Entity()
class Book {
  @PrimaryGeneratedColumn() id: number;
  @Column({ default: false }) isHidden: boolean;
  @Column({ type: Number, nullable: true }) shelfId: number | null;
  @ManyToOne(() => Shelf, (shelf) => shelf.books, { nullable: true }) shelf: Relation<Shelf> | null;
  @Column({ type: Number, nullable: true }) vaultId: number | null;
  @ManyToOne(() => Vault, { nullable: true }) vault: Relation<Vault> | null;
  @DeleteDateColumn() deletedAt: Date | null;
}

class View {
  @Expose() id: number;
}

class WriteBook {
  @IsOptional() @Allow() shelfId?: number;
  @IsOptional() @Allow() vaultId?: number;
}

/** Asked of the wrong action, it would let everything through. */
class NotLocked extends Permission {
  override hasObjectPermission(scope: HookScope, shelf: Shelf): boolean {
    return scope.action !== 'retrieve' || shelf.kind !== 'locked';
  }
}

class Librarians extends Permission {
  override hasPermission({ user }: HookScope): boolean {
    return user.role === 'librarian';
  }
}

@Hook('shelves')
class ShelfHook extends ModelHook<Shelf> {
  entity = Shelf;
  output = View;
  override expandFields = ['books'];
  permissions = [NotLocked];
  override visibility({ action }: HookScope): Visibility<Shelf> {
    return action === 'create' ? true : [{ kind: 'open' }, { kind: 'locked' }];
  }
}

@Hook('vaults')
class VaultHook extends ModelHook<Vault> {
  entity = Vault;
  output = View;
  @Action({ permissions: [Librarians] })
  override retrieve(scope: ActionScope<undefined>) {
    return super.retrieve(scope);
  }
}

@Hook('books')
class BookHook extends ModelHook<Book> {
  entity = Book;
  output = View;
  createInput = WriteBook;
  override expandFields = ['shelf'];
  override visibility(): Visibility<Book> {
    return { isHidden: false };
  }
}

const APP = { entities: [Shelf, Vault, Book], providers: [ShelfHook, VaultHook, BookHook] };
const open = async (options: object = {}): Promise<[TestApp, TestClient]> => {
  const app = await createTestApp({ ...APP, options });
  const kinds = ['open', 'locked', 'hidden'] as const;
  await app.dataSource.manager.save(Shelf, kinds.map((kind) => ({ kind }))); // prettier-ignore
  await app.dataSource.manager.save(Vault, {});
  return [app, await app.connect(1)];
};
const create = (client: TestClient, data: object) => client.call('books', 'create', 'POST', { data });

it('is judged by object permissions and visibility of the retrieve action, not of the one at hand', async () => {
  const [app, client] = await open();
  await using _ = app;
  expect(await create(client, { shelfId: 1 })).toMatchObject({ status: 201 });
  const [locked, hidden, missing] = await Promise.all([2, 3, 99].map((shelfId) => create(client, { shelfId })));
  expect(locked).toMatchObject({ status: 400, data: { errors: { shelfId: [expect.any(String)] } } });
  expect([locked.data, hidden.data]).toEqual([missing.data, missing.data]);
  expect(await app.dataSource.manager.count(Book)).toBe(1);
});

it('is judged by the permissions of the retrieve action itself', async () => {
  const [app, client] = await open();
  await using _ = app;
  const refused = await create(client, { vaultId: 1 });
  expect(refused.data).toEqual((await create(client, { vaultId: 99 })).data);
  expect(refused).toMatchObject({ status: 400, data: { errors: { vaultId: [expect.any(String)] } } });
  const librarian = await app.connect(undefined, { token: 'user-2-librarian' });
  expect(await create(librarian, { vaultId: 1 })).toMatchObject({ status: 201 });
});

it('counts no rows out of sight against the limit of an expansion', async () => {
  const [app, client] = await open({ limits: { expandedRows: 2 } });
  await using _ = app;
  const { manager } = app.dataSource;
  const expanded = () => client.call('shelves', 'retrieve', 'GET', { query: { pk: 1, expand: 'books' } });
  await manager.save(Book, [{ shelfId: 1 }, { shelfId: 1 }]);
  const before = await expanded();
  expect(before).toMatchObject({ status: 200, data: { books: [{ id: 1 }, { id: 2 }] } });
  await manager.save(Book, [{ shelfId: 1, isHidden: true }, { shelfId: 1, deletedAt: new Date() }]); // prettier-ignore
  expect((await expanded()).data).toEqual(before.data);
  await manager.save(Book, { shelfId: 1 });
  expect(await expanded()).toMatchObject({ status: 400, data: { errors: { expand: [expect.any(String)] } } });
});
