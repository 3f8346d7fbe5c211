#!/usr/bin/env node
// `nestjs-jira document`, `types`, `indexes`, `load` and `new`.

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { documentFrom } from './source.js';
import { apiTypes } from './api-types.js';
import { indexesCommand } from './indexes-command.js';
import { newCommand } from './new-command.js';

const USAGE = `Usage:
  nestjs-jira document <source> [--out <file>]   writes the API as an AsyncAPI 3.1 document
  nestjs-jira types <source> [--out <file>]      writes it as a TypeScript type "Api", for the client
  nestjs-jira indexes <module>                   lists the indexes that hooks need: nestjs-jira indexes --help
  nestjs-jira new hook <namespace>               writes an entity, DTOs, a hook and its test into a Nest application
  nestjs-jira load <url> --hook <namespace>      puts load on a running server: nestjs-jira load --help

<source> is
  http://localhost:3000/explorer/asyncapi.json   a running server with forRoot({ explorer: true })
  asyncapi.json                                  a document that was written before
  dist/app.module.js                             a compiled module of your application, which is started without listening;
                                                 name its export if it has several: dist/app.module.js#AppModule

Without --out the result is printed.`;

async function main(): Promise<number> {
  // Loaded on demand: it needs socket.io-client, which a server may not have installed.
  if (process.argv[2] === 'load') return (await import('./load/load-command.js')).loadCommand(process.argv.slice(3));
  if (process.argv[2] === 'new') return newCommand(process.argv.slice(3));
  if (process.argv[2] === 'indexes') return indexesCommand(process.argv.slice(3));
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string', short: 'o' }, help: { type: 'boolean', short: 'h' } },
  });
  const [command, source] = positionals;
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if ((command !== 'document' && command !== 'types') || source === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const document = await documentFrom(source);
  const text = command === 'types' ? apiTypes(document) : `${JSON.stringify(document, null, 2)}\n`;
  if (values.out === undefined) process.stdout.write(text);
  else await writeFile(values.out, text);
  return 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
