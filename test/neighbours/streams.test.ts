// A stream holds a transaction no longer than its action may last, however slowly it is read.

import { expect, it } from 'vitest';
import { Expose } from 'class-transformer';
import { Action, ActionScope, Hook, ModelHook } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { Note } from '../support/note.js';

class NoteView {
  @Expose() id: number;
  @Expose() text: string;
}

const TIMEOUT_MS = 400;

@Hook('notes')
class NoteHook extends ModelHook<Note> {
  entity = Note;
  output = NoteView;
  isOver = false;
  private go: () => void = () => undefined;
  readonly gate = new Promise<void>((resolve) => (this.go = resolve));

  /** Has written, and has more to say than anybody waits for. */
  @Action({ methods: ['POST'], timeoutMs: TIMEOUT_MS }) async *write({ manager }: ActionScope) {
    await manager.insert(Note, { text: 'of the stream' });
    try {
      for (let n = 0; ; n++) {
        yield n;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } finally {
      this.isOver = true;
    }
  }

  @Action({ methods: ['POST'], timeoutMs: TIMEOUT_MS }) async *stuck({ manager }: ActionScope) {
    await manager.insert(Note, { text: 'of the stream' });
    yield 1;
    await new Promise(() => undefined);
  }

  /** Reads, and lasts longer. */
  @Action({ timeoutMs: TIMEOUT_MS }) async *read() {
    yield 1;
    await this.gate;
    yield 2;
  }

  open(): void {
    this.go();
  }
}

describeEachDatabase('a stream', ({ options }) => {
  const start = async (): Promise<TestApp> =>
    createTestApp({ entities: [Note], providers: [NoteHook], database: await options([Note]) });

  it.each(['write', 'stuck'])('of a writing action (%s) ends with its time, and leaves nothing', async (action) => {
    await using app = await start();
    const [mallory, ada] = [await app.connect(1), await app.connect(2)];
    const answer = await mallory.call('notes', action, 'POST');
    expect(answer).toMatchObject({
      data: { code: 'TIMEOUT', message: `The action took longer than ${TIMEOUT_MS} ms.` },
    });
    const hasBegun = mallory.frames.some(({ frame }) => frame['status'] === 206);
    // Without a limit SQLite's one connection, and the locks of the others, would be held for ever.
    expect(await ada.call('notes', 'list', 'GET')).toMatchObject({ status: 200, data: { count: 0 } });
    await expect.poll(() => app.get(NoteHook).isOver).toBe(action === 'write' && hasBegun);
    await app.dataSource.manager.save(Note, { text: 'of somebody else' });
    expect(await app.dataSource.manager.count(Note)).toBe(1);
  });

  it('that only reads lasts as long as it is wanted', async () => {
    await using app = await start();
    const ada = await app.connect(1);
    const answer = ada.call('notes', 'read', 'GET');
    await ada.until(() => ada.frames.some(({ frame }) => frame['status'] === 206));
    await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS * 2));
    app.get(NoteHook).open();
    expect(await answer).toMatchObject({ status: 200 });
  });
});
