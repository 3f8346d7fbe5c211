// One node of a cluster that is stopped and started again, in this process or in one of its own.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DataSourceOptions } from 'typeorm';
import { Hook } from 'nestjs-jira';
import { redisCluster } from 'nestjs-jira/redis';
import { Hub } from '../../../libs/jira/src/live/delivery/hub.js';
import { createTestApp, type TestApp } from '../../support/app.js';
import { IssueHook, Member, TRACKER } from '../../support/tracker.js';
import { Logger, type TypeORMLogger } from './counting-logger.js';

export interface NodeSettings {
  readonly database: DataSourceOptions;
  readonly redis: { readonly url: string; readonly prefix: string };
  /** After which a node that crashed is noticed. @default a machine that is busy is no crash */
  readonly leaseMs?: number;
}

/** Where a node is killed: it has committed, but not told the log; the log has it, but nobody was told; it told its clients. */
export type Death = 'committed' | 'logged' | 'told';

export interface NodeReport {
  /** Asked of the database since the last report. */
  readonly statements: number;
  readonly channels: number;
  readonly connections: number;
  /** What its process computed since the last report. */
  readonly cpuMs: number;
}

export interface ClusterNode {
  readonly url: string;
  report(): Promise<NodeReport>;
  /** Stops as a deployment does. */
  stop(): Promise<void>;
}

@Hook('followed')
class FollowedHook extends IssueHook {
  override dependsOn = [{ entity: Member }];
}

const UNBOUNDED = 1_000_000;

/** In this process. */
export async function startNode({
  database,
  redis,
  leaseMs = 120_000,
}: NodeSettings): Promise<ClusterNode & { readonly app: TestApp }> {
  const logger = new Logger();
  const app = await createTestApp({
    ...TRACKER,
    providers: [FollowedHook],
    database: { ...database, logging: true, logger: logger as TypeORMLogger },
    options: {
      ...redisCluster({ ...redis, leaseMs }),
      // Without a word in between all clients of a channel come back from one position.
      resume: { positionMs: 3_600_000 },
      limits: { connectionsPerUser: UNBOUNDED, handshakesPerSecond: UNBOUNDED },
    },
  });
  let cpu = process.cpuUsage();
  const report = (): Promise<NodeReport> => {
    const { channels, connections } = app.get(Hub).count();
    const statements = logger.count;
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    logger.count = 0;
    return Promise.resolve({ statements, channels, connections, cpuMs: Math.round((user + system) / 1_000) });
  };
  await report();
  return { app, url: app.url, report, stop: () => app.close() };
}

/** In a process of its own. */
export async function forkNode(settings: NodeSettings, dieAt?: Death): Promise<ClusterNode> {
  const args = ['/test/resuming/support/node-process.ts', JSON.stringify(settings), dieAt ?? ''];
  const child = fork('test/support/run-module.js', args, { cwd: fileURLToPath(new URL('../../..', import.meta.url)) });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return {
    url,
    async report() {
      child.send('report');
      const [report] = (await once(child, 'message')) as [NodeReport];
      return report;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.send('stop');
      await once(child, 'exit');
    },
  };
}
