// Rights that change while something is under way: nothing goes on by the old ones.

import { Injectable, Module } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  AllowAny,
  Authorization,
  BearerTokenAuthentication,
  Hook,
  HookScope,
  ModelHook,
  Permission,
  TokenVerifier,
  type Connection,
  type Visibility,
} from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { Issue, IssueView, Member, Project, seedTracker } from '../support/tracker.js';

/** Holds whoever passes, while it is shut. */
class Gate {
  private open: (() => void) | undefined;
  private shut: Promise<void> | undefined;
  private arrived!: () => void;
  /** Resolves when somebody waits. */
  waiting!: Promise<void>;

  close(): void {
    this.shut = new Promise((resolve) => (this.open = resolve));
    this.waiting = new Promise((resolve) => (this.arrived = resolve));
  }
  async pass(): Promise<void> {
    if (!this.shut) return;
    this.arrived();
    await this.shut;
  }
  release(): void {
    this.open?.();
    this.shut = undefined;
  }
}

const banned = new Set<unknown>();
const atVisibility = new Gate();
const atHandshake = new Gate();
/** What each user may see now. */
const projectOf = new Map<unknown, number>();

@Injectable()
class NotBanned extends Permission {
  override hasPermission({ user }: HookScope) {
    return !banned.has(user.id);
  }
}

@Injectable()
class MayConnect extends Permission {
  canConnect({ user }: Connection) {
    return !banned.has((user as { id: number } | null)?.id);
  }
  override hasPermission() {
    return true;
  }
}

abstract class Issues extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
}

/** All see the same rows, in one channel. */
@Hook('shared')
class SharedHook extends Issues {
  override permissions = [NotBanned];
}

/** Without a permission that says no. */
@Hook('open')
class OpenHook extends Issues {
  override permissions = [AllowAny];
}

/** Knows what one may see from when it was asked, and takes its time. */
@Hook('slow')
class SlowHook extends Issues {
  override permissions = [NotBanned];

  override async visibility({ user }: HookScope): Promise<Visibility<Issue>> {
    const projectId = projectOf.get(user.id) ?? 1;
    await atVisibility.pass();
    return { projectId };
  }
}

/** By what the credentials say. */
@Hook('by-role')
class RoleHook extends Issues {
  override visibility({ user }: HookScope): Visibility<Issue> {
    return user['role'] === 'admin' ? true : { projectId: 2 };
  }
}

/** `user-<id>-<role>`. */
@Injectable()
class Tokens extends TokenVerifier {
  async verify(token: string) {
    await atHandshake.pass();
    const [, id, role] = token.split('-');
    return { id: Number(id), role };
  }
}

@Module({ providers: [{ provide: TokenVerifier, useClass: Tokens }], exports: [TokenVerifier] })
class TokensModule {}

const open = async (options = {}): Promise<TestApp> => {
  banned.clear();
  projectOf.clear();
  const app = await createTestApp({
    entities: [Project, Member, Issue],
    providers: [SharedHook, OpenHook, SlowHook, RoleHook, NotBanned, MayConnect],
    options: Object.assign({ authentication: [BearerTokenAuthentication], imports: [TokensModule] }, options),
  });
  await seedTracker(app);
  return app;
};

const admin = (app: TestApp, id: number): Promise<TestClient> => app.connect(id, { token: `user-${id}-admin` });
const write = (app: TestApp, title: string, projectId = 1): Promise<unknown> => app.dataSource.manager.save(Issue, { title, projectId }); // prettier-ignore
/** Whatever was sent to this client before now has arrived. */
const caughtUp = (client: TestClient): Promise<unknown> => client.call('open', 'list', 'GET');
const titles = (client: TestClient, namespace: string): unknown[] => client.changes(namespace).map(({ type, data }) => (data as Issue | null)?.title ?? type); // prettier-ignore

describe('a subscriber whose permission is revoked', () => {
  it('hears nothing more, though others stay in the channel', async () => {
    await using app = await open();
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    const { channel } = await ada.subscribe('shared');
    expect((await grace.subscribe('shared')).channel).toBe(channel);
    banned.add(2);
    await app.get(Authorization).refresh(2);
    await write(app, 'secret');
    await ada.nextChanges('shared', 1);
    await caughtUp(grace);
    expect(titles(grace, 'shared')).toEqual([]);
    const end = grace.frames.find(({ event }) => event === 'shared')?.frame;
    expect(end).toMatchObject({ status: 403, data: { code: 'PERMISSION_DENIED', reason: 210 } });
  });

  it('hears nothing while its rights are looked at, though others in the channel do', async () => {
    await using app = await open();
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    await ada.subscribe('slow');
    await grace.subscribe('slow');
    atVisibility.close();
    projectOf.set(2, 2);
    const refreshed = app.get(Authorization).refresh(2);
    await atVisibility.waiting;
    await write(app, 'secret');
    await ada.nextChanges('slow', 1);
    await caughtUp(grace);
    expect(titles(grace, 'slow')).toEqual([]);
    atVisibility.release();
    await refreshed;
    await grace.nextChanges('slow', 1);
    expect(titles(grace, 'slow')).toEqual(['reset']);
  });

  it('loses the connection too, where a permission to connect says no', async () => {
    await using app = await open({ permissions: [MayConnect] });
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    banned.add(2);
    await app.get(Authorization).refresh(2);
    await expect.poll(() => grace.socket.connected).toBe(false);
    expect(grace.frames).toContainEqual({ event: '$disconnect', frame: { code: 'PERMISSION_DENIED', status: 403 } });
    expect(ada.socket.connected).toBe(true);
  });
});

describe('rights that change a second time while they are looked at', () => {
  it('are looked at again: the subscription does not settle by the first look', async () => {
    await using app = await open();
    const grace = await app.connect(2);
    await grace.subscribe('slow');
    const authorization = app.get(Authorization);
    atVisibility.close();
    const first = authorization.refresh(2);
    await atVisibility.waiting;
    projectOf.set(2, 2);
    const second = authorization.refresh(2);
    atVisibility.release();
    await Promise.all([first, second]);
    await write(app, 'secret', 1);
    await write(app, 'hers', 2);
    await grace.until(() => titles(grace, 'slow').includes('hers'));
    expect(titles(grace, 'slow')).toEqual(['reset', 'hers']);
  });

  it('are looked at again during the first subscribe, permissions included', async () => {
    await using app = await open();
    const grace = await app.connect(2);
    atVisibility.close();
    const answer = grace.call('slow', 'subscribe', 'SUBSCRIPTION', {});
    await atVisibility.waiting;
    banned.add(2);
    const refreshed = app.get(Authorization).refresh(2);
    atVisibility.release();
    expect(await answer).toMatchObject({ status: 403, data: { code: 'PERMISSION_DENIED' } });
    await refreshed;
    await write(app, 'secret');
    await caughtUp(grace);
    expect(titles(grace, 'slow')).toEqual([]);
  });

  it('are looked at again during the first subscribe, visibility included', async () => {
    await using app = await open();
    const grace = await app.connect(2);
    atVisibility.close();
    const subscribed = grace.subscribe('slow');
    await atVisibility.waiting;
    projectOf.set(2, 2);
    const refreshed = app.get(Authorization).refresh(2);
    atVisibility.release();
    await Promise.all([subscribed, refreshed]);
    await write(app, 'secret', 1);
    await write(app, 'hers', 2);
    await grace.nextChanges('slow', 1);
    expect(titles(grace, 'slow')).toEqual(['hers']);
  });
});

describe('newer credentials that carry other rights', () => {
  it('take effect on the subscriptions of the connection', async () => {
    await using app = await open();
    const [ada, grace] = [await admin(app, 1), await admin(app, 2)];
    await ada.subscribe('by-role');
    await grace.subscribe('by-role');
    const answer = await grace.call('$connection', '$authenticate', 'POST', { data: { token: 'user-2' } });
    expect(answer.status).toBe(200);
    await write(app, 'secret', 1);
    await write(app, 'hers', 2);
    await ada.nextChanges('by-role', 2);
    await grace.until(() => titles(grace, 'by-role').includes('hers'));
    expect(titles(grace, 'by-role')).toEqual(['reset', 'hers']);
  });
});

describe('a user whose rights change during the handshake', () => {
  it('is connected as the user that was given', async () => {
    await using app = await open();
    atHandshake.close();
    const connecting = admin(app, 2);
    await atHandshake.waiting;
    await app.get(Authorization).refresh(2, { user: { id: 2, role: 'user' } });
    atHandshake.release();
    const grace = await connecting;
    await grace.subscribe('by-role');
    await write(app, 'secret', 1);
    await write(app, 'hers', 2);
    await grace.until(() => titles(grace, 'by-role').includes('hers'));
    expect(titles(grace, 'by-role')).toEqual(['hers']);
  });

  it('is disconnected, if all connections were to be', async () => {
    await using app = await open();
    atHandshake.close();
    const connecting = app.connect(2);
    await atHandshake.waiting;
    app.get(Authorization).disconnect(2);
    atHandshake.release();
    const grace = await connecting;
    await expect.poll(() => grace.socket.connected).toBe(false);
    expect(grace.frames).toContainEqual({ event: '$disconnect', frame: { code: 'SESSION_EXPIRED', status: 401 } });
  });
});
