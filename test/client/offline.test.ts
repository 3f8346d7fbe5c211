// The queue of writes, without a browser: in memory.

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AuthSource, OfflineOptions } from 'nestjs-jira-client';
import { indexedDb } from 'nestjs-jira-client/offline';
import { Bench, reached } from './support.js';

interface Queue {
  readonly bench: Bench;
  readonly jira: ReturnType<Bench['client']>;
  /** Outcomes and calls of `onRefused` and `onDelayed`, oldest first. */
  readonly told: string[];
  readonly write: (id: number, title: string) => void;
}

function queueOf(bench: Bench, options: OfflineOptions = {}, auth: AuthSource = {}): Queue {
  const told: string[] = [];
  const jira = bench.client({
    auth,
    persist: indexedDb('app', { user: '1' }),
    offline: {
      onDelayed: ({ code }, { id }) => told.push(`delayed ${id as number} ${code}`),
      onRefused: ({ code }, { id }) => told.push(`refused ${id as number} ${code}`),
      ...options,
    },
    // There is no IndexedDB here.
    onError: () => undefined,
  });
  const write = (id: number, title: string): void => {
    const request = jira.hook('notes').action('update', { id, method: 'PATCH', data: { title } });
    request.then(
      () => told.push(`done ${title}`),
      () => undefined,
    );
  };
  return { bench, jira, told, write };
}

describe('the queue of writes', () => {
  it('keeps a write that the server fails at, with those of its row, and goes on with other rows', async () => {
    await using bench = await Bench.start();
    let isMended = false;
    bench.server.on('notes.update', ({ frame, answer, refuse }) => {
      if (frame.query?.['pk'] === 1 && !isMended) refuse('INTERNAL');
      else answer(null);
    });
    const { told, write } = queueOf(bench);
    write(1, 'a');
    write(1, 'b');
    write(2, 'c');
    await bench.server.arrival('update', 3);
    expect(told).toEqual(['delayed 1 INTERNAL', 'done c']);
    isMended = true;
    await expect.poll(() => told, { timeout: 20_000 }).toEqual(['delayed 1 INTERNAL', 'done c', 'done a', 'done b']);
    const sent = bench.server.requests('update').map(({ frame }) => [frame.data, frame.headers?.['idempotency-key']]);
    const keysOfA = sent.filter(([data]) => (data as { title: string }).title === 'a').map(([, key]) => key);
    expect(new Set(keysOfA).size).toBe(1);
    expect(sent.at(-1)?.[0]).toEqual({ title: 'b' });
  });

  it('gives up such a write when it is too old, with the error of the server', async () => {
    await using bench = await Bench.start();
    bench.server.on('notes.update', ({ refuse }) => refuse('INTERNAL'));
    const { told, write } = queueOf(bench);
    write(1, 'a');
    await expect.poll(() => told).toEqual(['delayed 1 INTERNAL']);
    const tomorrow = Date.now() + 24 * 3_600_000;
    const clock = vi.spyOn(Date, 'now').mockReturnValue(tomorrow);
    onTestFinished(() => clock.mockRestore());
    await expect.poll(() => told).toEqual(['delayed 1 INTERNAL', 'refused 1 INTERNAL']);
  });

  it('tells of a 401 once, and sends all when the user has signed in again', async () => {
    await using bench = await Bench.start();
    bench.server.on('notes.update', ({ socket, answer, refuse }) => {
      if (socket.handshake.auth['token'] === 'new') answer(null);
      else refuse('SESSION_EXPIRED');
    });
    const { jira, told, write } = queueOf(bench);
    write(1, 'a');
    await bench.server.arrival('update', 1);
    write(2, 'b');
    await bench.server.arrival('update', 2);
    expect(told).toEqual(['delayed 1 SESSION_EXPIRED']);
    jira.connect({ token: 'new' });
    await expect.poll(() => told).toEqual(['delayed 1 SESSION_EXPIRED', 'done a', 'done b']);
  });

  it('sends after a 401 as soon as the credentials are renewed on the open connection, by hand or by themselves', async () => {
    await using bench = await Bench.start();
    let isSignedIn = false;
    bench.server.on('notes.update', ({ answer, refuse }) => (isSignedIn ? answer(null) : refuse('SESSION_EXPIRED')));
    bench.server.on('$connection.$authenticate', ({ answer }) => {
      isSignedIn = true;
      answer({ expiresAt: null, expiresInMs: null });
    });
    const { jira, told, write } = queueOf(bench, {}, () => ({ token: 'fresh' }));
    await reached(jira, 'connected');
    // Nothing that waits for its backoff is sent within this test.
    const chance = vi.spyOn(Math, 'random').mockReturnValue(1_000);
    onTestFinished(() => chance.mockRestore());
    write(1, 'a');
    await expect.poll(() => told).toEqual(['delayed 1 SESSION_EXPIRED']);
    await jira.authenticate();
    await expect.poll(() => told).toEqual(['delayed 1 SESSION_EXPIRED', 'done a']);
    isSignedIn = false;
    write(2, 'b');
    await expect.poll(() => told.slice(2)).toEqual(['delayed 2 SESSION_EXPIRED']);
    bench.server.sockets[0]?.emit('$session', { expiresAt: '', expiresInMs: 20 });
    await expect.poll(() => told.slice(2)).toEqual(['delayed 2 SESSION_EXPIRED', 'done b']);
    expect(bench.server.requests('update')).toHaveLength(4);
  });
});
