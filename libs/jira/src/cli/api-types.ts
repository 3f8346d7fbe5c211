// Writes the type for `createClient<Api>()` from the API document, for clients that cannot import the server's hooks.

import type { AsyncApiDocument } from '../document/api-document.js';
import type { Schema } from '../document/schema.js';
import { TypeWriter } from './type-writer.js';

interface Payload extends Schema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** Returns a TypeScript module. Types that the document does not describe are `unknown`. */
export function apiTypes(document: AsyncApiDocument): string {
  const writer = new TypeWriter(document);
  const hooks = new Map<string, string[]>();
  for (const operation of Object.values(document.operations)) {
    const action = operation['x-action'] as { readonly namespace: string; readonly name: string } | undefined;
    if (!action) continue;
    const requests = operation.messages.map((message) => payloadOf(document, message));
    const [answer] = (operation.reply?.['messages'] ?? []) as Schema[];
    const output = answer && payloadOf(document, answer).properties['data'];
    const members = hooks.get(action.namespace) ?? [];
    hooks.set(action.namespace, members);
    members.push(
      `    ${keyOf(action.name)}: {\n` +
        `      input: ${writer.inputOf(requests[0])};\n` +
        `      query: ${writer.queryOf(requests[0])};\n` +
        `      output: ${operation['x-action'] && isSubscribed(output) ? 'unknown' : writer.typeOf(output ?? {})};\n` +
        '    };',
    );
  }
  const api = [...hooks].map(([namespace, members]) => `  ${keyOf(namespace)}: {\n${members.join('\n')}\n  };`);
  const { title, version } = document.info as { readonly title?: string; readonly version?: string };
  return [
    `// ${title ?? 'API'} ${version ?? ''}, written by "nestjs-jira types". Generate it again; do not edit it.`,
    '',
    'export type Api = {',
    ...api,
    '};',
    '',
    ...writer.declarations(),
  ].join('\n');
}

/** Whether an output is the answer to a subscribe. It is `unknown` in `Api`: changes carry rows as the hook lists them. */
function isSubscribed(output: Schema | undefined): boolean {
  return output?.['$ref'] === '#/components/schemas/jira.Subscribed';
}

function payloadOf(document: AsyncApiDocument, { $ref }: Schema): Payload {
  let found: unknown = document;
  for (const part of String($ref).slice(2).split('/')) found = (found as Record<string, unknown>)[part];
  return (found as { readonly payload: Payload }).payload;
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
