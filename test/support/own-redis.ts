// A Redis server of the test's own, to kill, freeze and start again.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** `always`: every command is on disk before it is answered. `never`: what was not saved by hand ends with the process. */
export type Durability = 'always' | 'never';

const SETTINGS: Record<Durability, string> = { always: '--appendonly yes --appendfsync always', never: '--save _' };

export class OwnRedis implements AsyncDisposable {
  private child?: ChildProcess;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly durability: Durability,
  ) {}

  static async start(durability: Durability = 'always'): Promise<OwnRedis> {
    const redis = new OwnRedis(await freePort(), await mkdtemp(join(tmpdir(), 'jira-redis-')), durability);
    await redis.run();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async run(): Promise<void> {
    const args = `--port ${this.port} --bind 127.0.0.1 --dir ${this.folder} ${SETTINGS[this.durability]}`;
    const words = args.split(' ').map((word) => (word === '_' ? '' : word));
    const child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.child = child;
    // A test that timed out may not dispose of its server.
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.stdout.on('data', (text: Buffer) => {
        if (text.toString().includes('eady to accept connections')) resolve();
      });
    });
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A proxy in front of a server. While it is held, its clients hear nothing, like a process that sleeps. */
export class Gate implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((client) => {
    const server = connect(this.target, '127.0.0.1');
    for (const socket of [client, server])
      this.sockets.add(socket.on('error', () => {}).on('close', () => [client, server].map((one) => one.destroy())));
    client.pipe(server);
    server.pipe(client);
  });

  private constructor(private readonly target: number) {}

  static async open(target: number): Promise<Gate> {
    const gate = new Gate(target);
    await once(gate.server.listen(0, '127.0.0.1'), 'listening');
    return gate;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Stops all traffic on the connections that are open now. */
  hold(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** Ends all connections. Whatever was held up is lost. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    this.server.close();
    await once(this.server, 'close');
  }
}
