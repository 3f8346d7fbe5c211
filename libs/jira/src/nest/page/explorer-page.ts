// Serves the explorer's three files and the API document, on whatever HTTP adapter the application has.

import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiDocument } from '../../document/api-document.js';
import type { ResolvedExplorer } from '../module/explorer-options.js';
import { RESOLVED_OPTIONS, type ResolvedJiraOptions } from '../module/jira-options.js';

type Adapter = HttpAdapterHost['httpAdapter'];
type Content = { readonly type: string; readonly body: string };

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
};
const FILES: Readonly<Record<string, string>> = {
  'explorer.js': 'text/javascript; charset=utf-8',
  'explorer.css': 'text/css; charset=utf-8',
};
const PAGE = 'index.html';

/** Next to the compiled sources or, when run from the sources, where a build of the workspace puts it. */
const FOLDERS = ['../../explorer/', '../../../dist/explorer/'].map((path) => new URL(path, import.meta.url));

@Injectable()
export class ExplorerPage implements OnModuleInit {
  private readonly logger = new Logger('Jira');

  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedJiraOptions,
    private readonly document: ApiDocument,
  ) {}

  /** Not later: once the application has started, Nest answers 404 to URLs without a route. */
  onModuleInit(): void {
    const { explorer } = this.options;
    const adapter = this.host.httpAdapter as Adapter | undefined;
    if (!explorer || !adapter) return;
    const { path } = explorer;
    this.serve(adapter, `${path}/asyncapi.json`, explorer, (request) => this.documentFor(request, explorer));
    const folder = FOLDERS.find((one) => existsSync(new URL(PAGE, one)));
    if (!folder) {
      this.logger.warn('The page of the explorer is not built. Run "npm run build" in the workspace.');
      return;
    }
    for (const [name, type] of Object.entries(FILES))
      this.serve(adapter, `${path}/${name}`, explorer, () => ({ type, body: read(folder, name) }));
    const page: Content = { type: 'text/html; charset=utf-8', body: read(folder, PAGE) };
    // The page names its files relatively, so that it works behind a proxy that adds a prefix.
    const last = path.slice(path.lastIndexOf('/') + 1);
    this.serve(adapter, path, explorer, ({ url = '' }) => (isFolder(url) ? page : { location: `${last}/` }));
    this.serve(adapter, `${path}/`, explorer, () => page);
  }

  private serve(
    adapter: Adapter,
    path: string,
    { guard }: ResolvedExplorer,
    contentOf: (request: IncomingMessage) => Content | { readonly location: string },
  ): void {
    const answer = async (request: IncomingMessage, response: unknown): Promise<void> => {
      for (const [name, value] of Object.entries(HEADERS)) adapter.setHeader(response, name, value);
      if (guard && !(await isAllowed(guard, request))) {
        adapter.setHeader(response, 'WWW-Authenticate', 'Basic realm="API explorer", charset="UTF-8"');
        await adapter.reply(response, 'Unauthorized', 401);
        return;
      }
      const content = contentOf(request);
      if ('location' in content) adapter.setHeader(response, 'Location', content.location);
      else adapter.setHeader(response, 'Content-Type', content.type);
      await ('location' in content ? adapter.reply(response, '', 302) : adapter.reply(response, content.body, 200));
    };
    adapter.get(path, (request: IncomingMessage, response: unknown) => {
      answer(request, response).catch((error: unknown) => this.logger.error('The explorer could not answer', error));
    });
  }

  private documentFor(request: IncomingMessage, { info }: ResolvedExplorer): Content {
    const { host } = request.headers;
    const document = this.document.build({ info, ...(host !== undefined && { host }) });
    return { type: 'application/json; charset=utf-8', body: JSON.stringify(document) };
  }
}

/** A guard that throws lets nobody in. */
async function isAllowed(guard: NonNullable<ResolvedExplorer['guard']>, request: IncomingMessage): Promise<boolean> {
  try {
    return await guard(request);
  } catch {
    return false;
  }
}

function isFolder(url: string): boolean {
  return url.split('?', 1)[0].endsWith('/');
}

function read(folder: URL, name: string): string {
  return readFileSync(fileURLToPath(new URL(name, folder)), 'utf8');
}
