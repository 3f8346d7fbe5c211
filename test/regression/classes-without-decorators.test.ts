// What would be unvalidated or empty in silence is found at boot, with its cure.

import 'reflect-metadata';
import { createRequire } from 'node:module';
import { Expose } from 'class-transformer';
import { IsString } from 'class-validator';
import { expect, it } from 'vitest';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { Action, BaseHook, Data, Hook, ModelHook, type ActionScope } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
}
class NoteInput {
  @IsString() text: string;
}
class NoteView {
  @Expose() id: number;
}

/** Another copy of class-transformer, as a nested `node_modules` holds it. */
function secondCopy(): typeof import('class-transformer') {
  const require = createRequire(import.meta.url);
  const kept = Object.entries(require.cache).filter(([path]) => path.includes('/node_modules/class-transformer/'));
  for (const [path] of kept) delete require.cache[path];
  const copy = require('class-transformer') as typeof import('class-transformer');
  for (const [path, module] of kept) require.cache[path] = module;
  return copy;
}

const boot = (hook: typeof BaseHook): Promise<unknown> =>
  createTestApp({ providers: [hook as never], entities: [Note] }).then((app) => app.close());

it('refuses @Data() parameters whose types the compiler left out', async () => {
  @Hook('orders')
  class OrderHook extends BaseHook {
    @Action({ methods: ['POST'] })
    place(_scope: ActionScope, @Data() note: NoteInput) {
      return note;
    }
  }
  Reflect.deleteMetadata('design:paramtypes', OrderHook.prototype, 'place');
  await expect(boot(OrderHook)).rejects.toThrow(
    /OrderHook\.place\(\) has @Data\(\) parameters, but.*emitDecoratorMetadata/,
  );
});

it('takes them where the action names its input', async () => {
  @Hook('orders')
  class OrderHook extends BaseHook {
    @Action({ methods: ['POST'], input: NoteInput })
    place(_scope: ActionScope, @Data() note: NoteInput) {
      return note;
    }
  }
  Reflect.deleteMetadata('design:paramtypes', OrderHook.prototype, 'place');
  await expect(boot(OrderHook)).resolves.toBeUndefined();
});

it('refuses an output decorated by a second copy of class-transformer', async () => {
  class Foreign {
    id: number;
  }
  secondCopy().Expose()(Foreign.prototype, 'id');
  @Hook('notes')
  class NoteHook extends ModelHook<Note> {
    entity = Note;
    output = Foreign;
  }
  await expect(boot(NoteHook)).rejects.toThrow(
    /NoteHook shows rows through Foreign, which exposes nothing\..*second copy/,
  );
});

it('refuses an input without a validator', async () => {
  class Foreign {
    text: string;
  }
  @Hook('notes')
  class NoteHook extends ModelHook<Note> {
    entity = Note;
    createInput = Foreign;
    output = NoteView;
  }
  await expect(boot(NoteHook)).rejects.toThrow(/NoteHook takes the input Foreign, which declares no field\. Decorate/);
  @Hook('acts')
  class ActHook extends BaseHook {
    @Action({ input: Foreign })
    act(_scope: ActionScope<Foreign>): void {}
  }
  await expect(boot(ActHook)).rejects.toThrow(/ActHook\.act\(\) takes the input Foreign/);
});
