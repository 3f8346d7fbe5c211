// The same API with nestjs-jira, as an application has it: authentication, a permission, DTOs, a view, visibility.

import 'reflect-metadata';
import type { Server as HttpServer } from 'node:http';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Expose } from 'class-transformer';
import { IsIn, IsInt, IsString, Length } from 'class-validator';
import {
  BearerTokenAuthentication,
  Hook,
  IsAuthenticated,
  JiraModule,
  ModelHook,
  TokenVerifier,
  type HookScope,
  type Visibility,
} from 'nestjs-jira';
import { DataSource, In } from 'typeorm';
import { SHARED_PROJECT, STATUSES, type Status } from '../work/issues.js';
import { serve } from './control.js';
import { databaseOptions, Issue, runUpdates, seed } from './issue.entity.js';

class User {
  constructor(
    readonly id: number,
    /** Ids of the projects that this user may see; `undefined` = all. */
    readonly projects: readonly number[] | undefined,
  ) {}
}

/** Knows the load generator's tokens: `everything`, or `audience-3` for the audience 3. */
@Injectable()
class Tokens extends TokenVerifier {
  verify(token: string): User | null {
    if (token === 'everything') return new User(1, undefined);
    const audience = /^audience-(\d)$/.exec(token)?.[1];
    return audience === undefined ? null : new User(2 + Number(audience), [Number(audience), SHARED_PROJECT]);
  }
}

@Module({ providers: [{ provide: TokenVerifier, useClass: Tokens }], exports: [TokenVerifier] })
class AuthModule {}

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

class IssueView {
  @Expose()
  id: number;

  @Expose()
  title: string;

  @Expose()
  description: string;

  @Expose()
  status: Status;

  @Expose()
  projectId: number;

  @Expose()
  assigneeId: number | null;

  @Expose()
  createdAt: Date;

  @Expose()
  updatedAt: Date;
}

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  output = IssueView;
  override permissions = [IsAuthenticated];
  override filterFields = { status: ['exact', 'in'], projectId: ['exact', 'in'], title: ['icontains'] };
  override orderingFields = ['id'];
  override ordering = ['id'];

  override visibility(scope: HookScope): Visibility<Issue> {
    const { projects } = scope.user as User;
    return projects === undefined ? true : { projectId: In(projects) };
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot(databaseOptions()),
    TypeOrmModule.forFeature([Issue]),
    JiraModule.forRoot({
      authentication: [BearerTokenAuthentication],
      imports: [AuthModule],
      socketIo: { transports: ['polling', 'websocket'] },
      ...(process.env['BENCH_SHORT_WAYS'] === 'off' && {
        fastPaths: { reads: false, writes: false, views: false, frames: false },
      }),
      // One load generator stands for thousands of clients.
      limits: { requestsPerSecond: 1e9, userRequestsPerSecond: 1e9, connectionsPerUser: 1e6 },
    }),
  ],
  providers: [IssueHook],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
const dataSource = app.get(DataSource);
await seed(dataSource);
serve(app.getHttpServer() as HttpServer, { update: (order) => runUpdates(dataSource, order) });
