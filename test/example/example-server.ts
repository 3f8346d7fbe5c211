// The built example as a program of its own: started, killed and started again on one port and one data folder.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { freePort } from '../support/free-port.js';
import { builtExample } from './built-example.js';

export class ExampleServer implements AsyncDisposable {
  private process?: ChildProcess;

  private constructor(
    private readonly program: string,
    private readonly port: number,
    private readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** A running server with fresh seed data; on SQLite unless the environment says `DATABASE_URL`. */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<ExampleServer> {
    const program = await builtExample();
    const folder = await mkdtemp(join(tmpdir(), 'jira-example-'));
    const server = new ExampleServer(program, await freePort(), folder, environment);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it where it was; resolves when it has said where it is. */
  async start(): Promise<void> {
    const env = { ...process.env, PORT: String(this.port), JIRA_DATA: this.folder, ...this.environment };
    const child = spawn(process.execPath, [this.program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (text: Buffer): void => {
        output += text.toString();
        if (output.includes(`http://localhost:${this.port}`)) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      // What it logs as an error explains the test that fails.
      child.stderr.pipe(process.stderr, { end: false });
      child.once('exit', (code) => reject(new Error(`The example ended with ${code} before it was ready.\n${output}`)));
    });
  }

  /** Ends it without a word, as a crash or a power cut would. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Asks it to end, as a deployment would. */
  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  /** Changes the rows while it does not run, so that nobody can have heard of it. */
  async editWhileDown(statement: string): Promise<void> {
    const database = new DataSource({ type: 'better-sqlite3', database: join(this.folder, 'example.sqlite') });
    await database.initialize();
    await database.query(statement);
    await database.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
