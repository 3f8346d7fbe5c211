import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ExampleServer } from '../example/example-server.js';
import { describeWith } from '../support/services.js';

const run = promisify(execFile);

interface Got {
  readonly created: { readonly status: number; readonly data: { readonly id: number } };
  readonly changes: readonly { readonly type: string; readonly id: number }[];
  readonly refused: readonly string[];
}

describeWith('python', 'The document read by Python', (python) => {
  it('is enough to call, to subscribe, and to know what is wrong before it is sent', async () => {
    await using server = await ExampleServer.start();
    const program = join(import.meta.dirname, 'by_document.py');
    const { stdout } = await run(python, [program, `${server.url}/explorer/asyncapi.json`], { timeout: 60_000 });
    const { created, changes, refused } = JSON.parse(stdout) as Got;
    expect(created).toMatchObject({ status: 201, data: { title: 'Python reads the document' } });
    expect(changes.map(({ type, id }) => [type, id])).toEqual(['added', 'modified', 'removed'].map((type) => [type, created.data.id])); // prettier-ignore
    expect(refused).toHaveLength(3);
  });
});
