// Subscribing by actions of a hook's own, by the client and by the testing kit's.

import { Expose } from 'class-transformer';
import { IsInt } from 'class-validator';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { createClient, type Change, type ClientOptions, type JiraClient } from 'nestjs-jira-client';
import {
  Action,
  ActionScope,
  BaseHook,
  Hook,
  ModelHook,
  observer,
  ValidationException,
  type ApiOf,
  type HookScope,
} from 'nestjs-jira';
import { inspect } from '../../libs/client/src/client.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { failureOf } from './support.js';

@Entity()
class Order {
  @PrimaryGeneratedColumn() id: number;
  @Column() table: number;
  @Column({ default: 'new' }) state: string;
}
class OrderInput {
  @IsInt() table: number;
}
class OrderView {
  @Expose() id: number;
  @Expose() state: string;
}
class Since {
  @IsInt() since: number;
}

const tableOf = (scope: HookScope): string => {
  const { table } = scope.query;
  if (typeof table !== 'number') throw new ValidationException({ table: ['Name a table.'] });
  return `table ${table}`;
};

/** A hook with the ready-made actions, and one that watches by rooms. */
@Hook('orders')
class OrderHook extends ModelHook<Order> {
  entity = Order;
  createInput = OrderInput;
  output = OrderView;
  filterFields = { table: ['exact'] };
  kitchen = observer(Order, {
    rooms: (order) => `table ${order.table}`,
    subscribingRooms: tableOf,
    serialize: (order) => ({ dish: `#${order.id}`, state: order.state }),
  });
  all = observer(Order);

  @Action({ methods: ['SUBSCRIPTION'] })
  watchKitchen(scope: ActionScope<undefined, { table: number }>) {
    return this.kitchen.subscribe(scope);
  }

  @Action({ methods: ['SUBSCRIPTION'] })
  watchAll(scope: ActionScope) {
    return this.all.subscribe(scope);
  }

  @Action({ methods: ['SUBSCRIPTION'], input: Since })
  watchSince(scope: ActionScope<Since>) {
    if (scope.data.since < 0) throw new ValidationException({ since: ['Too early.'] });
    return this.all.subscribe(scope);
  }

  @Action({ methods: ['SUBSCRIPTION'] })
  forgets(scope: ActionScope) {
    void this.all.subscribe(scope);
  }
}

/** A hook without any ready-made action, as the guide has it. */
@Hook('board')
class BoardHook extends BaseHook {
  static left = 0;
  orders = observer(Order, { visibility: () => true, serialize: ({ id }) => ({ id }) });

  @Action({ methods: ['SUBSCRIPTION'] })
  listen(scope: ActionScope) {
    return this.orders.subscribe(scope);
  }

  @Action({ methods: ['SUBSCRIPTION'] })
  leave(scope: ActionScope) {
    BoardHook.left++;
    this.orders.unsubscribe(scope);
  }
}

type Api = ApiOf<{ orders: OrderHook; board: BoardHook }>;

class Restaurant implements AsyncDisposable {
  private readonly clients: { close(): void }[] = [];
  private constructor(readonly app: TestApp) {}

  static async start(): Promise<Restaurant> {
    return new Restaurant(await createTestApp({ entities: [Order], providers: [OrderHook, BoardHook] }));
  }

  client(options: ClientOptions = {}): JiraClient<Api> {
    const auth = this.app.authOf({ id: 1 });
    const jira = createClient<Api>(this.app.url, { auth, reconnectMinMs: 10, reconnectMaxMs: 40, ...options });
    this.clients.push(jira);
    return jira;
  }

  order(table: number): Promise<Order> {
    return this.app.dataSource.getRepository(Order).save({ table });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const jira of this.clients) jira.close();
    await this.app.close();
  }
}

describe("a subscription by an action of the hook's own", () => {
  it('hears what its observer sends for its query', async () => {
    await using restaurant = await Restaurant.start();
    const heard: Change<{ dish: string; state: string }>[] = [];
    const orders = restaurant.client().hook('orders');
    await orders.subscribe('watchKitchen', { table: 7 }, (change) => heard.push(change)).ready;
    await restaurant.order(3);
    const { id } = await restaurant.order(7);
    await expect.poll(() => heard).toEqual([expect.objectContaining({ type: 'added', id })]);
    expect(heard[0]?.data).toEqual({ dish: `#${id}`, state: 'new' });
  });

  it('sends its input, and needs neither query nor data', async () => {
    await using restaurant = await Restaurant.start();
    const orders = restaurant.client().hook('orders');
    const heard: string[] = [];
    const all = orders.subscribe('watchAll', ({ type }) => void heard.push(type));
    const options = { data: { since: 1 } };
    const since = orders.subscribe('watchSince', {}, ({ type }) => void heard.push(`since ${type}`), options);
    await Promise.all([all.ready, since.ready]);
    await restaurant.order(1);
    await expect.poll(() => heard.toSorted()).toEqual(['added', 'since added']);
  });

  it.each(['orders', 'board'] as const)('ends on the server when it is stopped (%s)', async (namespace) => {
    await using restaurant = await Restaurant.start();
    const jira = restaurant.client();
    const action = namespace === 'orders' ? 'watchAll' : 'listen';
    const stop = jira.hook<Record<string, never>>(namespace).subscribe(action as never, () => undefined);
    await stop.ready;
    expect(await held(restaurant)).toBe(1);
    stop();
    await expect.poll(() => held(restaurant)).toBe(0);
    expect(inspect(jira)).toMatchObject({ subscriptions: 0, channels: 0 });
  });

  it('ends by the action it names', async () => {
    await using restaurant = await Restaurant.start();
    BoardHook.left = 0;
    const board = restaurant.client().hook('board');
    const stop = board.subscribe('listen', () => undefined, { unsubscribeAction: 'leave' });
    await stop.ready;
    stop();
    await expect.poll(() => held(restaurant)).toBe(0);
    expect(BoardHook.left).toBe(1);
  });

  it('comes back after a lost connection, and is told what it missed', async () => {
    await using restaurant = await Restaurant.start();
    const jira = restaurant.client();
    const heard: string[] = [];
    const stop = jira.hook('orders').subscribe('watchKitchen', { table: 7 }, ({ type }) => void heard.push(type), {
      onState: (state) => void heard.push(state),
    });
    await stop.ready;
    jira.connect(restaurant.app.authOf({ id: 1 }));
    await restaurant.order(7);
    await expect
      .poll(() => heard.filter((one) => one !== 'added'))
      .toEqual(['subscribed', 'subscribing', 'subscribed']);
    await restaurant.order(7);
    await expect.poll(() => heard.filter((one) => one === 'added')).toHaveLength(2);
  });

  it('is refused with the error of the action', async () => {
    await using restaurant = await Restaurant.start();
    const errors: unknown[] = [];
    const orders = restaurant.client({ onError: (error) => errors.push(error) }).hook('orders');
    const table = 'seven' as unknown as number;
    const stop = orders.subscribe('watchKitchen', { table }, () => undefined);
    const refusal = await failureOf(stop.ready);
    expect(refusal).toMatchObject({ code: 'VALIDATION_FAILED', errors: { table: ['Name a table.'] } });
    expect(stop.state).toBe('unsubscribed');
    expect(errors).toEqual([refusal]);
    const untyped = restaurant.client({ onError: () => undefined }).hook<Record<string, never>>('orders');
    const unknown = untyped.subscribe('watchNothing' as never, () => undefined);
    expect(await failureOf(unknown.ready)).toMatchObject({ code: 'UNKNOWN_ACTION' });
    const list = untyped.subscribe('list' as never, () => undefined);
    expect(await failureOf(list.ready)).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
  });

  it('says what the action has to return if it returns nothing', async () => {
    await using restaurant = await Restaurant.start();
    const orders = restaurant.client({ onError: () => undefined }).hook<Record<string, never>>('orders');
    const stop = orders.subscribe('forgets' as never, () => undefined);
    const failure = await failureOf(stop.ready);
    expect(failure.code).toBe('MALFORMED_ANSWER');
    expect(failure.message).toContain("Return what the observer's subscribe(scope) resolves with");
  });

  it("is opened, heard and ended by the testing kit's client too", async () => {
    await using restaurant = await Restaurant.start();
    const ada = await restaurant.app.connect({ id: 1 });
    const kitchen = await ada.subscribe('orders', 'watchKitchen', { table: 7 });
    const all = await ada.subscribe('orders');
    const { id } = await restaurant.order(7);
    const [change] = await ada.nextChanges('orders', 1, kitchen.channel);
    expect(change).toMatchObject({ type: 'added', id, data: { dish: `#${id}` } });
    await ada.nextChanges('orders', 1, all.channel);
    await ada.unsubscribe('orders', kitchen);
    await ada.unsubscribe('orders', all);
    expect(await held(restaurant)).toBe(0);
    await expect(ada.subscribe('orders', 'watchKitchen')).rejects.toThrow('Name a table.');
    await expect(ada.unsubscribe('orders', kitchen)).rejects.toThrow('NOT_FOUND');
  });

  it('is typed by the hook', () => {
    const typed = (jira: JiraClient<Api>): void => {
      const orders = jira.hook('orders');
      orders.subscribe('watchKitchen', { table: 1 }, (change) => {
        expectTypeOf(change).toEqualTypeOf<Change<{ dish: string; state: string }>>();
      });
      // Without a `serialize`, the hook's own rows are sent as its output.
      orders.subscribe('watchAll', (change) => expectTypeOf(change).toEqualTypeOf<Change<OrderView>>());
      orders.subscribe((change) => expectTypeOf(change).toEqualTypeOf<Change<OrderView>>());
      jira.hook('board').subscribe('listen', (change) => expectTypeOf(change).toEqualTypeOf<Change<{ id: number }>>());
      orders.subscribe('watchSince', {}, () => undefined, { data: { since: 1 } });
      // @ts-expect-error the input is another
      orders.subscribe('watchSince', {}, () => undefined, { data: { from: 1 } });
      // @ts-expect-error no such action
      orders.subscribe('watchNothing', {}, () => undefined);
      // @ts-expect-error an action that opens no subscription
      orders.subscribe('create', {}, () => undefined);
      // @ts-expect-error the query needs a number
      orders.subscribe('watchKitchen', { table: 'seven' }, () => undefined);
    };
    expectTypeOf(typed).toBeFunction();
  });
});

/** Subscriptions that the server holds. */
async function held({ app }: Restaurant): Promise<number> {
  const { Hub } = await import('../../libs/jira/src/live/delivery/hub.js');
  return app.get(Hub).placement.count().subscriptions;
}
