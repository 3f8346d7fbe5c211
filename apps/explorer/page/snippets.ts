// A call as code for the client library, and as a frame.

import type { Request } from './session';

export interface Handshake {
  readonly path: string;
  /** Members of `auth` besides the token. */
  readonly members: readonly string[];
}

/** A module that runs as it is, once you fill in the credentials. They are never copied. */
export function clientCode(request: Request, subscribes: boolean, { path, members }: Handshake): string {
  const { namespace, action, method, data, query } = request;
  const auth = ['token', ...members.filter((name) => name !== 'token')]
    .map((name) => `${nameOf(name)}: '…'`)
    .join(', ');
  const client = `const jira = createClient(${quoted(location.origin + path)}, { auth: { ${auth} } });`;
  const head = ["import { createClient } from 'nestjs-jira-client';", '', client, ''];
  const hook = `jira.hook(${quoted(namespace)})`;
  if (action === 'listen' && method === 'SUBSCRIPTION')
    return [
      ...head,
      `const list = ${hook}.action('list'${query === undefined ? '' : `, { query: ${literal(query)} }`});`,
      'const stop = jira.listen(list, (rows, { count, complete }) => {',
      '  console.log(rows, count, complete);',
      '});',
    ].join('\n');
  if (subscribes) {
    const first = action === 'subscribe' ? '' : `${quoted(action)}, `;
    const asked = query === undefined ? '' : `${literal(query)}, `;
    return [
      ...head,
      `const stop = ${hook}.subscribe(${first}${asked}(change) => {`,
      '  console.log(change);',
      '});',
    ].join('\n');
  }
  const options = [`method: ${quoted(method)}`];
  if (query !== undefined) options.push(`query: ${literal(query)}`);
  if (data !== undefined) options.push(`data: ${literal(data)}`);
  return [
    ...head,
    `const answer = await ${hook}.action(${quoted(action)}, { ${options.join(', ')} });`,
    'console.log(answer);',
    'await jira.close();',
  ].join('\n');
}

export function frameText({ action, method, data, query }: Omit<Request, 'namespace'>): string {
  return JSON.stringify(
    { requestId: '1', method, action, ...(data !== undefined && { data }), ...(query !== undefined && { query }) },
    null,
    2,
  );
}

/** The value as a formatter would write it, without quotes around names that need none. */
function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${nameOf(name)}: ${literal(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function nameOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

function quoted(text: string): string {
  const inner = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"');
  return `'${inner.replaceAll("'", String.raw`\'`)}'`;
}
