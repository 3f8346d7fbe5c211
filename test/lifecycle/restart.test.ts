import { createClient } from 'nestjs-jira-client';
import { describe, expect, it, vi } from 'vitest';
import type { ApiOf } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { seedTracker, TRACKER, type IssueHook } from '../support/tracker.js';

type Api = ApiOf<{ issues: IssueHook }>;

const RESTARTS = 3;

describe('an application that is closed and made anew in the same process', () => {
  it('takes its port again, and clients go on by themselves', async () => {
    let app: TestApp = await createTestApp(TRACKER);
    const { url } = app;
    const client = createClient<Api>(url, { auth: { token: 'user-1' } });
    try {
      const seen: string[] = [];
      let state = '';
      client
        .hook('issues')
        .subscribe({}, (change) => seen.push(change.type), { onState: (current) => (state = current) });
      for (let round = 0; round <= RESTARTS; round++) {
        await seedTracker(app);
        // Where a change comes before the subscription is there again, it is told to fetch again instead.
        await vi.waitFor(() => expect(state).toBe('subscribed'));
        seen.length = 0;
        const issue = await client.hook('issues').create({ title: `round ${round}`, projectId: 1 });
        expect(issue.id).toBe(1);
        await vi.waitFor(() => expect(seen).toContain('added'));
        if (round === RESTARTS) break;
        await app.close();
        await vi.waitFor(() => expect(state).toBe('subscribing'));
        app = await createTestApp({ ...TRACKER, port: Number(new URL(url).port) });
      }
      expect(seen.filter((type) => type === 'added')).toEqual(['added']);
    } finally {
      client.close();
      await app.close();
    }
  });
});
