// A connection that carries nothing any more and that nobody closes.

import { describe, expect, it, vi } from 'vitest';
import { createClient, type ClientOptions, type JiraClient } from 'nestjs-jira-client';
import { createTestApp } from '../support/app.js';
import { seedTracker, TRACKER } from '../support/tracker.js';
import { SilentProxy } from './silent-proxy.js';
import { StubServer } from './stub-server.js';
import { failureOf, reached } from './support.js';

/** A stub behind a proxy, and a client of it that probes quickly. */
class Tunnel implements AsyncDisposable {
  readonly jira: JiraClient;
  readonly states: string[] = [];

  private constructor(
    readonly stub: StubServer,
    readonly proxy: SilentProxy,
    options: ClientOptions,
  ) {
    const quick = { heartbeatIntervalMs: 100, heartbeatTimeoutMs: 300, reconnectMinMs: 10, reconnectMaxMs: 40 };
    this.jira = createClient(proxy.url, { ...quick, ...options });
    this.jira.connection.onState((state, reason) => this.states.push(`${state} ${reason?.message ?? ''}`.trim()));
  }

  static async start(options: ClientOptions = {}): Promise<Tunnel> {
    const stub = await StubServer.start();
    const proxy = await SilentProxy.start(stub.url);
    const tunnel = new Tunnel(stub, proxy, options);
    await reached(tunnel.jira, 'connected');
    return tunnel;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.jira.close();
    await this.proxy[Symbol.asyncDispose]();
    await this.stub.stop();
  }
}

const SILENT = /^disconnected The connection was lost \(nothing arrived for \d+ ms\)\.$/;

describe('a connection that goes silent', () => {
  it('is noticed while a request is in flight: a write fails, a read is asked again', async () => {
    await using tunnel = await Tunnel.start({ timeoutMs: 60_000 });
    const { stub, proxy, jira } = tunnel;
    stub.on('issues.list', ({ answer }) => answer(['here']));
    proxy.silence();
    const write = jira.hook('issues').create({});
    const read = jira.hook('issues').list();
    expect(await failureOf(write)).toMatchObject({ code: 'CONNECTION_LOST' });
    proxy.heal();
    expect(await read).toEqual(['here']);
    expect(tunnel.states.some((state) => SILENT.test(state))).toBe(true);
  });

  it('is noticed while a subscription is open, which goes on afterwards', async () => {
    await using tunnel = await Tunnel.start();
    const { stub, proxy, jira } = tunnel;
    stub.channel('issues', () => 'c');
    const heard: string[] = [];
    await jira.hook('issues').subscribe(({ type }) => void heard.push(type)).ready;
    proxy.silence();
    await reached(jira, 'disconnected');
    proxy.heal();
    await expect.poll(() => heard).toEqual(['reset']);
    stub.announce('issues', 'c', { type: 'added', id: 1 });
    await expect.poll(() => heard).toEqual(['reset', 'added']);
  });

  it('is noticed while messages are listened for', async () => {
    await using tunnel = await Tunnel.start();
    tunnel.jira.onMessage(() => undefined);
    tunnel.proxy.silence();
    await reached(tunnel.jira, 'disconnected');
    expect(tunnel.states.at(-1)).toMatch(SILENT);
  });

  it('is noticed within seconds, with the defaults', async () => {
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = {
      heartbeatIntervalMs: undefined,
      heartbeatTimeoutMs: undefined,
    };
    await using tunnel = await Tunnel.start({ heartbeatIntervalMs, heartbeatTimeoutMs });
    tunnel.stub.channel('issues', () => 'c');
    await tunnel.jira.hook('issues').subscribe(() => undefined).ready;
    tunnel.proxy.silence();
    await reached(tunnel.jira, 'disconnected');
    // By the heartbeat, after 9 s; Socket.IO alone takes 20 to 45, and says so otherwise.
    expect(tunnel.states.at(-1)).toMatch(SILENT);
  });

  it('is left in peace while nothing is expected, and where the heartbeat is off', async () => {
    await using idle = await Tunnel.start();
    await using off = await Tunnel.start({ heartbeatIntervalMs: 0 });
    off.stub.channel('issues', () => 'c');
    await off.jira.hook('issues').subscribe(() => undefined).ready;
    await using watched = await Tunnel.start();
    watched.stub.channel('issues', () => 'c');
    await watched.jira.hook('issues').subscribe(() => undefined).ready;
    for (const { proxy } of [idle, off, watched]) proxy.silence();
    await reached(watched.jira, 'disconnected');
    expect([idle.jira.connection.state, off.jira.connection.state]).toEqual(['connected', 'connected']);
  });

  it.each(['visibilitychange', 'online'] as const)('is noticed at "%s", whatever is expected', async (event) => {
    const [page, document] = [new EventTarget(), Object.assign(new EventTarget(), { visibilityState: 'visible' })];
    vi.stubGlobal('document', document);
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    try {
      await using tunnel = await Tunnel.start({ heartbeatIntervalMs: 3_600_000 });
      tunnel.proxy.silence();
      document.visibilityState = 'hidden';
      document.dispatchEvent(new Event('visibilitychange'));
      document.visibilityState = 'visible';
      (event === 'online' ? page : document).dispatchEvent(new Event(event));
      await reached(tunnel.jira, 'disconnected');
      tunnel.proxy.heal();
      await reached(tunnel.jira, 'connected');
      expect(tunnel.states.filter((state) => SILENT.test(state))).toHaveLength(1);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('is not waited for any longer when the network is back', async () => {
    await using tunnel = await Tunnel.start({ reconnectMinMs: 3_600_000, reconnectMaxMs: 3_600_000 });
    await tunnel.stub.stop();
    await reached(tunnel.jira, 'disconnected');
    await tunnel.stub.listen();
    tunnel.jira.connection.check();
    await reached(tunnel.jira, 'connected');
    expect(tunnel.states.at(-1)).toBe('connected');
  });

  it('gives up an attempt to connect that nothing answers', async () => {
    await using tunnel = await Tunnel.start({ connectTimeoutMs: 300, transports: ['websocket'] });
    const { proxy, jira, states } = tunnel;
    jira.onMessage(() => undefined);
    proxy.silence();
    await expect.poll(() => states.at(-1)).toBe('disconnected The server is unreachable.');
    proxy.heal();
    await reached(jira, 'connected');
    expect(states.at(-1)).toBe('connected');
  });

  it('gives up a handshake that nothing answers', async () => {
    await using tunnel = await Tunnel.start({ connectTimeoutMs: 300, transports: ['websocket'] });
    const { proxy, jira, states } = tunnel;
    let asked = 0;
    // When its credentials are asked for, the transport is open.
    jira.connect(() => {
      if (asked++ === 0) proxy.silence();
      return {};
    });
    const unanswered = 'disconnected The server did not answer the handshake within 300 ms.';
    await expect.poll(() => states.at(-1)).toBe(unanswered);
    proxy.heal();
    await reached(jira, 'connected');
    expect(states.at(-1)).toBe('connected');
  });

  it('stays closed where a listener closes the client at the loss', async () => {
    await using tunnel = await Tunnel.start();
    await using other = await Tunnel.start();
    for (const { jira } of [tunnel, other]) jira.onMessage(() => undefined);
    tunnel.jira.connection.onState((state) => state === 'disconnected' && tunnel.jira.close());
    tunnel.proxy.silence();
    await reached(tunnel.jira, 'closed');
    tunnel.proxy.heal();
    // Another client of the same settings, lost later, comes back twice meanwhile.
    for (let round = 0; round < 2; round++) {
      other.proxy.silence();
      await reached(other.jira, 'disconnected');
      other.proxy.heal();
      await reached(other.jira, 'connected');
    }
    expect(tunnel.jira.connection.state).toBe('closed');
    expect(tunnel.stub.auths).toHaveLength(1);
  });

  it('is told from a server that does not know the probe', async () => {
    await using tunnel = await Tunnel.start();
    const { stub, jira, states } = tunnel;
    stub.on('$connection.$ping', ({ refuse }) => refuse('UNKNOWN_ACTION')).channel('issues', () => 'c');
    await jira.hook('issues').subscribe(() => undefined).ready;
    await stub.arrival('$ping', 3);
    expect(states).toEqual(['connected']);
  });

  it('is probed by what the server answers', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const quick = { heartbeatIntervalMs: 50, heartbeatTimeoutMs: 5_000 };
    const jira = createClient(app.url, { auth: app.authOf({ id: 1 }), ...quick });
    try {
      const states: string[] = [];
      await jira.hook('issues').subscribe(() => undefined).ready;
      jira.connection.onState((state) => states.push(state));
      const frames: unknown[] = [];
      const { socket } = (jira as unknown as { link: { socket: import('socket.io-client').Socket } }).link;
      socket.io.engine.on('packet', ({ data }) => frames.push(data));
      await expect.poll(() => frames.length).toBeGreaterThan(0);
      // The server's own answer to the probe: an acknowledgement with 200.
      expect(frames[0]).toMatch(/"action":"\$ping","status":200/);
      expect(states).toEqual([]);
    } finally {
      jira.close();
    }
  });
});
