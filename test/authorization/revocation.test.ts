import { Injectable, Module } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { Column, Entity, In, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import {
  Authorization,
  BearerTokenAuthentication,
  HookScope,
  Hook,
  ModelHook,
  Permission,
  TokenVerifier,
  VerifiedToken,
  type Visibility,
} from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { CreateIssue, Issue, IssueView, Member, Project, seedTracker } from '../support/tracker.js';

const banned = new Set<number>();

@Injectable()
class NotBanned extends Permission {
  override async hasPermission(scope: HookScope) {
    return !banned.has(scope.user.id as number);
  }
}

abstract class Issues extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  output = IssueView;
}

/** Asks the database each time. */
@Hook('related')
class RelatedHook extends Issues {
  override permissions = [NotBanned];
  override dependsOn = [{ entity: Member, users: (member: Member) => [member.userId] }];

  override visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }
}

const projectsOf = async (scope: HookScope): Promise<Visibility<Issue>> => {
  const members = await scope.manager.findBy(Member, { userId: scope.user.id });
  return { projectId: In(members.map(({ projectId }) => projectId)) };
};

/** Knows the projects from when it was asked. */
@Hook('resolved')
class ResolvedHook extends Issues {
  override dependsOn = [{ entity: Member }];
  override visibility(scope: HookScope) {
    return projectsOf(scope);
  }
}

/** What a look at a subscription's rights waits for. */
let looks: Promise<void> | undefined;

@Hook('forgetful')
class ForgetfulHook extends Issues {
  override async visibility(scope: HookScope) {
    if (scope.action === 'subscribe') await looks;
    return projectsOf(scope);
  }
}

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column() issueId: number;
}

class NotedView {
  @Expose() id: number;
  @Expose() title: string;
}

@Hook('noted')
class NotedHook extends ModelHook<Issue> {
  entity = Issue;
  output = NotedView;
  override dependsOn = [{ entity: Note, rows: (note: Note) => [note.issueId] }];
}

const APP = {
  entities: [Project, Member, Issue, Note],
  providers: [RelatedHook, ResolvedHook, ForgetfulHook, NotedHook, NotBanned],
};

const open = async (options = {}): Promise<TestApp> => {
  banned.clear();
  const app = await createTestApp({ ...APP, options });
  await seedTracker(app);
  return app;
};
const leave = (app: TestApp): Promise<unknown> => app.dataSource.manager.delete(Member, { userId: 2, projectId: 1 });
const write = (app: TestApp, title: string): Promise<unknown> => app.dataSource.manager.save(Issue, { title, projectId: 1 }); // prettier-ignore
const types = (client: TestClient, namespace: string): string[] => client.changes(namespace).map(({ type }) => type);
const answers = (client: TestClient, namespace: string) =>
  client.frames.filter(({ event, frame }) => event === namespace && frame['type'] === undefined);

describe('a membership that ends', () => {
  it('tells the member to fetch again, and nobody else anything', async () => {
    await using app = await open();
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    await ada.subscribe('related');
    await grace.subscribe('related');
    await write(app, 'shared');
    await grace.nextChanges('related', 1);
    await leave(app);
    await grace.nextChanges('related', 2);
    await write(app, 'secret');
    await ada.nextChanges('related', 2);
    await grace.settled('related');
    expect(types(grace, 'related')).toEqual(['added', 'reset']);
    expect(types(ada, 'related')).toEqual(['added', 'added']);
    expect(answers(ada, 'related')).toEqual([]);
  });

  it('moves a subscription whose visibility had been resolved, before anything is sent by it', async () => {
    await using app = await open();
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    await ada.subscribe('resolved');
    const { requestId, channel } = await grace.subscribe('resolved');
    // One transaction: from its commit on Grace may see neither row.
    await app.dataSource.transaction(async (manager) => {
      await manager.save(Issue, { title: 'secret', projectId: 1 });
      await manager.delete(Member, { userId: 2, projectId: 1 });
      await manager.save(Issue, { title: 'secret too', projectId: 1 });
    });
    await write(app, 'later');
    await ada.nextChanges('resolved', 3);
    await grace.nextChanges('resolved', 1);
    await grace.settled('resolved');
    expect(JSON.stringify(grace.frames)).not.toMatch(/secret|later/);
    expect(types(grace, 'resolved')).toEqual(['reset']);
    expect(types(ada, 'resolved')).toEqual(['added', 'added', 'added']);
    const [moved] = answers(grace, 'resolved');
    expect(moved?.frame).toMatchObject({ requestId, status: 200, data: { channel: expect.any(String) } });
    expect(moved?.frame['data']).not.toMatchObject({ channel });
    // Back in, the subscription goes on.
    await app.dataSource.manager.save(Member, { userId: 2, projectId: 1 });
    await grace.nextChanges('resolved', 2);
    await write(app, 'welcome');
    expect((await grace.nextChanges('resolved', 3)).map(({ type }) => type)).toEqual(['reset', 'reset', 'added']);
  });

  it('takes effect within visibilityTtlMs where the hook does not say what it depends on', async () => {
    await using app = await open({ visibilityTtlMs: 200 });
    const grace = await app.connect(2);
    await grace.subscribe('forgetful');
    await leave(app);
    await grace.until(() => types(grace, 'forgetful').includes('reset'));
    await write(app, 'secret');
    await grace.settled('forgetful');
    expect(JSON.stringify(grace.frames)).not.toContain('secret');
  });

  it('takes effect at once when the application says so', async () => {
    await using app = await open();
    const grace = await app.connect(2);
    await grace.subscribe('forgetful');
    await leave(app);
    await app.get(Authorization).refresh(2);
    await write(app, 'secret');
    await grace.settled('forgetful');
    expect(types(grace, 'forgetful')).toEqual(['reset']);
  });

  it('and comes back during one look leaves a client that read in between told to fetch again', async () => {
    await using app = await open();
    const { manager } = app.dataSource;
    await write(app, 'shared');
    const grace = await app.connect(2);
    await grace.subscribe('forgetful');
    let look = (): void => undefined;
    looks = new Promise((resolve) => (look = resolve));
    await leave(app);
    const left = app.get(Authorization).refresh(2);
    expect(JSON.stringify(await grace.call('forgetful', 'list', 'GET'))).not.toContain('shared');
    await manager.save(Member, { userId: 2, projectId: 1 });
    const isBack = app.get(Authorization).refresh(2);
    look();
    looks = undefined;
    await Promise.all([left, isBack]);
    await grace.settled('forgetful');
    expect(types(grace, 'forgetful')).toEqual(['reset']);
  });
});

describe('a client of djira', () => {
  it('subscribes by POST, goes on after its rights have changed, and is told by its requestId', async () => {
    await using app = await open();
    const grace = await app.connect(2, { jira: undefined });
    expect(await grace.call('resolved', 'subscribe', 'GET', {})).toMatchObject({ status: 405 });
    const { requestId } = await grace.call('resolved', 'subscribe', 'POST');
    await leave(app);
    await app.dataSource.manager.save(Member, { userId: 2, projectId: 2 });
    await grace.nextChanges('resolved', 2);
    await app.dataSource.manager.save(Issue, { title: 'of the other project', projectId: 2 });
    await write(app, 'secret');
    const changes = await grace.nextChanges('resolved', 3);
    const head = { method: 'SUBSCRIPTION', action: 'subscribe', status: 200, requestId };
    expect(changes).toMatchObject([
      { ...head, type: 'reset' },
      { ...head, type: 'reset' },
      { ...head, type: 'added', data: { title: 'of the other project' } },
    ]);
    expect(JSON.stringify(grace.frames)).not.toMatch(/secret|channel/);
  });
});

describe('a permission that ends', () => {
  it('ends the subscription, and says so under its request', async () => {
    await using app = await open();
    const grace = await app.connect(2);
    const { requestId } = await grace.subscribe('related');
    banned.add(2);
    await app.get(Authorization).refresh({ id: 2 });
    await write(app, 'secret');
    await grace.until(() => answers(grace, 'related').length === 1);
    expect(answers(grace, 'related')[0]?.frame).toMatchObject({
      requestId, method: 'SUBSCRIPTION', action: 'subscribe', status: 403, data: { code: 'PERMISSION_DENIED' },
    }); // prettier-ignore
    await grace.settled('resolved');
    expect(types(grace, 'related')).toEqual([]);
  });
});

describe('related rows in the output', () => {
  it('announce their row again when they change', async () => {
    await using app = await open();
    const ada = await app.connect(1);
    await write(app, 'noted');
    await ada.subscribe('noted');
    await app.dataSource.manager.save(Note, { issueId: 1 });
    const [change] = await ada.nextChanges('noted', 1);
    expect(change).toMatchObject({ type: 'modified', id: 1, data: { id: 1, title: 'noted' } });
    await app.dataSource.manager.save(Note, { issueId: 404 });
    await ada.settled('noted');
    expect(ada.changes('noted')).toHaveLength(1);
  });
});

/** Tokens are `<user>:<milliseconds to live>`. */
@Injectable()
class ShortTokens extends TokenVerifier {
  verify(token: string): VerifiedToken | null {
    const [id, lifeMs] = token.split(':').map(Number);
    return id ? new VerifiedToken({ id }, new Date(Date.now() + (lifeMs ?? 0))) : null;
  }
}

@Module({ providers: [{ provide: TokenVerifier, useClass: ShortTokens }], exports: [TokenVerifier] })
class ShortTokensModule {}

const SHORT = { authentication: [BearerTokenAuthentication], imports: [ShortTokensModule] };

describe('credentials that end', () => {
  const closed = (client: TestClient): Promise<unknown> =>
    new Promise((resolve) => client.socket.once('disconnect', resolve));
  const renew = (client: TestClient, token: string) =>
    client.call('$connection', '$authenticate', 'POST', { data: { token } });

  it('end the connection, with the reason', async () => {
    await using app = await open(SHORT);
    const ada = await app.connect(undefined, { token: '1:300' });
    await closed(ada);
    expect(ada.frames).toContainEqual({ event: '$disconnect', frame: { code: 'SESSION_EXPIRED', status: 401 } });
  });

  it('are renewed in time without losing subscriptions', async () => {
    await using app = await open(SHORT);
    const ada = await app.connect(undefined, { token: '1:600' });
    await ada.subscribe('related');
    const answer = await renew(ada, '1:60000');
    expect(answer).toMatchObject({ status: 200, data: { expiresAt: expect.stringMatching(/Z$/) } });
    const grace = await app.connect(undefined, { token: '2:600' });
    await closed(grace); // Ada's first token ended before this one.
    await write(app, 'still here');
    await ada.nextChanges('related', 1);
    expect(types(ada, 'related')).toEqual(['added']);
  });

  it('are told and renewed at the plain door as well', async () => {
    await using app = await open({ ...SHORT, plainWebSockets: [{ path: '/ws' }] });
    await using ada = await new PlainClient(`${app.url}/ws?token=1:60000`).open();
    const session = await ada.find(({ event }: { event?: string }) => event === '$session');
    expect(session).toMatchObject({
      data: { expiresAt: expect.stringMatching(/Z$/), expiresInMs: expect.any(Number) },
    });
    const request = { requestId: 'r', method: 'POST', action: '$authenticate', data: { token: '1:60000' } };
    ada.send({ event: '$connection', data: request });
    const answer = await ada.find(({ event }: { event?: string }) => event === '$connection');
    expect(answer).toMatchObject({ data: { requestId: 'r', status: 200 } });
  });

  it('are not renewed by another user, nor by nonsense', async () => {
    await using app = await open(SHORT);
    const ada = await app.connect(undefined, { token: '1:60000' });
    expect(await renew(ada, '2:60000')).toMatchObject({ status: 403, data: { code: 'PERMISSION_DENIED' } });
    expect(await renew(ada, 'x')).toMatchObject({ status: 401 });
    const call = (action: string, data: unknown) => ada.call('$connection', action, 'POST', { data });
    expect(await call('$authenticate', null)).toMatchObject({ status: 400 });
    expect(await call('$authenticate', {})).toMatchObject({ status: 401 });
    expect(await call('list', {})).toMatchObject({ status: 404 });
    expect(ada.socket.connected).toBe(true);
  });

  it('end for a user on every connection when the application says so', async () => {
    await using app = await open();
    const [one, two, other] = [await app.connect(1), await app.connect(1), await app.connect(2)];
    const gone = Promise.all([closed(one), closed(two)]);
    expect(app.get(Authorization).disconnect({ id: 1 })).toBe(2);
    await gone;
    expect(other.socket.connected).toBe(true);
  });

  it('are heard of by handshakes that were under way', async () => {
    let letIn!: () => void;
    let arrived!: () => void;
    const [gate, arrival] = [new Promise<void>((r) => (letIn = r)), new Promise<void>((r) => (arrived = r))];
    class AtTheGate extends Permission {
      override async canConnect() {
        arrived();
        await gate;
        return true;
      }
    }
    await using app = await open({ permissions: [new AtTheGate()] });
    const late = app.connect(1);
    await arrival;
    app.get(Authorization).disconnect(1);
    letIn();
    const client = await late;
    await client.until(() => client.frames.length > 0);
    await expect.poll(() => client.socket.connected).toBe(false);
    expect(client.frames).toContainEqual({
      event: '$disconnect',
      frame: { code: 'SESSION_EXPIRED', status: 401 },
    });
  });

  it('end on one connection, and leave the others of the user', async () => {
    await using app = await open();
    const [one, two] = [await app.connect(1), await app.connect(1)];
    const gone = closed(one);
    expect(app.get(Authorization).disconnect({ connectionId: one.socket.id })).toBe(1);
    await gone;
    expect(two.socket.connected).toBe(true);
    expect(app.get(Authorization).disconnect({ connectionId: 'nobody' })).toBe(0);
  });

  it('end also for who ignores the end: nothing more is heard from it', async () => {
    await using app = await open({ plainWebSockets: [{ path: '/ws' }] });
    await using deaf = await new PlainClient(`${app.url}/ws?token=user-1`).open();
    const ask = (requestId: string, title: string): void =>
      deaf.send({
        event: 'related',
        data: { requestId, method: 'POST', action: 'create', data: { title, projectId: 1 } },
      });
    ask('before', 'before');
    await deaf.find(({ data }: { data: { requestId?: string } }) => data.requestId === 'before');
    // What it sends from now on is on its way before the server's close can be answered.
    const { _socket: wire } = deaf.socket as unknown as { _socket: { pause(): void; resume(): void } };
    wire.pause();
    app.get(Authorization).disconnect(1);
    ask('after', 'after');
    await app.connect(2);
    wire.resume();
    await deaf.over();
    expect(deaf.closed).toEqual({ code: 4401, reason: 'SESSION_EXPIRED' });
    expect(await app.dataSource.manager.find(Issue)).toMatchObject([{ title: 'before' }]);
  });
});
