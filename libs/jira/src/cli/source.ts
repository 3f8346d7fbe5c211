// Reads the API document from a server, a file or the module of an application.

import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AsyncApiDocument } from '../document/api-document.js';
import { JiraModule } from '../nest/module/jira.module.js';

/** @throws Error that says what is wrong with the source */
export async function documentFrom(source: string): Promise<AsyncApiDocument> {
  if (/^https?:\/\//.test(source)) return checked(await fetched(source), source);
  const [path = source] = source.split('#');
  if (/\.(json)$/.test(path)) return checked(JSON.parse(await readFile(path, 'utf8')), source);
  const app = await openApplication(source);
  try {
    return JiraModule.document(app);
  } finally {
    await app.close();
  }
}

/**
 * Starts the application of a compiled module without listening.
 *
 * @param source such as `dist/app.module.js#AppModule`
 */
export async function openApplication(source: string): Promise<INestApplicationContext> {
  const [path = source, name] = source.split('#');
  return NestFactory.createApplicationContext(await moduleFrom(path, name), { logger: ['error'] });
}

async function fetched(url: string): Promise<unknown> {
  const { username, password, ...rest } = new URL(url);
  void rest;
  const bare = new URL(url);
  bare.username = bare.password = '';
  const headers: Record<string, string> = username ? { authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}` } : {}; // prettier-ignore
  const response = await fetch(bare, { headers });
  if (!response.ok) throw new Error(`${bare.href} answered ${response.status}. Does forRoot() have "explorer: true"?`);
  return response.json();
}

function checked(value: unknown, source: string): AsyncApiDocument {
  const { asyncapi } = (value ?? {}) as { asyncapi?: unknown };
  if (typeof asyncapi === 'string' && asyncapi.startsWith('3.')) return value as AsyncApiDocument;
  throw new Error(`${source} is not an AsyncAPI 3 document.`);
}

/** The module class: the export of this name, or else the only class whose name ends with "Module". */
async function moduleFrom(path: string, name: string | undefined): Promise<Type<object>> {
  const exported = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  const classes = Object.entries(exported).filter(([, value]) => typeof value === 'function');
  const wanted = classes.filter(([one]) => (name === undefined ? one.endsWith('Module') : one === name));
  const [only] = wanted;
  if (wanted.length === 1 && only) return only[1] as Type<object>;
  const names = classes.map(([one]) => one).join(', ') || 'nothing';
  throw new Error(`${path} exports ${names}. Name the module: ${path}#AppModule`);
}
