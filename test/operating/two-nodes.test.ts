// Two processes behind a real nginx, with the configuration of deploy/: what compose.yaml starts, as far as a test can.

import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestApp, TestClient } from '../support/app.js';
import { freePort } from '../support/free-port.js';
import { OwnRedis } from '../support/own-redis.js';
import { describeWith } from '../support/services.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

const ROOT = join(import.meta.dirname, '../..');
const NGINX = process.env['NGINX_PATH'] ?? '/usr/sbin/nginx';
const CONFIGURATION = readFileSync(join(ROOT, 'deploy/nginx.conf'), 'utf8');
const COMPOSE = readFileSync(join(ROOT, 'deploy/compose.yaml'), 'utf8');

describe('the files of deploy/', () => {
  it('name each node to the proxy that compose starts', () => {
    const started = [...COMPOSE.matchAll(/^ {2}(node\d+):$/gm)].map(([, name]) => name);
    const proxied = [...CONFIGURATION.matchAll(/server (node\d+):3000/g)].map(([, name]) => name);
    expect([started, proxied]).toEqual([['node1', 'node2'], ['node1', 'node2']]); // prettier-ignore
  });

  it('set no variable that the example does not read', () => {
    const set = [...COMPOSE.matchAll(/^ {4}([A-Z][A-Z_]+): /gm)].map(([, name = '']) => name);
    const read = ['main.ts', 'app.module.ts', 'database/database-options.ts'].map((file) => readFileSync(join(ROOT, 'apps/example/src', file), 'utf8')).join(''); // prettier-ignore
    expect(set.length).toBe(4);
    expect(set.filter((name) => !read.includes(`'${name}'`))).toEqual([]);
  });
});

const hasNginx = existsSync(NGINX);

describeWith('redis', hasNginx ? 'behind nginx' : 'behind nginx, which is not installed', () => {
  let folder: string;
  let redis: OwnRedis;
  let url: string;
  let nginx: ChildProcess;
  const nodes: ChildProcess[] = [];

  const startNode = async (file: string): Promise<string> => {
    const child = fork('test/support/run-module.js', ['/test/services/watching-node.ts', redis.url, 'two-nodes:', file], { cwd: ROOT }); // prettier-ignore
    nodes.push(child);
    const [{ url: address }] = (await once(child, 'message')) as [{ url: string }];
    return new URL(address).host;
  };

  beforeAll(async () => {
    if (!hasNginx) return;
    folder = await mkdtemp(join(tmpdir(), 'jira-nginx-'));
    redis = await OwnRedis.start();
    const file = join(folder, 'rows.db');
    const seed = await createTestApp({ ...TRACKER, database: { type: 'better-sqlite3', database: file, enableWAL: true } }); // prettier-ignore
    await seedTracker(seed);
    await seed.close();
    const [first, second] = [await startNode(file), await startNode(file)];
    const port = await freePort();
    const path = join(folder, 'nginx.conf');
    const configuration = CONFIGURATION.replace('node1:3000', first).replace('node2:3000', second).replace('listen 8080', `listen 127.0.0.1:${port}`).replace('worker_processes auto', 'worker_processes 1').replace(/^worker_rlimit.*$/m, ''); // prettier-ignore
    await writeFile(path, configuration);
    execFileSync(NGINX, ['-t', '-c', path, '-p', folder, '-g', `pid ${folder}/pid; error_log ${folder}/error.log;`], { stdio: 'pipe' }); // prettier-ignore
    nginx = spawn(NGINX, ['-c', path, '-p', folder, '-g', `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;`], { stdio: 'ignore' }); // prettier-ignore
    url = `http://127.0.0.1:${port}`;
    await vi.waitFor(() => fetch(url));
  });
  afterAll(async () => {
    if (!hasNginx) return;
    for (const child of [nginx, ...nodes]) child.kill('SIGKILL');
    await redis[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const connect = async (): Promise<TestClient> => {
    const client = new TestClient(url, { jira: 2, token: 'user-1' });
    await client.connected();
    return client;
  };

  it.skipIf(!hasNginx)('spreads WebSockets over the nodes, whose subscribers hear of all writes', async () => {
    const clients = [await connect(), await connect(), await connect(), await connect()];
    for (const client of clients) await client.subscribe('issues');
    await clients[0]?.call('issues', 'create', 'POST', { data: { title: 'To all nodes', projectId: 1 } });
    for (const client of clients) {
      const [change] = await client.nextChanges('issues', 1);
      expect(change).toMatchObject({ type: 'added', data: { title: 'To all nodes' } });
    }
    for (const client of clients) client.close();
  });

  it.skipIf(!hasNginx)('lets clients of a node that died in at the other', async () => {
    const clients = [await connect(), await connect()];
    nodes[0]?.kill('SIGKILL');
    // One of them was on it: least_conn has put them on different nodes.
    await expect.poll(() => clients.filter(({ socket }) => !socket.connected).length).toBe(1);
    for (const client of [await connect(), await connect()]) {
      expect((await client.call('issues', 'list', 'GET')).status).toBe(200);
      client.close();
    }
    for (const client of clients) client.close();
  });
});
