// Finds out from a statement's text what it does to its connection's transaction.

import type { Grammar } from '../dialect/grammar.js';

export type Effect =
  /** `implicit`: MariaDB commits before some statements; whether it did, its answer tells. */
  | { readonly kind: 'begin' | 'prepare' | 'implicit' }
  /** `chains`: another transaction begins at once. */
  | { readonly kind: 'commit' | 'rollback'; readonly chains: boolean }
  | { readonly kind: 'savepoint' | 'release' | 'rollback to'; readonly name: string };

/** Whether a statement only sets or ends a savepoint. */
export function leavesRows(effects: readonly Effect[]): boolean {
  return effects.length > 0 && effects.every(({ kind }) => kind === 'savepoint' || kind === 'release');
}

const NONE: readonly Effect[] = [];
/** How many words identify what a statement does. */
const WORDS = 24;
/** How nearly all statements begin. None of these begins or ends a transaction. */
const HARMLESS = /^\s*(?:SELECT|INSERT|UPDATE|DELETE)\b/i;

/** The effects in the order in which the statement's parts run; none for nearly all statements. */
export function effectsOf(sql: string, grammar: Grammar): readonly Effect[] {
  if (HARMLESS.test(sql) && (grammar.isSingle || !sql.includes(';'))) return NONE;
  const effects: Effect[] = [];
  for (const words of statements(sql, grammar)) {
    const effect = effectOf(words, grammar);
    if (effect) effects.push(effect);
    // The rest may be the body of a routine.
    if (words[0] === 'create' || words[1] === 'not' || grammar.isSingle) break;
  }
  return effects.length > 0 ? effects : NONE;
}

function effectOf(words: readonly string[], grammar: Grammar): Effect | undefined {
  const [first, second] = words;
  const chains = words[words.indexOf('chain') - 1] === 'and';
  switch (first) {
    case 'begin':
      return { kind: second === 'not' ? 'implicit' : 'begin' }; // MariaDB's BEGIN NOT ATOMIC is a block of statements
    case 'start':
      return second === 'transaction' ? { kind: 'begin' } : undefined;
    case 'commit':
      return second === 'prepared' ? undefined : { kind: 'commit', chains };
    case 'end':
      return grammar.endCommits ? { kind: 'commit', chains } : undefined;
    case 'abort':
      return { kind: 'rollback', chains };
    case 'rollback':
      return second === 'prepared' ? undefined : rollback(words, chains);
    case 'savepoint':
      return { kind: 'savepoint', name: second ?? '' };
    case 'release':
      return { kind: 'release', name: (second === 'savepoint' ? words[2] : second) ?? '' };
    case 'prepare':
      return second === 'transaction' ? { kind: 'prepare' } : undefined;
    default:
      return grammar.commitsImplicitly ? mysqlEffect(words) : undefined;
  }
}

function rollback(words: readonly string[], chains: boolean): Effect {
  const to = words.indexOf('to');
  if (to < 0) return { kind: 'rollback', chains };
  return { kind: 'rollback to', name: (words[to + 1] === 'savepoint' ? words[to + 2] : words[to + 1]) ?? '' };
}

// https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/, and CALL, which may run any of them
const IMPLICIT = new Set(
  'alter analyze cache call change check create drop flush grant install load lock optimize rename repair reset revoke set shutdown stop truncate uninstall unlock'.split(
    ' ',
  ),
);

function mysqlEffect(words: readonly string[]): Effect | undefined {
  const [first = '', second] = words;
  if (first === 'xa') return xaEffect(second);
  if (!IMPLICIT.has(first) || words.slice(1, 4).includes('temporary')) return undefined;
  if (first === 'set' && !words.includes('autocommit')) return undefined;
  return { kind: 'implicit' };
}

function xaEffect(verb: string | undefined): Effect | undefined {
  switch (verb) {
    case 'start':
    case 'begin':
      return { kind: 'begin' };
    case 'commit':
    case 'rollback':
      return { kind: verb, chains: false };
    default:
      return verb === 'prepare' ? { kind: 'prepare' } : undefined;
  }
}

/** The first words of each statement of a text, in lower case. */
function statements(sql: string, grammar: Grammar): string[][] {
  let words: string[] = [];
  const all = [words];
  const hasMore = sql.includes(';');
  for (const token of tokens(sql, grammar)) {
    if (token === ';') {
      if (words.length > 0) all.push((words = []));
    } else if (words.length < WORDS) words.push(token.toLowerCase());
    else if (!hasMore) break;
  }
  return all;
}

const BLANK = /\s+|--[^\n]*/y;
const HASH_COMMENT = /#[^\n]*/y;
const QUOTED = /"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|\[([^\]]*)\]/y;
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy;

function* tokens(sql: string, grammar: Grammar): Generator<string> {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(sql);
    if (match) at = pattern.lastIndex;
    return match;
  };
  while (at < sql.length) {
    if (take(BLANK) || (grammar.hasHashComments && take(HASH_COMMENT))) continue;
    if (sql.startsWith('/*', at)) at = afterComment(sql, at, grammar);
    else if (grammar.hasExecutableComments && sql.startsWith('*/', at)) at += 2;
    else if (grammar.texts.some(take)) yield "'";
    else {
      const word = take(WORD)?.[0] ?? take(QUOTED)?.slice(1).find((name) => name !== undefined); // prettier-ignore
      yield word ?? sql.charAt(at++);
    }
  }
}

/** The index after the comments. An executable comment counts as code. */
function afterComment(sql: string, start: number, grammar: Grammar): number {
  const executable = grammar.hasExecutableComments ? /^\/\*M?!\d*/.exec(sql.slice(start, start + 12)) : null;
  if (executable) return start + executable[0].length;
  let depth = 0;
  for (let at = start; at < sql.length; at++) {
    if (sql.startsWith('/*', at) && (depth === 0 || grammar.nestsComments)) {
      depth++;
      at++;
    } else if (sql.startsWith('*/', at)) {
      at++;
      if (--depth === 0) return at + 1;
    }
  }
  return sql.length;
}

export function isUndoing({ kind }: Effect): boolean {
  return kind === 'rollback' || kind === 'rollback to';
}

/** Whether the statement may commit what was written on a connection with these savepoints. */
export function mayCommit(
  { kind, ...effect }: Effect,
  grammar: Grammar,
  { savepoints, isSavepoint }: { readonly savepoints: readonly string[]; readonly isSavepoint?: boolean },
): boolean {
  if (kind === 'begin') return grammar.commitsImplicitly;
  if (kind === 'release') return isSavepoint === true && 'name' in effect && savepoints.lastIndexOf(effect.name) === 0;
  return kind === 'commit' || kind === 'prepare' || kind === 'implicit';
}
