// Rows that are announced again for the sake of others are found by their key, whatever form the database keeps it in.

import { Expose } from 'class-transformer';
import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { Hook, ModelHook } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';

const prefixed = {
  to: (id: unknown) => (typeof id === 'string' ? Number(id.slice(2)) : id),
  from: (id: unknown) => (typeof id === 'number' ? `p-${id}` : id),
};

@Entity()
class Product {
  @PrimaryColumn({ type: 'int', transformer: prefixed }) id: string;
  @Column() name: string;
}

@Entity()
class Review {
  @PrimaryGeneratedColumn() id: number;
  @Column({ length: 20 }) product: string;
}

class ProductView {
  @Expose() id: string;
  @Expose() name: string;
}

@Hook('products')
class ProductHook extends ModelHook<Product> {
  entity = Product;
  output = ProductView;
  override dependsOn = [{ entity: Review, rows: (review: Review) => [review.product] }];
}

it('a key with a transformer', async () => {
  await using app = await createTestApp({ entities: [Product, Review], providers: [ProductHook] });
  const { manager } = app.dataSource;
  await manager.insert(Product, { id: 'p-7', name: 'seven' });
  const client = await app.connect(1);
  await client.subscribe('products');
  await manager.insert(Review, { product: 'p-7' });
  const [change] = await client.nextChanges('products', 1);
  expect(change).toMatchObject({ type: 'modified', id: 'p-7', data: { id: 'p-7', name: 'seven' } });
});
