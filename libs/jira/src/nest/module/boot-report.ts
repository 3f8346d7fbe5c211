// What a developer sees when the application has started: a table of who may call what, and the URL of the explorer.

import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import { isRecord } from '../../core/support/is-record.js';
import { permissionName, whoMay } from '../../document/permission-names.js';
import { EventRegistry } from '../../events/event-registry.js';
import { HookRegistry, type RegisteredHook } from '../../hooks/registry.js';
import { RESOLVED_OPTIONS, type ResolvedJiraOptions } from './jira-options.js';

interface Row {
  readonly namespace: string;
  readonly actions: readonly string[];
  readonly who: string;
  readonly endpoint: string;
}

@Injectable()
export class BootReport implements OnApplicationBootstrap {
  private readonly logger = new Logger('Jira');

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedJiraOptions,
    private readonly hooks: HookRegistry,
    private readonly events: EventRegistry,
    private readonly lifecycle: LifecycleEvents,
  ) {}

  /** Reports when the server listens, because its port is known only then. */
  onApplicationBootstrap(): void {
    if (!this.options.bootReport) return;
    this.lifecycle.on('jira.start_server', ({ address }) => this.logger.log(this.text(address)));
  }

  private text(address: unknown): string {
    const rows = [...this.hooks.all()].flatMap((hook) => this.rowsOf(hook)).concat(this.rowsOfEvents());
    const table = tableOf([
      ['namespace', 'actions', 'who may', 'at'],
      ...rows.map(({ namespace, actions, who, endpoint }) => [namespace, actions.join(' '), who, endpoint]),
    ]);
    const { explorer } = this.options;
    const origin = isRecord(address) ? `http://localhost:${String(address['port'])}` : '';
    const page = explorer ? `The explorer is at ${origin}${explorer.path}` : 'No explorer: forRoot({ explorer: true }) serves one.'; // prettier-ignore
    return `What clients may call\n${table}\n${page}`;
  }

  private rowsOf({ namespace, hook, path, actions }: RegisteredHook): Row[] {
    const endpoint = this.endpointOf(path);
    const byCallers = new Map<string, string[]>();
    for (const { name, member, options } of actions.values()) {
      const who = named(whoMay(hook, member, options, this.options.permissions, hook.permissions));
      byCallers.set(who, [...(byCallers.get(who) ?? []), name]);
    }
    return [...byCallers].map(([who, names], i) => ({ namespace: i === 0 ? namespace : '', actions: names, who, endpoint: i === 0 ? endpoint : '' })); // prettier-ignore
  }

  private rowsOfEvents(): Row[] {
    return [...this.events.all()].map(([path, event, { who }]) => ({
      namespace: event,
      actions: ['(event)'],
      who: named([...this.options.permissions.map(permissionName), ...who]),
      endpoint: this.endpointOf(path),
    }));
  }

  private endpointOf(path: string | undefined): string {
    return path ?? this.options.socketIo.path ?? '/socket.io';
  }
}

function named(who: readonly string[]): string {
  return who.length === 0 ? 'anyone' : who.join(', ');
}

const MAX_WIDTH = 60;

/** Formats a table. A cell that is wider than its column wraps. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const lines = rows.flatMap((row) => broken(row));
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => `  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}`).join('\n'); // prettier-ignore
}

function broken(row: readonly string[]): string[][] {
  const cells = row.map((cell) => wrapped(cell));
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) => cells.map((parts) => parts[line] ?? ''));
}

function wrapped(text: string): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length < MAX_WIDTH || last === '')
      lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
