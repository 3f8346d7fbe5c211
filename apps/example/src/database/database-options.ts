// Shows how to choose the database: a SQLite file, or the PostgreSQL or MariaDB that DATABASE_URL names.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSourceOptions } from 'typeorm';
import { Comment } from '../comments/comment.entity.js';
import { Issue } from '../issues/issue.entity.js';
import { Membership } from '../projects/membership.entity.js';
import { Project } from '../projects/project.entity.js';
import { User } from '../users/user.entity.js';

export const ENTITIES = [User, Project, Membership, Issue, Comment];

/** The demo creates its tables by itself. In production, run migrations instead. */
const COMMON = { entities: ENTITIES, synchronize: true };

export function databaseOptions(env: NodeJS.ProcessEnv = process.env): DataSourceOptions {
  const url = env['DATABASE_URL'];
  if (url === undefined) return sqlite(env['JIRA_DATA'] ?? join(import.meta.dirname, '../../../../.data'));
  switch (new URL(url).protocol) {
    case 'postgres:':
    case 'postgresql:':
      return { type: 'postgres', url, ...COMMON };
    case 'mysql:':
    case 'mariadb:':
      // Otherwise the connection uses three-byte UTF-8, and an emoji in a title is an error.
      return { type: 'mariadb', url: url.replace(/^mariadb:/, 'mysql:'), charset: 'utf8mb4', ...COMMON };
    default:
      throw new Error('DATABASE_URL names no postgres: or mysql: database. Correct it, or leave it out to use SQLite.');
  }
}

function sqlite(folder: string): DataSourceOptions {
  mkdirSync(folder, { recursive: true });
  return { type: 'better-sqlite3', database: join(folder, 'example.sqlite'), enableWAL: true, ...COMMON };
}
