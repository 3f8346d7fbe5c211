import { describe, expect, it } from 'vitest';
import { IsAuthenticated } from 'nestjs-jira';
import { createTestApp, TestClient } from '../support/app.js';
import { TRACKER } from '../support/tracker.js';
import { WITH_TOOLS } from '../support/tools.js';

describe('the handshake', () => {
  const refusal = async (app: { url: string }, auth: Record<string, unknown>): Promise<unknown> => {
    const client = new TestClient(app.url, auth);
    const error = await client.connected().then(
      () => undefined,
      (reason: unknown) => ({ data: (reason as { data?: unknown }).data }),
    );
    client.close();
    return error;
  };

  it('refuses a wrong token with a code and a status', async () => {
    await using app = await createTestApp(TRACKER);
    const data = { code: 'UNAUTHENTICATED', status: 401 };
    expect(await refusal(app, { jira: 2, token: 'forged' })).toMatchObject({ data });
    expect(await refusal(app, { jira: 2, token: { $ne: '' } })).toMatchObject({ data });
    expect(await refusal(app, { jira: 2, token: 'x'.repeat(9_000) })).toMatchObject({ data });
  });

  it('lets the anonymous in, whom each permission then judges', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const nobody = await app.connect();
    expect(await nobody.call('tools', 'ping', 'GET')).toMatchObject({ status: 200, data: { user: null } });
    expect(await nobody.call('issues', 'list', 'GET')).toMatchObject({
      status: 401,
      data: { code: 'UNAUTHENTICATED' },
    });
    expect(await nobody.call('issues', 'subscribe', 'SUBSCRIPTION')).toMatchObject({ status: 401 });
  });

  it('refuses a connection that a global permission refuses', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { permissions: [IsAuthenticated] } });
    expect(await refusal(app, { jira: 2 })).toMatchObject({ data: { code: 'UNAUTHENTICATED', status: 401 } });
    await app.connect(1);
  });
});
