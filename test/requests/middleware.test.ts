import { describe, expect, it } from 'vitest';
import type { HookScope, JiraMiddleware, Next } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { WITH_TOOLS } from '../support/tools.js';

describe('middleware', () => {
  it('surrounds each request: may change the scope and the answer, or answer by itself', async () => {
    const log: string[] = [];
    class Outer implements JiraMiddleware {
      async use(scope: HookScope, next: Next) {
        log.push(`> ${scope.action}`);
        const answer = await next();
        log.push(`< ${answer.status}`);
        answer.data = { ...(answer.data as object), wrapped: true };
        return answer;
      }
    }
    const short = async (scope: HookScope, next: Next) => (scope.headers['short'] ? { cached: true } : next());
    await using app = await createTestApp({ ...WITH_TOOLS, options: { middleware: [Outer, short] } });
    const client = await app.connect(1);
    expect(await client.call('tools', 'ping', 'GET')).toMatchObject({
      status: 200,
      data: { pong: null, wrapped: true },
    });
    expect(await client.call('tools', 'ping', 'GET', { headers: { short: true } })).toMatchObject({
      data: { cached: true, wrapped: true },
    });
    expect(await client.call('tools', 'explode', 'GET')).toMatchObject({ status: 500 });
    expect(log).toEqual(['> ping', '< 200', '> ping', '< 200', '> explode']);
  });

  it('that returns nothing without next() is an answered error, not silence', async () => {
    const broken = async () => undefined;
    await using app = await createTestApp({ ...WITH_TOOLS, options: { middleware: [broken] } });
    const client = await app.connect(1);
    expect(await client.call('tools', 'ping', 'GET')).toMatchObject({ status: 500, data: { code: 'INTERNAL' } });
  });
});
