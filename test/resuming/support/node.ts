// One node of a cluster that tests stop and start again, in this process or in one of its own.

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
  /**
   * Time after which a crashed node is noticed. The default is long, because a busy machine is not a crash.
   *
   * @default 120_000
   */
  readonly leaseMs?: number;
}

/**
 * When a node is killed: after the commit, before the log has it (`committed`); before anybody is told of it (`logged`);
 * after its clients were told (`told`).
 */
export type Death = 'committed' | 'logged' | 'told';

export interface NodeReport {
  /** Statements sent to the database since the last report. */
  readonly statements: number;
  readonly channels: number;
  readonly connections: number;
  /** CPU time that its process has used since the last report. */
  readonly cpuMs: number;
}

export interface ClusterNode {
  readonly url: string;
  report(): Promise<NodeReport>;
  /** Stops the node as a deployment does. */
  stop(): Promise<void>;
}

@Hook('followed')
class FollowedHook extends IssueHook {
  override dependsOn = [{ entity: Member }];
}

const UNBOUNDED = 1_000_000;

/** Starts a node in this process. */
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
      // No positions are sent in between, so all clients of a channel come back from the same one.
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

/** Starts a node in a process of its own. `dieAt` says when it is killed. */
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
