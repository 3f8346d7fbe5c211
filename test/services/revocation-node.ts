// One of several servers on one Redis and one database, in a process of its own.

import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { Action, ActionScope, Authentication, Authorization, BaseHook, Hook, type Handshake } from 'nestjs-jira';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp } from '../support/app.js';
import { TRACKER } from '../support/tracker.js';

const [url = '', prefix = '', file = ''] = process.argv.slice(3);
/** Sessions that are over, as this process's store of sessions knows. */
const over = new Set<string>();

class Sessions extends Authentication {
  authenticate({ auth }: Handshake) {
    const id = Number(/^user-(\d+)$/.exec(String(auth['token']))?.[1]);
    return over.has(String(auth['token'])) || !id ? null : { user: { id, role: 'guest' } };
  }
}

@Injectable()
@Hook('who')
class WhoHook extends BaseHook {
  @Action({ methods: ['GET'] })
  am(scope: ActionScope) {
    return scope.user as object;
  }
}

const app = await createTestApp({
  ...TRACKER,
  providers: [...TRACKER.providers, WhoHook],
  database: { type: 'better-sqlite3', database: file, enableWAL: true },
  options: { authentication: [new Sessions()], ...redisCluster({ url, prefix }) },
});
const authorization = app.get(Authorization);

process.on('message', ({ order, who, user }: { order: string; who: never; user?: object }) => {
  if (order === 'forget') over.add(who);
  else if (order === 'refresh') return void authorization.refresh(who, { user }).then(() => process.send?.({}));
  else authorization.disconnect(who);
  process.send?.({});
});
process.on('disconnect', () => process.exit());
process.send?.({ url: app.url });
