// A subscriber that stops reading: what is written past Socket.IO and what goes through it stay in one order, whole.

import { Expose, Transform } from 'class-transformer';
import { Connections, Hook, IsAuthenticated, LifecycleEvents, ReadOnlyModelHook, type Limits } from 'nestjs-jira';
import type { Socket as TcpSocket } from 'node:net';
import { Column, Entity, LessThanOrEqual, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';

const ROWS = 60;
const TEXT = 'née ✓ '.repeat(60_000);

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'text' }) title: string;
}

/** All rows together are more than the kernel keeps for the two ends of a connection. */
class NoteView {
  @Expose() id: number;
  @Expose() @Transform(() => TEXT) text: string;
}

class TitleView {
  @Expose() id: number;
  @Expose() title: string;
}

@Hook('titles')
class TitleHook extends ReadOnlyModelHook<Note> {
  entity = Note;
  output = TitleView;
  override permissions = [IsAuthenticated];
}

@Hook('notes')
class NoteHook extends ReadOnlyModelHook<Note> {
  entity = Note;
  output = NoteView;
  override filterFields = { id: ['gt'] } as const;
  override permissions = [IsAuthenticated];
}

function appWith(frames: boolean, limits?: Partial<Limits>): Promise<TestApp> {
  const options = { fastPaths: { frames }, limits };
  return createTestApp({ entities: [Note], providers: [NoteHook, TitleHook], options });
}

/** Resolves when the server has answered this request. */
function answered(app: TestApp, requestId: string): Promise<void> {
  return new Promise((resolve) => {
    const undo = app.get(LifecycleEvents).on('jira.message_sent', ({ payload }) => {
      if ((payload as { requestId?: string }).requestId !== requestId) return;
      undo();
      resolve();
    });
  });
}

/** Stops and resumes reading below Socket.IO. */
function tcpOf({ socket }: TestClient): TcpSocket {
  const { transport } = socket.io.engine as unknown as { transport: { ws: { _socket: TcpSocket } } };
  return transport.ws._socket; // oxlint-disable-line no-underscore-dangle -- ws's name
}

describe.each([true, false])('a subscriber that stops reading (shared frames: %s)', (frames) => {
  it('gets every change once it reads on, whole, in order, and its answers where they belong', async () => {
    await using app = await appWith(frames, { bufferedBytes: 500_000_000 });
    const client = await app.connect(1);
    await client.subscribe('notes');
    const tcp = tcpOf(client);
    const arrived: string[] = [];
    client.socket.on('notes', ({ id, data }: { id: number; data: NoteView }) =>
      arrived.push(`row ${id} ${data.text === TEXT ? 'whole' : 'broken'}`),
    );
    const expected: string[] = [];
    for (const pause of [true, false, true]) {
      if (pause) tcp.pause();
      for (let n = 0; n < ROWS; n++) {
        const { id } = await app.dataSource.manager.save(Note, { title: 'long' });
        expected.push(`row ${id} whole`);
        if (n % 7 !== 0) continue;
        expected.push(`answer ${id}`);
        const frame = { requestId: `q${id}`, method: 'GET', action: 'list', query: { page_size: 1, page: id } };
        const sent = answered(app, frame.requestId);
        client.socket.emit('notes', frame, () => arrived.push(`answer ${id}`));
        await sent;
      }
      tcp.resume();
      await expect.poll(() => arrived.length).toBe(expected.length);
    }
    expect(arrived).toEqual(expected);
  });

  it('gets all rows of one write in their order, in long frames and short ones', async () => {
    await using app = await appWith(frames, { bufferedBytes: 500_000_000 });
    const client = await app.connect(1);
    await client.subscribe('titles');
    const titles = Array.from({ length: 700 }, (_, n) => `${n} ${'née ✓'.repeat(n)}`);
    await app.dataSource.manager.save(
      Note,
      titles.map((title) => ({ title })),
    );
    await client.nextChanges('titles', titles.length);
    await client.subscribe('notes');
    const tcp = tcpOf(client);
    tcp.pause();
    await app.dataSource.manager.update(Note, { id: LessThanOrEqual(ROWS) }, { title: 'again' });
    tcp.resume();
    await client.until(() => client.changes('notes').length === ROWS, 40_000);
    expect(client.changes('notes').map(({ id }) => id)).toEqual(Array.from({ length: ROWS }, (_, n) => n + 1));
    const shown = client.changes('titles').map(({ data }) => (data as TitleView).title);
    expect(shown).toEqual([...titles, ...Array.from({ length: ROWS }, () => 'again')]);
  });

  it('is ended for what waits in all of its channels together', async () => {
    await using app = await appWith(frames);
    const client = await app.connect(1);
    for (let n = 0; n < ROWS; n++) await client.subscribe('notes', { id__gt: -n });
    const ended = new Promise<string>((resolve) =>
      app.get(LifecycleEvents).on('jira.connection_closed', ({ reason }) => resolve(reason)),
    );
    const tcp = tcpOf(client);
    tcp.pause();
    // One frame in each channel.
    await app.dataSource.manager.save(Note, { title: 'long' });
    expect(await ended).toBe('SLOW_CLIENT');
    tcp.destroy();
  });

  it('is forgotten when it goes away meanwhile', async () => {
    await using app = await appWith(frames, { bufferedBytes: 500_000_000 });
    const client = await app.connect(1);
    await client.subscribe('notes');
    const other = await app.connect(2);
    await other.subscribe('notes');
    const tcp = tcpOf(client);
    tcp.pause();
    for (let n = 0; n < ROWS; n++) await app.dataSource.manager.save(Note, { title: 'long' });
    tcp.resetAndDestroy();
    for (let n = 0; n < 5; n++) await app.dataSource.manager.save(Note, { title: 'more' });
    await other.until(() => other.changes('notes').length === ROWS + 5, 40_000);
    await expect.poll(() => app.get(Connections).size).toBe(1);
  });
});
