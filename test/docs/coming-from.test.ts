import { NestFactory } from '@nestjs/core';
import type { INestApplication, Type } from '@nestjs/common';
import { expect, it, vi } from 'vitest';
import { DjiraClient } from '../djira/djira-client.js';
import { writeExamples } from '../support/examples.js';

it("runs the program that is shown beside djira's, for our client and for djira's", async () => {
  using examples = writeExamples('docs/coming-from.md');
  const { AppModule } = (await import(examples.pathOf('app.module.ts'))) as { AppModule: Type<object> };
  const { demo } = (await import(examples.pathOf('client.ts'))) as {
    demo: (url: string, render: (line: string) => void) => Promise<void>;
  };
  const app: INestApplication = await NestFactory.create(AppModule, { logger: ['fatal'] });
  await app.listen(0, '127.0.0.1');
  try {
    const url = await app.getUrl();
    using djira = await DjiraClient.connect(url, 'ada');
    const heard: unknown[] = [];
    await djira.subscribe('messages', (_data, frame) => heard.push(frame['type']), { query: { room: 'lobby' } });
    const lines: string[] = [];
    await demo(url, (line) => lines.push(line));
    expect(lines).toEqual(['added hello', 'modified HELLO', 'listed 1']);
    await vi.waitFor(() => expect(heard).toEqual(['added', 'modified']));
    expect(djira.errors).toEqual([]);
  } finally {
    await app.close();
  }
});
