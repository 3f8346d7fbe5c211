import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLIENT_CODES } from '../../libs/client/src/errors.js';
import { CODES } from '../../libs/protocol/src/codes.js';
import { bootErrors, faultsOf } from './boot-errors.js';
import { ROOT } from './imports.js';

const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
const cells = new Set([...page.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, cell]) => cell));

describe('docs/errors.md', () => {
  it('explains every code of the protocol, with its status and whether to retry', () => {
    const rows = Object.entries(CODES).map(([code, { status, retryable }]) => ({
      code,
      row: new RegExp(`^\\| \`${code}\` +\\| ${status} +\\| ${retryable ? 'yes' : 'no'} +\\|`, 'm'),
    }));
    expect(rows.filter(({ row }) => !row.test(page)).map(({ code }) => code)).toEqual([]);
  });

  it('explains every code of the client', () => {
    expect(Object.keys(CLIENT_CODES).filter((code) => !cells.has(code))).toEqual([]);
  });

  it('explains every error at boot', () => {
    const missing = bootErrors().filter(({ fault }) => !cells.has(fault));
    expect(missing).toEqual([]);
  });
});

describe('the faults of a source', () => {
  it('are the second arguments, with … for what varies', () => {
    const text = [
      `new ConfigurationError(a, 'is wrong.', 'Mend it.');`,
      'new ConfigurationError(a, b ? `has ${c}.` : `lacks ${d}, ${e}.`, f);',
      'new OtherError(a, "is other.");',
    ].join('\n');
    expect(faultsOf('a.ts', text).map(({ fault }) => fault)).toEqual(['is wrong.', 'has ….', 'lacks …, ….']);
  });
});
