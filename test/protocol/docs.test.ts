import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CODES,
  METHODS,
  PROTOCOL_VERSION,
  isReservedName,
  parseAnswer,
  parseChange,
  parseRequest,
} from 'nestjs-jira-protocol';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../libs/jira/src/core/limits/limits.js';
import { fencesOf } from '../support/markdown.js';

const markdown = readFileSync(join(import.meta.dirname, '../../docs/protocol.md'), 'utf8');
const examples = fencesOf(markdown).map(({ language, info, text, line }) => ({ language, kind: info, text, line }));

/** What an example of each kind has to be: nothing, or the reason why it is not. */
const FAULT_OF: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  request: (value) => faultOf(parseRequest(value)),
  answer: (value) => faultOf(parseAnswer(value)) ?? faultOfErrorData(value),
  change: (value) => faultOf(parseChange(value)),
  handshake: (value) => ((value as { jira?: unknown }).jira === PROTOCOL_VERSION ? undefined : 'jira'),
  refusal: (value) => (isCode(value) ? undefined : 'code and status'),
  reconnect: (value) => (typeof (value as { afterMs?: unknown }).afterMs === 'number' ? undefined : 'afterMs'),
  position: (value) => {
    const { position, frames } = value as Record<string, unknown>;
    return typeof position === 'string' && Number.isInteger(frames) ? undefined : 'position and frames';
  },
  session: (value) =>
    typeof (value as { expiresInMs?: unknown }).expiresInMs === 'number' ? undefined : 'expiresInMs',
  message: (value) => ['id', 'event'].find((key) => typeof (value as Record<string, unknown>)[key] !== 'string'),
  'djira-request': (value) => faultOf(parseRequest(value)),
  'djira-answer': (value) => faultOf(parseAnswer(value)),
  'djira-change': (value) => {
    const { type, requestId, data } = value as Record<string, unknown>;
    // A djira client knows its subscription by the request, where ours knows it by the channel.
    return faultOf(parseChange({ method: 'SUBSCRIPTION', type, channel: requestId, position: '', data }));
  },
};

describe('docs/protocol.md', () => {
  it('has example frames', () => {
    expect(examples.length).toBeGreaterThan(15);
    expect(examples.filter(({ language }) => language !== 'json')).toEqual([]);
  });

  it.each(examples)('gives a true $kind in line $line', ({ kind, text }) => {
    expect(Object.keys(FAULT_OF)).toContain(kind);
    expect(FAULT_OF[kind]?.(JSON.parse(text))).toBeUndefined();
  });

  it('has the table of codes as the code has it', () => {
    const rows = rowsOf('Codes').map(([code, status, retryable]) => ({ code, status, retryable }));
    const expected = Object.entries(CODES).map(([code, { status, retryable }]) => ({
      code: `\`${code}\``,
      status: String(status),
      retryable: retryable ? 'yes' : 'no',
    }));
    expect(rows).toEqual(expected);
  });

  it('names the methods', () => {
    const named = rowsOf('Requests')
      .find(([member]) => member === '`method`')?.[1]
      ?.match(/[A-Z]+/g);
    expect(named).toEqual([...METHODS]);
  });

  it('names the limits with their defaults', () => {
    const rows = rowsOf('Limits').map(([option, value]) => [option, value]);
    expect(rows).toEqual(Object.entries(DEFAULT_LIMITS).map(([option, value]) => [`\`${option}\``, String(value)]));
  });

  it('names reserved names that are reserved', () => {
    const names = [...section('Names').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !isReservedName(name))).toEqual([]);
  });

  it('leads its links to headings that are there', () => {
    const anchors = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title]) => anchorOf(title ?? ''));
    const links = [...markdown.matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link ?? '');
    expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
  });
});

function faultOf(
  parsed: ReturnType<typeof parseRequest | typeof parseAnswer | typeof parseChange>,
): string | undefined {
  return parsed.ok ? undefined : parsed.reason;
}

function faultOfErrorData(value: unknown): string | undefined {
  const { status, data } = value as { status: number; data: Record<string, unknown> };
  return status < 400 || isCode({ ...data, status }) ? undefined : 'the code and its status';
}

function isCode(value: unknown): boolean {
  const { code, status } = value as { code: string; status: number };
  return (CODES as Readonly<Record<string, { status: number }>>)[code]?.status === status;
}

/** Text from a heading to the next of any level. */
function section(title: string): string {
  return (markdown.split(new RegExp(`^#+ ${title}$`, 'm'))[1] ?? '').split(/^#+ /m)[0] ?? '';
}

/** Cells of the section's table, its head left out. */
function rowsOf(title: string): string[][] {
  const lines = section(title)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}
