import { describe, expect, it } from 'vitest';
import { MYSQL_GRAMMAR, POSTGRES_GRAMMAR, SQLITE_GRAMMAR, type Grammar } from '../dialect/grammar.js';
import { effectsOf } from './statements.js';

const kinds = (sql: string, grammar: Grammar): string[] =>
  effectsOf(sql, grammar).map((effect) =>
    'name' in effect ? `${effect.kind} ${effect.name}` : 'chains' in effect && effect.chains ? `${effect.kind}+` : effect.kind,
  ); // prettier-ignore

describe('what a statement does to its transaction', () => {
  it.each([
    ['BEGIN', ['begin']],
    ['  begin transaction;', ['begin']],
    ['-- now\n/* and */ Start Transaction', ['begin']],
    [';COMMIT WORK', ['commit']],
    ['COMMIT AND CHAIN', ['commit+']],
    ['COMMIT AND NO CHAIN', ['commit']],
    ['rollback', ['rollback']],
    ['ROLLBACK TO a', ['rollback to a']],
    ['ROLLBACK WORK TO SAVEPOINT Ab', ['rollback to ab']],
    ['SAVEPOINT typeorm_1', ['savepoint typeorm_1']],
    ['RELEASE SAVEPOINT typeorm_1', ['release typeorm_1']],
    ['release x', ['release x']],
    ['/* COMMIT */ SELECT 1', []],
    ["SELECT 'COMMIT'", []],
    ['WITH x AS (SELECT 1) SELECT * FROM x', []],
    ['EXPLAIN COMMIT', []],
  ])('of any database: %s', (sql, expected) => {
    for (const grammar of [SQLITE_GRAMMAR, POSTGRES_GRAMMAR, MYSQL_GRAMMAR])
      expect(kinds(sql, grammar)).toEqual(expected);
  });

  it.each([
    ['BEGIN; INSERT INTO a VALUES (1); commit', ['begin', 'commit']],
    ["INSERT INTO a VALUES (E'\\'; ROLLBACK; '); COMMIT", ['commit']],
    ['DO $x$ BEGIN PERFORM 1; END $x$; END', ['commit']],
    ['/* /* nested */ COMMIT; */ ABORT', ['rollback']],
    ["PREPARE TRANSACTION 'x'", ['prepare']],
    ["COMMIT PREPARED 'x'", []],
    ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END', []],
    ['CREATE TABLE a (id int)', []],
    ['SELECT "a;b"; SAVEPOINT "c;d"', ['savepoint c;d']],
  ])('of PostgreSQL: %s', (sql, expected) => {
    expect(kinds(sql, POSTGRES_GRAMMAR)).toEqual(expected);
  });

  it.each([
    ['SET autocommit=0', ['implicit']],
    ['SET @@session.autocommit = 1', ['implicit']],
    ['SET NAMES utf8mb4', []],
    ['CREATE TABLE a (temporary int)', ['implicit']],
    ['CREATE OR REPLACE TEMPORARY TABLE a (id int)', []],
    ['alter table a add b int', ['implicit']],
    ['CREATE PROCEDURE p() BEGIN COMMIT; END', ['implicit']],
    ['# COMMIT\nTRUNCATE a', ['implicit']],
    ['/*!50000 COMMIT */', ['commit']],
    ['BEGIN NOT ATOMIC SELECT 1; COMMIT; END', ['implicit']],
    ["INSERT INTO a VALUES ('\\'; COMMIT; ', \"; COMMIT\")", []],
    ["XA START 'x'", ['begin']],
    ["XA PREPARE 'x'", ['prepare']],
  ])('of MariaDB: %s', (sql, expected) => {
    expect(kinds(sql, MYSQL_GRAMMAR)).toEqual(expected);
  });

  it.each([
    ['CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET n = 1; END', []],
    ['END TRANSACTION', ['commit']],
    ['BEGIN IMMEDIATE', ['begin']],
  ])('of SQLite: %s', (sql, expected) => {
    expect(kinds(sql, SQLITE_GRAMMAR)).toEqual(expected);
  });
});
