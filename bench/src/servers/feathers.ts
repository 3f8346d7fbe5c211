// FeathersJS 5 with its knex adapter over Socket.IO: the framework closest in purpose.

import { createServer } from 'node:http';
import { feathers, type Application, type Params } from '@feathersjs/feathers';
import { KnexService } from '@feathersjs/knex';
import '@feathersjs/transport-commons';
import socketio from '@feathersjs/socketio';
import knexOf, { type Knex } from 'knex';
import { AUDIENCES, PAGE_SIZE, seededIssue, SHARED_PROJECT, type IssueInput } from '../work/issues.js';
import { listen, markCommit, ROW, ROWS, serve } from './control.js';

interface IssueRow extends IssueInput {
  readonly id: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Feathers has no subscribe request. Here, a client joins its channel by creating a subscription. */
class Subscriptions {
  constructor(private readonly app: Application) {}

  create(data: { audience?: number }, params?: Params): Promise<Record<string, never>> {
    const connection = (params as { connection: object }).connection;
    this.app.channel(data.audience === undefined ? 'issues' : `issues:${data.audience}`).join(connection);
    return Promise.resolve({});
  }
}

async function openDatabase(): Promise<Knex> {
  const knex = knexOf({
    client: 'better-sqlite3',
    connection: { filename: ':memory:' },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  await knex.schema.createTable('issue', (table) => {
    table.increments('id');
    table.string('title', 200).notNullable();
    table.text('description').notNullable().defaultTo('');
    table.string('status', 16).notNullable().defaultTo('open');
    table.integer('projectId').notNullable();
    table.integer('assigneeId');
    table.timestamp('createdAt').notNullable().defaultTo(knex.fn.now());
    table.timestamp('updatedAt').notNullable().defaultTo(knex.fn.now());
  });
  const rows = Array.from({ length: ROWS }, (_, index) => seededIssue(index + 1));
  await knex.batchInsert('issue', rows, 100);
  // An insert outside a transaction is a commit of its own.
  if (ROW === 'latency') knex.on('query', ({ method }: { method?: string }) => method === 'insert' && markCommit());
  return knex;
}

const knex = await openDatabase();
const app = feathers();
app.configure(socketio());
app.use(
  'issues',
  new KnexService({ Model: knex, name: 'issue', id: 'id', paginate: { default: PAGE_SIZE, max: 100 } }),
  { methods: ['find', 'get', 'create'] },
);
app.use('subscriptions', new Subscriptions(app), { methods: ['create'] });
app.service('subscriptions').publish(() => undefined);
app.service('issues').publish('created', (issue) => {
  const { projectId } = issue as IssueRow;
  if (projectId !== SHARED_PROJECT) return [app.channel('issues'), app.channel(`issues:${projectId}`)];
  return Array.from({ length: AUDIENCES }, (_, audience) => app.channel(`issues:${audience}`));
});

const server = createServer();
await app.setup(server);
await listen(server);
serve(server);
