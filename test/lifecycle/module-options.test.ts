import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { BearerTokenAuthentication, JiraModule, TokenVerifier } from 'nestjs-jira';
import { createTestApp, TestClient } from '../support/app.js';
import { IssueHook, ProjectHook, seedTracker, TRACKER } from '../support/tracker.js';

@Injectable()
class Tokens extends TokenVerifier {
  verify(token: string): { id: number } | null {
    return token === 'ada' ? { id: 1 } : null;
  }
}

@Module({ providers: [{ provide: TokenVerifier, useClass: Tokens }], exports: [TokenVerifier] })
class AuthModule {}

@Injectable()
class Settings {
  readonly pageSize = 3;
  readonly path = '/live';
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      database: ':memory:',
      entities: [...TRACKER.entities],
      synchronize: true,
    }),
    JiraModule.forRootAsync({
      imports: [SettingsModule, AuthModule],
      inject: [Settings],
      useFactory: async ({ pageSize, path }: Settings) =>
        Promise.resolve({ pageSize, socketIo: { path }, authentication: [BearerTokenAuthentication] }),
    }),
  ],
  providers: [IssueHook, ProjectHook],
})
class AppModule {}

describe('JiraModule', () => {
  it('takes its options from a factory, those of the socket server included', async () => {
    const app = await NestFactory.create(AppModule, { logger: ['fatal'] });
    await app.listen(0, '127.0.0.1');
    const socket = io(await app.getUrl(), { path: '/live', auth: { jira: 2, token: 'ada' }, reconnection: false });
    try {
      const request = { requestId: 'r', method: 'GET', action: 'list' };
      const answer: unknown = await socket.timeout(10_000).emitWithAck('projects', request);
      expect(answer).toMatchObject({ status: 200, data: { count: 0 } });
      const lost = new TestClient(await app.getUrl(), { jira: 2, token: 'ada' });
      await expect(lost.connected()).rejects.toThrow(/websocket error|xhr poll error|timeout/);
      lost.close();
    } finally {
      socket.disconnect();
      await app.close();
    }
  });

  it('lets several applications live in one process, each with its own rows and subscribers', async () => {
    await using one = await createTestApp(TRACKER);
    await using other = await createTestApp(TRACKER);
    await Promise.all([seedTracker(one), seedTracker(other)]);
    const [here, there] = [await one.connect(1), await other.connect(1)];
    await here.subscribe('issues');
    await there.subscribe('issues');
    await here.call('issues', 'create', 'POST', { data: { title: 'here', projectId: 1 } });
    await here.nextChanges('issues', 1);
    await there.settled('issues');
    expect(there.changes('issues')).toEqual([]);
    expect(await there.call('issues', 'list', 'GET')).toMatchObject({ data: { count: 0 } });
  });
});
