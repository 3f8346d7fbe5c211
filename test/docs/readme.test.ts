import { NestFactory } from '@nestjs/core';
import type { INestApplication, Type } from '@nestjs/common';
import { expect, it } from 'vitest';
import { examplesOf, writeExamples } from '../support/examples.js';

it("runs the README's hook and client of under 40 lines", async () => {
  const shown = examplesOf('README.md').filter(({ file }) => ['issue.hook.ts', 'client.ts'].includes(file));
  expect(shown.map(({ text }) => text.trim().split('\n').length).reduce((a, b) => a + b)).toBeLessThan(40);
  using examples = writeExamples('README.md');
  const { AppModule } = (await import(examples.pathOf('app.module.ts'))) as { AppModule: Type<object> };
  const { demo } = (await import(examples.pathOf('client.ts'))) as {
    demo: (url: string, token: string, render: (title: string) => void) => Promise<void>;
  };
  const app: INestApplication = await NestFactory.create(AppModule, { logger: ['fatal'] });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  try {
    await new Promise<void>((resolve) => {
      void demo(url, 'demo-ada', (text) => {
        expect(text).toBe('added 1');
        resolve();
      });
    });
  } finally {
    await app.close();
  }
});
