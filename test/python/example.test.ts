import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ExampleServer } from '../example/example-server.js';
import { describeWith } from '../support/services.js';

const run = promisify(execFile);

describeWith('python', 'The example from Python', (python) => {
  it('is called, watched and heard by python-socketio', async () => {
    await using server = await ExampleServer.start();
    const { stdout } = await run(python, [join(import.meta.dirname, 'drive.py'), server.url], { timeout: 60_000 });
    const got = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
    expect(got['listed']).toMatchObject({ status: 200, requestId: 'py-1', method: 'GET', action: 'list' });
    expect(got['subscribed']).toMatchObject({ status: 200, data: { channel: expect.any(String) } });
    expect(got['created']).toMatchObject({ status: 201, data: { title: 'Hello from Python' } });
    const { channel } = (got['subscribed'] as { data: { channel: string } }).data;
    const { data, position } = got['created'] as { data: { id: number }; position: string };
    const head = { method: 'SUBSCRIPTION', status: 200, channel, id: data.id };
    expect(got['added']).toMatchObject({ ...head, type: 'added', position, data });
    expect(got['modified']).toMatchObject({ ...head, type: 'modified', data: { status: 'done' } });
    expect(got['removed']).toMatchObject({ ...head, type: 'removed', data: { status: 'done' } });
    expect(got['refused']).toMatchObject({ status: 400, data: { code: 'VALIDATION_FAILED' } });
    expect(got['ended']).toMatchObject({ status: 200 });
    expect(got['intruder']).toMatchObject({ data: { code: 'UNAUTHENTICATED', status: 401 } });
  });
});
