// Rights that end while the rows of one commit are being announced, which go out together.

import { Expose } from 'class-transformer';
import { Authorization, Hook, IsAuthenticated, ReadOnlyModelHook } from 'nestjs-jira';
import { Column, Entity, LessThanOrEqual, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { createTestApp, type TestClient } from '../support/app.js';

const ROWS = 20;
const LAST = 7;

@Entity()
class Tip {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
}

class TipView {
  @Expose() id: number;
}

/** Does something when a row is serialized: in the middle of a commit. */
@Hook('tips')
class TipHook extends ReadOnlyModelHook<Tip> {
  entity = Tip;
  output = TipView;
  override permissions = [IsAuthenticated];
  isVisible = true;
  meanwhile?: () => void;

  override visibility(): boolean {
    return this.isVisible;
  }

  override serialize({ id, text }: Tip): unknown {
    if (id === LAST + 1 && text === 'new') this.meanwhile?.();
    return { id };
  }
}

const idsOf = (client: TestClient): unknown[] =>
  client.changes('tips').flatMap(({ type, id }) => (type === 'modified' ? [id] : []));
const firstOnes = Array.from({ length: LAST }, (_, n) => n + 1);

describe('rights that end in the middle of a commit', () => {
  it.each(['refresh', 'disconnect'] as const)('(%s) end for its later rows, not for its earlier ones', async (how) => {
    await using app = await createTestApp({ entities: [Tip], providers: [TipHook] });
    await app.dataSource.manager.insert(
      Tip,
      Array.from({ length: ROWS }, () => ({ text: 'old' })),
    );
    const client = await app.connect(2);
    await client.subscribe('tips');
    await client.subscribe('tips');
    const ended = new Promise((resolve) => client.socket.once('disconnect', resolve));
    const hook = app.get(TipHook);
    const authorization = app.get(Authorization);
    let refreshed: Promise<void> | undefined;
    hook.meanwhile = () => {
      hook.isVisible = false;
      if (how === 'disconnect') authorization.disconnect({ id: 2 });
      else refreshed ??= authorization.refresh({ id: 2 });
    };
    await app.dataSource.manager.update(Tip, { id: LessThanOrEqual(ROWS) }, { text: 'new' });
    await (how === 'disconnect' ? ended : refreshed);
    if (how === 'refresh') await client.settled('tips');
    expect(idsOf(client)).toEqual(firstOnes);
  });
});
