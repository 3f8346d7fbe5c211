import { NestFactory } from '@nestjs/core';
import type { INestApplication, Type } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { Connections } from 'nestjs-jira';
import { DjiraClient } from '../djira/djira-client.js';
import { writeExamples } from '../support/examples.js';
import { PlainClient } from '../support/plain.js';

it("runs the program that is shown beside djira's, for our client and for djira's", async () => {
  using examples = writeExamples('docs/coming-from.md');
  const { AppModule } = (await import(examples.pathOf('app.module.ts'))) as { AppModule: Type<object> };
  const { demo } = (await import(examples.pathOf('client.ts'))) as {
    demo: (url: string, render: (line: string) => void) => Promise<void>;
  };
  const app: INestApplication = await NestFactory.create(AppModule, { logger: ['fatal'] });
  await app.listen(0, '127.0.0.1');
  try {
    const url = await app.getUrl();
    using djira = await DjiraClient.connect(url, 'ada');
    const heard: unknown[] = [];
    await djira.subscribe('messages', (_data, frame) => heard.push(frame['type']), { query: { room: 'lobby' } });
    const lines: string[] = [];
    await demo(url, (line) => lines.push(line));
    expect(lines).toEqual(['added hello', 'modified HELLO', 'listed 1']);
    await vi.waitFor(() => expect(heard).toEqual(['added', 'modified']));
    expect(djira.errors).toEqual([]);
  } finally {
    await app.close();
  }
});

/** What the program of a page lets the test do. */
interface Demo {
  readonly finish: () => Promise<unknown>;
  readonly stop: () => void;
}

const PATIENCE = { timeout: 10_000 };

it.each(['directus', 'feathers', 'pocketbase', 'supabase', 'gateway'])(
  'runs the program that docs/coming-from/%s.md shows: a note is listed while it is open',
  async (system) => {
    using examples = writeExamples(`docs/coming-from/${system}.md`);
    const { AppModule } = (await import(examples.pathOf('app.module.ts'))) as { AppModule: Type<object> };
    const { demo } = (await import(examples.pathOf('client.ts'))) as {
      demo: (url: string, render: (line: string) => void) => Promise<Demo>;
    };
    const app: INestApplication = await NestFactory.create(AppModule, { logger: ['fatal'] });
    await app.listen(0, '127.0.0.1');
    const lines: string[] = [];
    const { finish, stop } = await demo(await app.getUrl(), (line) => lines.push(line));
    try {
      await vi.waitFor(() => expect(lines.at(-1)).toBe('Buy milk'), PATIENCE);
      await finish();
      await vi.waitFor(() => expect(lines.at(-1)).toBe(''), PATIENCE);
    } finally {
      stop();
      await app.close();
    }
  },
);

/** The application of one of the document's modules, and what speaks to it. */
async function withModule(file: string, name: string, run: (url: string) => Promise<void>): Promise<void> {
  using examples = writeExamples('docs/coming-from.md');
  const found = (await import(examples.pathOf(file))) as Record<string, Type<object>>;
  const app: INestApplication = await NestFactory.create(found[name], { logger: ['fatal'] });
  await app.listen(0, '127.0.0.1');
  try {
    await run(await app.getUrl());
  } finally {
    await app.close();
  }
}

describe('the program that is shown beside that of', () => {
  it('zaptools answers its hello, and its connected is told by the server alone', async () => {
    const log = vi.spyOn(console, 'log').mockReturnValue();
    await withModule('zaptools.module.ts', 'ZaptoolsModule', async (url) => {
      await using client = await new PlainClient(`${url}/ws`).open();
      client.send({ headers: {}, eventName: 'connected', payload: {} });
      client.send({ headers: {}, eventName: 'hello', payload: 'HELLO' });
      await client.until(() => client.frames.length === 1);
      expect(client.frames).toEqual([{ headers: {}, eventName: 'hello', payload: 'HELLO FROM SERVER !!!' }]);
    });
    expect(log.mock.calls).toEqual([['connected', expect.stringMatching(/^zpt-[\da-f-]{36}$/) as string]]);
    log.mockRestore();
  });

  it('x-raptor brings posts under the id of the SUB, until the UNSUB', async () => {
    interface Response {
      readonly request_id: string;
      readonly method: string;
      readonly payload: string;
    }
    await withModule('xraptor.module.ts', 'XraptorModule', async (url) => {
      await using reader = await new PlainClient(url).open();
      await using writer = await new PlainClient(url).open();
      let count = 0;
      const ask = async (client: PlainClient, method: string, route: string, payload: object, id = `r${++count}`) => {
        client.send({ request_id: id, method, route, header: {}, payload: JSON.stringify(payload) });
        const verb = method.toUpperCase();
        return client.find<Response>((frame) => frame.request_id === id && frame.method === verb);
      };
      const post = (text: string) => ask(writer, 'post', '/send_message_to_chat_room', { chat_id: 'lobby', text });
      const heard = ask(reader, 'SUB', '/chat_messages', { chat_id: 'lobby' }, 'sub');
      // A SUB has no answer of its own: posted until it is heard.
      await vi.waitFor(async () => {
        expect(JSON.parse((await post('hi')).payload)).toEqual({ message: 'Message sent' });
        expect(reader.frames).not.toEqual([]);
      });
      expect(await heard).toEqual({ request_id: 'sub', method: 'SUB', header: {}, payload: '{"text":"hi"}' });
      const left = await ask(reader, 'UNSUB', '/chat_messages', { chat_id: 'lobby' }, 'sub');
      expect(JSON.parse(left.payload)).toEqual({ message: 'Removed' });
      const had = reader.frames.length;
      await post('late');
      const failed = await ask(reader, 'POST', '/send_message_to_chat_room', {});
      expect(JSON.parse(failed.payload)).toEqual({ message: 'fail' });
      expect(JSON.parse((await ask(reader, 'GET', '/nothing', {})).payload)).toEqual({ message: 'Not registered' });
      expect(reader.frames).toHaveLength(had + 2);
    });
  });

  it('the bundle answers by a listener, and a controller reaches a connection by its id', async () => {
    using examples = writeExamples('docs/coming-from.md');
    const { BundleModule } = (await import(examples.pathOf('bundle.module.ts'))) as { BundleModule: Type<object> };
    const app: INestApplication = await NestFactory.create(BundleModule, { logger: ['fatal'] });
    await app.listen(0, '127.0.0.1');
    try {
      const url = await app.getUrl();
      await using client = await new PlainClient(url).open();
      client.send({ event: 'CHAT', headers: { lang: 'en' }, input_data: { text: 'Hello' } });
      client.send({ event: 'NOBODY' });
      const answer = await client.find<{ event: string }>(({ event }) => event === 'CHAT_ANSWER');
      expect(answer).toEqual({ event: 'CHAT_ANSWER', data: { text: 'Hello' } });
      const [{ id }] = app.get(Connections).all();
      expect((await fetch(`${url}/alert/${id}`, { method: 'POST' })).status).toBe(201);
      await client.find<{ event: string }>(({ event }) => event === 'ALERT');
      expect(client.frames).toEqual([answer, { event: 'ALERT', data: { text: 'Hello' } }]);
      expect((await fetch(`${url}/alert/nobody`, { method: 'POST' })).status).toBe(404);
    } finally {
      await app.close();
    }
  });

  it('websockets-routes owns its sockets, and refuses during the handshake', async () => {
    await withModule('routes.module.ts', 'RoutesModule', async (url) => {
      await using list = await new PlainClient(`${url}/thing/`).open();
      await list.until(() => list.frames.length === 1);
      await using detail = await new PlainClient(`${url}/thing/123`).open();
      await detail.until(() => detail.frames.length === 2);
      expect([...list.frames, ...detail.frames]).toEqual(['all things', '/thing/123', 123]);
      await using missing = new PlainClient(`${url}/thing/7`);
      await using unknown = new PlainClient(`${url}/nothing`);
      await Promise.all([missing.over(), unknown.over()]);
      expect(missing.refused).toMatchObject({ status: 404, body: 'thing not found\n' });
      expect(unknown.refused).toMatchObject({ status: 404, body: 'not found\n' });
    });
  });
});
