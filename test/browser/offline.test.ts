// What a client keeps in Chromium: over reloads, in several tabs, through the death of the one that sends.

import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Expose } from 'class-transformer';
import type { BrowserContext } from 'playwright-core';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Hook, HookScope, IdempotencyKey, ModelHook } from 'nestjs-jira';
import { OfflineBrowser, type Tab, type TabGlobals, type TabOptions } from '../client/offline-page.js';
import { SilentProxy } from '../client/silent-proxy.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { describeWith } from '../support/services.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
}

/** What was done, in the order in which it was. */
@Entity()
class Effect {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
}

class NoteInput {
  @IsOptional() @IsString() @MaxLength(20) title: string;
}

class NoteView {
  @Expose() id: number;
  @Expose() title: string;
}

@Hook('notes')
class NoteHook extends ModelHook<Note> {
  entity = Note;
  updateInput = NoteInput;
  output = NoteView;
  override ordering = ['id'];

  override async performUpdate(note: Note, fields: NoteInput, scope: HookScope) {
    await scope.manager.insert(Effect, { title: fields.title });
    return super.performUpdate(note, fields, scope);
  }
}

/** A server behind a network that can go silent, and one person's browser. */
class Place implements AsyncDisposable {
  private constructor(
    readonly app: TestApp,
    readonly network: SilentProxy,
    private readonly context: BrowserContext,
    private readonly browser: OfflineBrowser,
  ) {}

  static async open(browser: OfflineBrowser): Promise<Place> {
    const app = await createTestApp({
      entities: [Note, Effect, IdempotencyKey],
      providers: [NoteHook],
      options: { socketIo: { cors: { origin: '*' } } },
    });
    await app.dataSource.getRepository(Note).save([{ title: 'one' }, { title: 'two' }]);
    return new Place(app, await SilentProxy.start(app.url), await browser.context(), browser);
  }

  /** A tab that shows the notes. */
  async tab(options: TabOptions = {}): Promise<Tab> {
    const tab = await (await this.browser.tab(this.context, this.network.url)).start(options);
    await expect.poll(() => tab.titles()).toHaveLength(2);
    await expect.poll(() => tab.isStale()).toBe(false);
    return tab;
  }

  /** Takes the network away, as a lift does. */
  async enterLift(...tabs: Tab[]): Promise<void> {
    this.network.silence();
    for (const tab of tabs) await expect.poll(() => tab.isStale()).toBe(true);
  }

  async effects(): Promise<string[]> {
    const all = await this.app.dataSource.getRepository(Effect).find({ order: { id: 'ASC' } });
    return all.map(({ title }) => title);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    await this.network[Symbol.asyncDispose]();
    await this.app.close();
  }
}

describeWith('chromium', 'A client that keeps what it has', (executablePath) => {
  let browser: OfflineBrowser;

  beforeAll(async () => {
    browser = await OfflineBrowser.launch(executablePath);
  });

  afterAll(() => browser?.[Symbol.asyncDispose]());

  it('queues writes without a network, shows them in all tabs, and sends each once and in order', async () => {
    await using place = await Place.open(browser);
    const [first, second] = [await place.tab(), await place.tab()];
    await place.enterLift(first, second);
    await first.write(1, 'uno');
    await second.write(2, 'due');
    await first.write(1, 'eins');
    await expect.poll(() => first.titles()).toEqual(['eins', 'due']);
    await expect.poll(() => second.titles()).toEqual(['eins', 'due']);
    expect(await place.effects()).toEqual([]);
    place.network.heal();
    await expect.poll(() => first.outcomes()).toEqual(['done uno', 'done eins']);
    await expect.poll(() => second.outcomes()).toEqual(['done due']);
    const effects = await place.effects();
    expect(effects.toSorted()).toEqual(['due', 'eins', 'uno']);
    expect(effects.filter((title) => title !== 'due')).toEqual(['uno', 'eins']);
    await expect.poll(() => first.queued()).toBe(0);
    await expect.poll(() => second.isStale()).toBe(false);
    expect(await second.titles()).toEqual(['eins', 'due']);
  });

  it('shows its rows and its writes after a reload without a network', async () => {
    await using place = await Place.open(browser);
    const tab = await place.tab();
    await place.enterLift(tab);
    await tab.write(2, 'zwei');
    await expect.poll(() => tab.queued()).toBe(1);
    await tab.page.reload();
    await tab.start();
    await expect.poll(() => tab.titles()).toEqual(['one', 'zwei']);
    expect(await tab.isStale()).toBe(true);
    place.network.heal();
    await expect.poll(() => place.effects()).toEqual(['zwei']);
    await expect.poll(() => tab.isStale()).toBe(false);
    expect(await tab.titles()).toEqual(['one', 'zwei']);
    await expect.poll(() => tab.queued()).toBe(0);
  });

  it('shows no rows of another user or another form of rows', async () => {
    await using place = await Place.open(browser);
    const tab = await place.tab();
    await place.app.dataSource.getRepository(Note).update(1, { title: 'secret' });
    await expect.poll(() => tab.titles()).toEqual(['secret', 'two']);
    await place.enterLift(tab);
    await tab.write(1, 'of the first');
    await expect.poll(() => tab.queued()).toBe(1);
    for (const options of [{ user: 2 }, { schema: '2', user: 3 }]) {
      await tab.page.reload();
      await tab.start(options);
      await tab.page.waitForTimeout(300);
      expect(await tab.titles()).toEqual([]);
    }
    place.network.heal();
    // The third user's connection sends nothing of the first's.
    await expect.poll(() => tab.titles()).toEqual(['secret', 'two']);
    expect(await place.effects()).toEqual([]);
    await tab.page.reload();
    await tab.start({ schema: '2' });
    await expect.poll(() => place.effects()).toEqual(['of the first']);
  });

  it('stops the writes of a row after a refused one, tells it once, and goes on with the others', async () => {
    await using place = await Place.open(browser);
    const [first, second] = [await place.tab(), await place.tab()];
    await place.enterLift(first, second);
    const tooLong = 'much too long for a title';
    for (const [id, title] of [
      [1, 'fine'],
      [1, tooLong],
      [1, 'behind it'],
      [2, 'another'],
    ] as const)
      // prettier-ignore
      await first.write(id, title);
    place.network.heal();
    await expect
      .poll(() => first.outcomes())
      .toEqual(['done fine', `VALIDATION_FAILED ${tooLong}`, 'ABORTED behind it', 'done another']);
    expect(await place.effects()).toEqual(['fine', 'another']);
    const told = [...(await first.told()), ...(await second.told())];
    expect(told).toEqual([`VALIDATION_FAILED ${tooLong}`, 'ABORTED behind it']);
    await expect.poll(() => second.titles()).toEqual(['fine', 'another']);
  });

  it('goes on in another tab when the one that sends is killed', { timeout: 600_000 }, async () => {
    for (let kill = 0; kill < Number(process.env['LEADER_KILLS'] ?? 2); kill++) {
      await using place = await Place.open(browser);
      const leader = await place.tab();
      const other = await place.tab();
      await place.enterLift(leader, other);
      const titles = Array.from({ length: 20 }, (_, n) => `write ${n}`);
      for (const title of titles) await other.write(1 + (titles.indexOf(title) % 2), title);
      await expect.poll(() => leader.queued()).toBe(20);
      place.network.heal();
      await expect.poll(async () => (await place.effects()).length, { interval: 5 }).toBeGreaterThan(kill % 10);
      await leader.page.close();
      await expect.poll(() => other.outcomes(), { interval: 20 }).toEqual(titles.map((title) => `done ${title}`));
      expect(await place.effects()).toEqual(titles);
    }
  });

  it('deletes everything at log-out, in all tabs', async () => {
    await using place = await Place.open(browser);
    const [first, second] = [await place.tab(), await place.tab()];
    await place.enterLift(first, second);
    await first.write(1, 'never');
    await second.write(2, 'neither');
    await expect.poll(() => first.queued()).toBe(2);
    await first.page.evaluate(() => (globalThis as unknown as TabGlobals).kept.clear());
    expect(await first.queued()).toBe(0);
    await expect.poll(() => first.outcomes()).toEqual(['ABORTED never']);
    await expect.poll(() => second.outcomes()).toEqual(['ABORTED neither']);
    await first.page.reload();
    await first.start();
    await first.page.waitForTimeout(300);
    expect(await first.titles()).toEqual([]);
    place.network.heal();
    await expect.poll(() => first.titles()).toEqual(['one', 'two']);
    expect(await place.effects()).toEqual([]);
  });

  it('works from memory when nothing can be kept, and says so once', async () => {
    await using place = await Place.open(browser);
    const tab = await place.tab();
    await tab.page.evaluate(() => {
      const full = (): never => {
        throw new DOMException('The disk is full.', 'QuotaExceededError');
      };
      const { IDBObjectStore } = globalThis as unknown as { IDBObjectStore: { prototype: object } };
      Object.assign(IDBObjectStore.prototype, { add: full, put: full });
    });
    await place.enterLift(tab);
    for (const title of ['a', 'b']) await tab.write(1, title);
    await expect.poll(() => tab.titles()).toEqual(['b', 'two']);
    place.network.heal();
    await expect.poll(() => tab.outcomes()).toEqual(['done a', 'done b']);
    expect(await place.effects()).toEqual(['a', 'b']);
    expect(await tab.told()).toEqual(['NOT_KEPT']);
  });

  it('bounds how many writes wait, and for how long', async () => {
    await using place = await Place.open(browser);
    const tab = await place.tab({ maxWrites: 1, maxAgeMs: 400 });
    await place.enterLift(tab);
    await tab.write(1, 'waits');
    await tab.write(1, 'is too many');
    await expect.poll(() => tab.outcomes()).toEqual(['QUEUE_FULL is too many']);
    await tab.page.waitForTimeout(500);
    place.network.heal();
    await expect.poll(() => tab.outcomes()).toEqual(['QUEUE_FULL is too many', 'NOT_CONNECTED waits']);
    expect(await place.effects()).toEqual([]);
    await expect.poll(() => tab.titles()).toEqual(['one', 'two']);
  });
});
