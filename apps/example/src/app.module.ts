// Shows the root module: TypeORM, JiraModule and the hooks.

import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BearerTokenAuthentication, IsAuthenticated, JiraModule } from 'nestjs-jira';
import { redisCluster } from 'nestjs-jira/redis';
import { AuthModule } from './auth/auth.module.js';
import { CommentHook } from './comments/comment.hook.js';
import { ENTITIES, databaseOptions } from './database/database-options.js';
import { Seed } from './database/seed.js';
import { HealthController } from './health.controller.js';
import { IssueHook } from './issues/issue.hook.js';
import { TeamPresenceHook } from './presence/presence.hook.js';
import { MembershipHook } from './projects/membership.hook.js';
import { ProjectHook } from './projects/project.hook.js';
import { UserHook } from './users/user.hook.js';

/** Set both variables to run several processes: see docs/deploy.md. */
function clusterOptions() {
  const [url, secret] = [process.env['REDIS_URL'], process.env['RESUME_SECRET']];
  return url === undefined || secret === undefined ? {} : { ...redisCluster({ url }), resume: { secret } };
}

@Module({
  imports: [
    TypeOrmModule.forRootAsync({ useFactory: () => databaseOptions() }),
    TypeOrmModule.forFeature(ENTITIES),
    JiraModule.forRoot({
      authentication: [BearerTokenAuthentication],
      permissions: [IsAuthenticated],
      imports: [AuthModule],
      explorer: { info: { title: 'Issue tracker', version: '1.0.0' } },
      pageSize: 50,
      // The board loads all issues of a project at once.
      limits: { pageSize: 500 },
      ...clusterOptions(),
    }),
  ],
  controllers: [HealthController],
  providers: [Seed, UserHook, ProjectHook, MembershipHook, IssueHook, CommentHook, TeamPresenceHook],
})
export class AppModule {}
