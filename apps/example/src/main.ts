// Shows how to start the server, and serves the web page.

import 'reflect-metadata';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { DEMO_TOKENS } from './auth/demo-tokens.js';

const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
app.useStaticAssets(join(import.meta.dirname, 'web'));
// plain.html is not bundled: it imports these packages by URL.
for (const name of ['nestjs-jira-client', 'nestjs-jira-protocol'])
  app.useStaticAssets(dirname(fileURLToPath(import.meta.resolve(name))), { prefix: `/modules/${name}` });

const port = Number(process.env['PORT'] ?? 3000);
await app.listen(port);

process.stdout.write(`
  The issue tracker is at http://localhost:${port}
  Open it twice, as two people, and watch one window follow the other:

${[...DEMO_TOKENS].map(([token, user]) => `    http://localhost:${port}/?as=${user.padEnd(6)}  token ${token}`).join('\n')}

  Its API explorer is at http://localhost:${port}/explorer: connect with one of the tokens.

`);
