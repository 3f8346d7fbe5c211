import { createClient } from 'nestjs-jira-client';
import { describe, expect, it } from 'vitest';
import type { ApiOf } from 'nestjs-jira';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { createTestApp } from '../support/app.js';
import { seedTracker, TRACKER, type IssueHook, type ProjectHook } from '../support/tracker.js';

type Api = ApiOf<{ issues: IssueHook; projects: ProjectHook }>;

describe('the client against the server', () => {
  it('calls with types, subscribes and gets field errors', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const ada = createClient<Api>(app.url, { auth: { token: 'user-1' } });
    const grace = createClient<Api>(app.url, { auth: { token: 'user-2' } });
    try {
      const seen: string[] = [];
      const states: string[] = [];
      const arrived = new Promise<void>((resolve) => {
        grace.hook('issues').subscribe(
          { status: 'open' },
          (change) => {
            seen.push(change.type);
            resolve();
          },
          { onState: (state) => states.push(state) },
        );
      });
      await grace.hook('issues').list();
      const issue = await ada.hook('issues').create({ title: 'Ship it', projectId: 1 });
      const id: number = issue.id;
      expect(await ada.hook('issues').retrieve(id)).toMatchObject({ title: 'Ship it' });
      await arrived;
      expect(seen).toEqual(['added']);
      expect(states).toEqual(['subscribed']);
      expect(await ada.hook('issues').action('close', { query: { pk: id }, method: 'POST' })).toMatchObject({
        status: 'done',
      });
      await expect(ada.hook('issues').create({ title: '', projectId: 1 })).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        status: 400,
        errors: { title: expect.any(Array) },
      });
      const page = await ada.hook('issues').list({ ordering: '-id' });
      expect(page.results.map(({ title }) => title)).toEqual(['Ship it']);
    } finally {
      ada.close();
      grace.close();
    }
  });

  it('finds the server behind an adapter of the application', async () => {
    class CountingAdapter extends IoAdapter {
      servers = 0;
      override createIOServer(port: number, options?: unknown) {
        this.servers++;
        return super.createIOServer(port, options as never) as never;
      }
    }
    let adapter: CountingAdapter | undefined;
    await using app = await createTestApp({
      ...TRACKER,
      configure: (nest) => nest.useWebSocketAdapter((adapter = new CountingAdapter(nest))),
    });
    const client = await app.connect(1);
    expect(await client.call('issues', 'list', 'GET')).toMatchObject({ status: 200 });
    expect(adapter?.servers).toBe(1);
  });
});
