// The options that go to Socket.IO, each against a server that needs it.

import { execFileSync, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, type ServerOptions } from 'socket.io';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createClient, type ClientOptions, type JiraClient } from 'nestjs-jira-client';
import { Bench, reached } from './support.js';

/** A server that answers every request with its data, and keeps the handshakes. */
class Echo implements AsyncDisposable {
  readonly requests: IncomingMessage[] = [];
  private readonly clients: JiraClient[] = [];
  private constructor(
    private readonly io: Server,
    readonly url: string,
  ) {}

  static async start(options: Partial<ServerOptions> = {}, tls?: { key: Buffer; cert: Buffer }): Promise<Echo> {
    const nothing: RequestListener = (_request, response) => void response.writeHead(404).end();
    const http: NetServer = tls ? createSecureServer(tls, nothing) : createServer(nothing);
    const io = new Server(http as never, options);
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const echo = new Echo(io, tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`);
    io.engine.on('initial_headers', (_headers: unknown, request: IncomingMessage) => echo.requests.push(request));
    io.engine.on('headers', (_headers: unknown, request: IncomingMessage) => echo.requests.push(request));
    io.on('connection', (socket) =>
      socket.onAny((_event, { requestId, method, action, data }, answer: (frame: object) => void) =>
        answer({ requestId, method, action, status: 200, data }),
      ),
    );
    return echo;
  }

  client(options: ClientOptions): JiraClient {
    const jira = createClient(this.url, { reconnectMinMs: 10, reconnectMaxMs: 40, timeoutMs: 30_000, ...options });
    this.clients.push(jira);
    return jira;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const jira of this.clients) jira.close();
    await this.io.close();
  }
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

const call = (jira: JiraClient): Promise<unknown> => jira.request('issues', 'create', { data: { title: 'x' } });

describe('an option of the socket', () => {
  it('"parser" is used for what is sent and received', async () => {
    const used = { encoded: 0, decoded: 0 };
    // A format of its own, that the usual parser does not read.
    class CountingEncoder {
      encode(packet: unknown): string[] {
        used.encoded++;
        return [`~${JSON.stringify(packet)}`];
      }
    }
    class CountingDecoder extends EventEmitter {
      add(text: string): void {
        used.decoded++;
        this.emit('decoded', JSON.parse(text.slice(1)));
      }
      destroy(): void {
        this.removeAllListeners();
      }
    }
    const parser = { Encoder: CountingEncoder, Decoder: CountingDecoder };
    await using echo = await Echo.start({ parser });
    expect(await call(echo.client({ parser }))).toEqual({ title: 'x' });
    expect(used.encoded).toBeGreaterThan(2);
    expect(used.decoded).toBeGreaterThan(2);
  });

  it.each(['websocket', 'polling'] as const)('"agent" makes the connections (%s)', async (transport) => {
    await using echo = await Echo.start();
    let made = 0;
    class CountingAgent extends Agent {
      override createConnection(...args: Parameters<Agent['createConnection']>) {
        made++;
        return super.createConnection(...args);
      }
    }
    expect(await call(echo.client({ agent: new CountingAgent(), transports: [transport] }))).toEqual({ title: 'x' });
    expect(made).toBeGreaterThan(0);
  });

  it.each(['websocket', 'polling'] as const)('"extraHeaders" are sent (%s)', async (transport) => {
    await using echo = await Echo.start();
    await call(echo.client({ extraHeaders: { 'x-tenant': 'acme' }, transports: [transport] }));
    expect(echo.requests[0]?.headers['x-tenant']).toBe('acme');
  });

  it('"withCredentials" returns the cookies of the server', async () => {
    await using echo = await Echo.start({ cookie: { name: 'route' } });
    await call(echo.client({ transports: ['polling'] }));
    expect(echo.requests.some(({ headers }) => headers.cookie?.includes('route='))).toBe(false);
    await call(echo.client({ transports: ['polling'], withCredentials: true }));
    expect(echo.requests.some(({ headers }) => headers.cookie?.includes('route='))).toBe(true);
  });

  it.skipIf(!hasOpenssl)('"ca" trusts a certificate that Node does not', async () => {
    const tls = ownCertificate();
    await using echo = await Echo.start({}, tls);
    const wary = echo.client({});
    await reached(wary, 'disconnected');
    expect(await call(echo.client({ ca: tls.cert.toString() }))).toEqual({ title: 'x' });
    expect(await call(echo.client({ ca: [tls.cert.toString()], transports: ['polling'] }))).toEqual({ title: 'x' });
    expect(wary.connection.state).toBe('disconnected');
  });
});

describe('a platform without crypto, such as React Native', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it.each([
    ['no crypto', undefined],
    ['a crypto without random values', {}],
  ])('gets ids all the same (%s)', async (_what, crypto) => {
    await using echo = await Echo.start();
    const agent = new Agent();
    vi.stubGlobal('crypto', crypto);
    const jira = createClient(echo.url, { agent, transports: ['polling'] });
    const other = createClient(echo.url, { agent, transports: ['polling'] });
    try {
      expect(await Promise.all([call(jira), call(jira), call(other)])).toHaveLength(3);
    } finally {
      jira.close();
      other.close();
    }
  });

  it('subscribes and hears changes', async () => {
    vi.stubGlobal('crypto', undefined);
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const jira = bench.client({ transports: ['polling'] });
    const heard: unknown[] = [];
    await jira.hook('issues').subscribe(({ type, id }) => void heard.push([type, id])).ready;
    bench.server.announce('issues', 'c', { type: 'added', id: 1 });
    await expect.poll(() => heard).toEqual([['added', 1]]);
  });

  it('gives ids that differ between clients', async () => {
    vi.stubGlobal('crypto', undefined);
    const { ids } = await import('../../libs/client/src/ids.js');
    const made = new Set(Array.from({ length: 1_000 }, () => ids()()));
    expect(made.size).toBe(1_000);
  });
});

/** Made by openssl, for localhost, and valid for a day. */
function ownCertificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'jira-tls-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', key, '-out', cert, ...subject],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
