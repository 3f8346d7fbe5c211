// A server that cannot answer for a while: whatever was subscribed goes on once it can.

import { Expose } from 'class-transformer';
import { setTimeout as wait } from 'node:timers/promises';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { createClient, type Change, type Crud, type JiraClient } from 'nestjs-jira-client';
import { liveStore } from 'nestjs-jira-client/store';
import { Hook, ReadOnlyModelHook } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { Bench } from './support.js';

@Entity()
class Jar {
  @PrimaryGeneratedColumn() id: number;
  @Column() label: string;
}

class JarView {
  @Expose() id: number;
  @Expose() label: string;
}

@Hook('jars')
class JarHook extends ReadOnlyModelHook<Jar> {
  entity = Jar;
  output = JarView;
}

@Hook('unkept')
class UnkeptHook extends JarHook {
  override live = false as const;
}

type Row = { id: number; label: string };
type Api = { jars: Crud<Row>; unkept: Crud<Row> };

class Pantry implements AsyncDisposable {
  private constructor(
    readonly app: TestApp,
    readonly jira: JiraClient<Api>,
  ) {}

  static async start(): Promise<Pantry> {
    const app = await createTestApp({ entities: [Jar], providers: [JarHook, UnkeptHook] });
    await app.dataSource.getRepository(Jar).save({ label: 'plum' });
    const quick = { reconnectMinMs: 1, reconnectMaxMs: 5, resetJitterMs: 0, onError: () => undefined };
    return new Pantry(app, createClient<Api>(app.url, { auth: app.authOf({ id: 1 }), ...quick }));
  }

  /** Takes the table away; the returned function gives it back. */
  async breakDown(): Promise<() => Promise<void>> {
    await this.app.dataSource.query('ALTER TABLE jar RENAME TO away');
    return async () => void (await this.app.dataSource.query('ALTER TABLE away RENAME TO jar'));
  }

  cut(): void {
    (this.jira as unknown as { link: { socket: { io: { engine: { close(): void } } } } }).link.socket.io.engine.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.jira.close();
    await this.app.close();
  }
}

describe('a live list whose server cannot read for a while', () => {
  it.each(['jars', 'unkept'] as const)('catches up after a reconnection (%s)', async (namespace) => {
    await using pantry = await Pantry.start();
    const store = liveStore(pantry.jira.hook(namespace));
    const stop = store.subscribe(() => undefined);
    await expect.poll(() => labels(store.getSnapshot().rows)).toEqual(['plum']);
    await pantry.app.dataSource.getRepository(Jar).update(1, { label: 'pear' });
    const mend = await pantry.breakDown();
    pantry.cut();
    // Long enough for the first attempts to be refused.
    await wait(1_000);
    expect(store.getSnapshot().status).toBe('ready');
    await mend();
    await pantry.app.dataSource.getRepository(Jar).update(1, { label: 'quince' });
    await expect.poll(() => labels(store.getSnapshot().rows)).toEqual(['quince']);
    stop();
  });

  it('catches up after a reset', async () => {
    await using bench = await Bench.start();
    let [isBroken, label] = [false, 'plum'];
    bench.server.on('jars.listen', ({ socket, answer, refuse }) => {
      if (isBroken) return refuse('INTERNAL');
      void socket.join('c');
      answer({ channel: 'c', position: 'e1:1', rows: [{ id: 1, label }], ids: [1], count: 1, complete: true });
    });
    const states: string[] = [];
    let rows: readonly Row[] = [];
    const jira = bench.client<Api>();
    const list = jira.listen(jira.hook('jars').list(), (now) => (rows = now), {
      onState: (state, reason) => void states.push(`${state} ${reason?.code ?? ''}`.trim()),
    });
    await list.ready;
    [isBroken, label] = [true, 'pear'];
    bench.server.announce('jars', 'c', { type: 'reset' });
    await expect.poll(() => states).toContain('subscribing INTERNAL');
    expect(labels(rows)).toEqual(['plum']);
    isBroken = false;
    await expect.poll(() => labels(rows)).toEqual(['pear']);
    expect(states.at(-1)).toBe('subscribed');
    list();
  });
});

describe('a subscription', () => {
  it('is tried again when a server that once took it fails, and ends when it is refused', async () => {
    await using bench = await Bench.start();
    let answer: 'INTERNAL' | 'PERMISSION_DENIED' | 'TOO_MANY_REQUESTS' | undefined;
    bench.server.on('issues.subscribe', (asked) => {
      if (answer) asked.refuse(answer);
      else asked.answer({ channel: 'c', position: bench.server.next() });
    });
    const jira = bench.client();
    const states: string[] = [];
    const told: Change[] = [];
    jira.hook('issues').subscribe((change) => void told.push(change), {
      onState: (state, reason) => void states.push(`${state} ${reason?.code ?? ''}`.trim()),
    });
    await expect.poll(() => states).toEqual(['subscribed']);
    for (answer of ['INTERNAL', 'TOO_MANY_REQUESTS'] as const) {
      bench.server.cut();
      await expect.poll(() => states).toContain(`subscribing ${answer}`);
      answer = undefined;
      await expect.poll(() => states.at(-1)).toBe('subscribed');
    }
    expect(told.map(({ type }) => type)).toEqual(['reset', 'reset']);
    answer = 'PERMISSION_DENIED';
    bench.server.cut();
    await expect.poll(() => states.at(-1)).toBe('unsubscribed PERMISSION_DENIED');
  });

  it('that was stopped meanwhile is not tried again', async () => {
    await using bench = await Bench.start();
    let isBroken = false;
    bench.server.on('issues.subscribe', (asked) =>
      isBroken ? asked.refuse('INTERNAL') : asked.answer({ channel: 'c', position: 'e1:1' }),
    );
    const stop = bench.client().hook('issues').subscribe(() => undefined); // prettier-ignore
    await stop.ready;
    isBroken = true;
    bench.server.cut();
    await bench.server.arrival('subscribe', 2);
    stop();
    const asked = bench.server.requests('subscribe').length;
    // More than the longest first wait.
    await wait(900);
    expect(bench.server.requests('subscribe')).toHaveLength(asked);
  });

  it('whose first subscribe fails ends: nobody has seen it work', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.subscribe', ({ refuse }) => refuse('INTERNAL'));
    const stop = bench.client().hook('issues').subscribe(() => undefined, { onState: () => undefined }); // prettier-ignore
    await expect(stop.ready).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

const labels = (rows: readonly Row[]): string[] => rows.map(({ label }) => label);
