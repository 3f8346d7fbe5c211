// Socket.IO handlers over TypeORM, written by hand without a framework: the baseline (1.00).

import 'reflect-metadata';
import { createServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { DataSource } from 'typeorm';
import { AUDIENCES, LIST_SIZE, PAGE_SIZE, SHARED_PROJECT, type IssueInput, type Status } from '../work/issues.js';
import { listen, serve } from './control.js';
import { databaseOptions, Issue, runUpdates, seed } from './issue.entity.js';

type Answer = (answer: { status: number; data: unknown }) => void;

const dataSource = await new DataSource(databaseOptions()).initialize();
await seed(dataSource);
const issues = dataSource.getRepository(Issue);
const http = createServer();
const io = new Server(http);

io.on('connection', (socket: Socket) => {
  const fail = (answer: Answer) => (error: unknown) => answer({ status: 500, data: String(error) });

  socket.on('issues:retrieve', (query: { id: number }, answer: Answer) => {
    issues
      .findOneBy({ id: query.id })
      .then((issue) => answer(issue === null ? { status: 404, data: null } : { status: 200, data: issue }))
      .catch(fail(answer));
  });

  socket.on('issues:list', (query: { status: Status; page: number }, answer: Answer) => {
    issues
      .findAndCount({
        where: { status: query.status },
        order: { id: 'ASC' },
        skip: (query.page - 1) * PAGE_SIZE,
        take: PAGE_SIZE,
      })
      .then(([results, count]) => answer({ status: 200, data: { count, results } }))
      .catch(fail(answer));
  });

  socket.on('issues:newest', (query: { status: Status }, answer: Answer) => {
    issues
      .findAndCount({ where: { status: query.status }, order: { id: 'DESC' }, take: LIST_SIZE })
      .then(([results, count]) => answer({ status: 200, data: { count, results } }))
      .catch(fail(answer));
  });

  socket.on('issues:create', (input: IssueInput, answer: Answer) => {
    issues
      .save(issues.create(input))
      .then((issue) => {
        io.to(roomsOf(issue)).emit('issues', { type: 'added', id: issue.id, data: issue });
        return answer({ status: 201, data: issue });
      })
      .catch(fail(answer));
  });

  socket.on('issues:update', ({ id, ...changes }: { id: number } & Partial<IssueInput>, answer: Answer) => {
    issues
      .findOneByOrFail({ id })
      .then((issue) => issues.save(issues.merge(issue, changes)))
      .then((issue) => {
        io.to(roomsOf(issue)).emit('issues', { type: 'modified', id, data: issue });
        return answer({ status: 200, data: issue });
      })
      .catch(fail(answer));
  });

  socket.on('issues:destroy', ({ id }: { id: number }, answer: Answer) => {
    issues
      .findOneByOrFail({ id })
      .then((issue) => issues.remove(issue))
      .then((issue) => {
        io.to(roomsOf(issue)).emit('issues', { type: 'removed', id, data: { ...issue, id } });
        return answer({ status: 204, data: null });
      })
      .catch(fail(answer));
  });

  socket.on('issues:subscribe', (query: { audience?: number }, answer: Answer) => {
    void socket.join(query.audience === undefined ? 'issues' : `issues:${query.audience}`);
    answer({ status: 200, data: null });
  });
});

const AUDIENCE_ROOMS = Array.from({ length: AUDIENCES }, (_, audience) => `issues:${audience}`);

function roomsOf(issue: Issue): string[] {
  return issue.projectId === SHARED_PROJECT ? AUDIENCE_ROOMS : ['issues', `issues:${issue.projectId}`];
}

await listen(http);
serve(http, { update: (order) => runUpdates(dataSource, order) });
