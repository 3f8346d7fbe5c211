// What would be unvalidated or empty in silence is found at boot, with its cure.

import 'reflect-metadata';
import { createRequire } from 'node:module';
import { Inject, Injectable, ParseIntPipe, ValidationPipe, type Type } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import {
  Action,
  BaseHook,
  Data,
  EventHandlers,
  Hook,
  ModelHook,
  OnChange,
  OnMessage,
  Permission,
  type ActionScope,
} from 'nestjs-jira';
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

it('refuses them behind a ValidationPipe too, which would let anything through', async () => {
  @Hook('orders')
  class OrderHook extends BaseHook {
    @Action({ methods: ['POST'] })
    place(_scope: ActionScope, @Data(ValidationPipe) note: NoteInput) {
      return note;
    }

    @Action({ methods: ['POST'] })
    number(_scope: ActionScope, @Data('number', ParseIntPipe) number: number) {
      return number;
    }
  }
  Reflect.deleteMetadata('design:paramtypes', OrderHook.prototype, 'number');
  await expect(boot(OrderHook)).resolves.toBeUndefined();
  Reflect.deleteMetadata('design:paramtypes', OrderHook.prototype, 'place');
  await expect(boot(OrderHook)).rejects.toThrow('OrderHook.place() has @Data() parameters, but');
});

@Injectable()
class Journal {}

describe('What asks for something to be injected, its types being left out by the compiler, is refused', () => {
  class Writes extends Permission {
    constructor(readonly journal: Journal) {
      super();
    }

    hasPermission(): boolean {
      return true;
    }
  }

  @Hook('notes')
  class Stock extends BaseHook {}

  const bootWith = (...providers: Type<object>[]): Promise<unknown> =>
    createTestApp({ providers: [Journal, ...providers], entities: [Note] }).then((app) => app.close());

  const untyped = <T extends object>(type: T): T => {
    Reflect.deleteMetadata('design:paramtypes', type);
    return type;
  };

  it('as a hook', async () => {
    @Hook('notes')
    class NoteHook extends BaseHook {
      constructor(readonly journal: Journal) {
        super();
      }
    }
    await expect(bootWith(NoteHook)).resolves.toBeUndefined();
    await expect(bootWith(untyped(NoteHook))).rejects.toThrow(
      /^NoteHook has a constructor whose parameters have no types at run time, so nothing would be injected\..*@Injectable\(\).*emitDecoratorMetadata.*@Inject\(Token\)\.$/,
    );
  });

  it('but not a hook that names it', async () => {
    @Hook('notes')
    class NoteHook extends BaseHook {
      constructor(@Inject(Journal) readonly journal: Journal) {
        super();
      }
    }
    await expect(bootWith(untyped(NoteHook))).resolves.toBeUndefined();
  });

  it('as a handler of events', async () => {
    @EventHandlers()
    class Handlers {
      constructor(readonly journal: Journal) {}
      @OnMessage('ask') answer() {
        return this.journal;
      }
    }
    await expect(bootWith(Stock, Handlers)).resolves.toBeUndefined();
    await expect(bootWith(Stock, untyped(Handlers))).rejects.toThrow('Handlers has a constructor whose parameters');
  });

  it('as a listener of changes, also one that no decorator marks', async () => {
    class Listener {
      constructor(readonly journal: Journal) {}
      @OnChange(Note) hear(): void {}
    }
    await expect(bootWith(Stock, Listener)).rejects.toThrow('Listener has a constructor whose parameters');
  });

  it('as a permission that is made by its class, but not one that the application made', async () => {
    @Hook('notes')
    class NoteHook extends BaseHook {
      override permissions = [new Writes(new Journal())];
    }
    @Hook('others')
    class OtherHook extends BaseHook {
      override permissions = [Writes];
    }
    await expect(bootWith(NoteHook)).resolves.toBeUndefined();
    await expect(bootWith(NoteHook, OtherHook)).rejects.toThrow('Writes has a constructor whose parameters');
  });
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
