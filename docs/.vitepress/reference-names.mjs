// A plugin of TypeDoc: modules are called what they are imported by, `nestjs-jira-client/react`, not after their files.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Converter } from 'typedoc';

const LIBS = join(import.meta.dirname, '../../libs');

/** The names by which modules are imported, by TypeDoc's names of them: `client/src/react`. */
const names = new Map(
  ['jira', 'client', 'protocol'].flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(LIBS, folder, 'package.json'), 'utf8'));
    return Object.keys(exports).map((path) => [`${folder}/src${path.slice(1)}`, `${name}${path.slice(1)}`]);
  }),
);

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = names.get(module.name) ?? module.name;
  });
}
