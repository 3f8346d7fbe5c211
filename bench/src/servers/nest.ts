// A Nest gateway written by hand, with the ValidationPipe: what Nest itself offers.

import 'reflect-metadata';
import type { Server as HttpServer } from 'node:http';
import { Module, UsePipes, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import type { Server, Socket } from 'socket.io';
import { DataSource, Repository } from 'typeorm';
import { AUDIENCES, PAGE_SIZE, SHARED_PROJECT, STATUSES, type Status } from '../work/issues.js';
import { serve } from './control.js';
import { databaseOptions, Issue, seed } from './issue.entity.js';

class RetrieveIssue {
  @IsInt()
  id: number;
}

class ListIssues {
  @IsIn(STATUSES)
  status: Status;

  @IsInt()
  @Min(1)
  page: number;
}

class CreateIssue {
  @IsString()
  @Length(1, 200)
  title: string;

  @IsString()
  @Length(0, 2000)
  description: string;

  @IsIn(STATUSES)
  status: Status;

  @IsInt()
  projectId: number;

  @IsInt()
  assigneeId: number;
}

class UpdateIssue {
  @IsInt()
  id: number;

  @IsOptional()
  @IsString()
  @Length(1, 200)
  title?: string;
}

class SubscribeToIssues {
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(AUDIENCES - 1)
  audience?: number;
}

const AUDIENCE_ROOMS = Array.from({ length: AUDIENCES }, (_, audience) => `issues:${audience}`);

@WebSocketGateway()
@UsePipes(new ValidationPipe({ whitelist: true, transform: true }))
class IssuesGateway {
  @WebSocketServer()
  private readonly server: Server;

  constructor(@InjectRepository(Issue) private readonly issues: Repository<Issue>) {}

  @SubscribeMessage('issues:retrieve')
  async retrieve(@MessageBody() query: RetrieveIssue) {
    const issue = await this.issues.findOneBy({ id: query.id });
    return issue === null ? { status: 404, data: null } : { status: 200, data: issue };
  }

  @SubscribeMessage('issues:list')
  async list(@MessageBody() query: ListIssues) {
    const [results, count] = await this.issues.findAndCount({
      where: { status: query.status },
      order: { id: 'ASC' },
      skip: (query.page - 1) * PAGE_SIZE,
      take: PAGE_SIZE,
    });
    return { status: 200, data: { count, results } };
  }

  @SubscribeMessage('issues:create')
  async create(@MessageBody() input: CreateIssue) {
    const issue = await this.issues.save(this.issues.create({ ...input }));
    const rooms = issue.projectId === SHARED_PROJECT ? AUDIENCE_ROOMS : ['issues', `issues:${issue.projectId}`];
    this.server.to(rooms).emit('issues', { type: 'added', id: issue.id, data: issue });
    return { status: 201, data: issue };
  }

  @SubscribeMessage('issues:update')
  async update(@MessageBody() { id, ...changes }: UpdateIssue) {
    const issue = await this.issues.save(this.issues.merge(await this.issues.findOneByOrFail({ id }), changes));
    this.server.to(['issues', `issues:${issue.projectId}`]).emit('issues', { type: 'modified', id, data: issue });
    return { status: 200, data: issue };
  }

  @SubscribeMessage('issues:destroy')
  async destroy(@MessageBody() { id }: RetrieveIssue) {
    const issue = await this.issues.remove(await this.issues.findOneByOrFail({ id }));
    const data = { ...issue, id };
    this.server.to(['issues', `issues:${issue.projectId}`]).emit('issues', { type: 'removed', id, data });
    return { status: 204, data: null };
  }

  @SubscribeMessage('issues:subscribe')
  async subscribe(@MessageBody() query: SubscribeToIssues, @ConnectedSocket() socket: Socket) {
    await socket.join(query.audience === undefined ? 'issues' : `issues:${query.audience}`);
    return { status: 200, data: null };
  }
}

@Module({
  imports: [TypeOrmModule.forRoot(databaseOptions()), TypeOrmModule.forFeature([Issue])],
  providers: [IssuesGateway],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
await seed(app.get(DataSource));
serve(app.getHttpServer() as HttpServer);
