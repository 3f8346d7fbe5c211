// A hook without rows whose actions answer, fail, hang or do nothing.

import { Action, ActionScope, BaseHook, Hook } from 'nestjs-jira';
import { TRACKER } from './tracker.js';

@Hook('tools')
export class ToolHook extends BaseHook {
  calls = 0;

  @Action({ methods: ['GET', 'POST'], name: 'ping' })
  answer(scope: ActionScope) {
    return { pong: scope.data ?? null, user: (scope.user as { id: number } | null)?.id ?? null };
  }

  @Action()
  explode() {
    throw new Error('the password is hunter2');
  }

  @Action({ timeoutMs: 50 })
  hang() {
    return new Promise(() => undefined);
  }

  @Action()
  nothing() {}

  helper() {
    this.calls++;
    return 'secret';
  }
}

/** The tracker, with that hook added to its own. */
export const WITH_TOOLS = { ...TRACKER, providers: [...TRACKER.providers, ToolHook] };
