import { Expose } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length } from 'class-validator';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { Action, ActionScope, BulkMixin, Hook, ModelHook } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';

@Entity()
class Ticket {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column({ type: 'varchar', default: 'new' }) status: string;
  @Column({ default: 0 }) points: number;
}

/** One class for both ways of writing. */
class TicketInput {
  @IsString() @Length(1, 20) title: string;
  @IsIn(['open', 'done'], { groups: ['update'] }) @IsOptional({ groups: ['update'] }) status?: string;
  @IsInt({ groups: ['create', 'grade'] }) points: number;
}

class TicketView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() status: string;
  @Expose() points: number;
}

@Hook('tickets')
class TicketHook extends BulkMixin(ModelHook)<Ticket> {
  entity = Ticket;
  createInput = TicketInput;
  createGroups = ['create'];
  updateGroups = ['update'];
  output = TicketView;

  @Action({ methods: ['POST'], detail: true, input: TicketInput, groups: ['grade'] })
  async grade(scope: ActionScope<TicketInput>) {
    const ticket = await this.getObject(scope);
    ticket.points = scope.data.points;
    return this.save(ticket, scope);
  }
}

describe('validation groups', () => {
  const start = () => createTestApp({ entities: [Ticket], providers: [TicketHook] });
  const text = [expect.any(String) as unknown];

  it('choose what a create and an update of one class ask for; fields of other groups are undeclared', async () => {
    await using app = await start();
    const client = await app.connect(1);
    const create = (data: object) => client.call('tickets', 'create', 'POST', { data });
    const update = (method: 'PUT' | 'PATCH', data: object) =>
      client.call('tickets', 'update', method, { query: { pk: 1 }, data });
    expect(await create({ title: 'a', points: 3 })).toMatchObject({ status: 201, data: { status: 'new', points: 3 } });
    expect(await create({ title: 'a' })).toMatchObject({ status: 400, data: { errors: { points: text } } });
    expect(await create({ title: 'a', points: 1, status: 'done' })).toMatchObject({
      status: 400,
      data: { errors: { status: text } },
    });
    expect(await create({ points: 1, status: null })).toMatchObject({
      data: { errors: { title: expect.any(Array) as unknown, status: text } },
    });
    expect(await update('PATCH', { status: 'done' })).toMatchObject({
      status: 200,
      data: { status: 'done', points: 3 },
    });
    expect(await update('PUT', { title: 'b' })).toMatchObject({ status: 200, data: { title: 'b', points: 3 } });
    expect(await update('PUT', { status: 'open' })).toMatchObject({
      status: 400,
      data: { errors: { title: expect.any(Array) as unknown } },
    });
    expect(await update('PATCH', { points: 5 })).toMatchObject({ status: 400, data: { errors: { points: text } } });
  });

  it('hold for many at once, and for an action of its own', async () => {
    await using app = await start();
    const client = await app.connect(1);
    const many = (action: string, method: 'POST' | 'PATCH', items: object[]) =>
      client.call('tickets', action, method, { data: { items } });
    expect(await many('createMany', 'POST', [{ title: 'a', points: 1 }])).toMatchObject({ status: 201 });
    expect(await many('createMany', 'POST', [{ title: 'a', points: 1, status: 'done' }])).toMatchObject({
      data: { errors: { 'items.0.status': text } },
    });
    expect(await many('updateMany', 'PATCH', [{ pk: 1, points: 9 }])).toMatchObject({
      data: { errors: { 'items.0.points': text } },
    });
    const grade = (data: object) => client.call('tickets', 'grade', 'POST', { query: { pk: 1 }, data });
    expect(await grade({ title: 'a', points: 9 })).toMatchObject({ status: 200, data: { points: 9 } });
    expect(await grade({ title: 'a', status: 'done' })).toMatchObject({
      data: { errors: { points: text, status: text } },
    });
  });
});
