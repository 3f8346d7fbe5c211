// Plain WebSocket clients: Node's `ws`, and Python with nothing but aiohttp.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { WebSocket, type ClientOptions } from 'ws';

/** A WebSocket client that keeps the frames it got, and can wait for more. */
export class PlainClient implements AsyncDisposable {
  readonly frames: unknown[] = [];
  readonly socket: WebSocket;
  closed?: { readonly code: number; readonly reason: string };
  /** The HTTP answer, if the server refused the handshake. */
  refused?: { readonly status: number; readonly body: string; readonly headers: NodeJS.Dict<string | string[]> };
  private readonly waiting = new Set<() => void>();

  constructor(url: string, { protocols = [], ...options }: ClientOptions & { protocols?: string[] } = {}) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, options);
    this.socket.on('message', (data, isBinary) => {
      this.frames.push(isBinary ? data : read((data as Buffer).toString()));
      this.check();
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.check();
    });
    this.socket.on('error', () => {}); // reported by `closed` or `refused`
    this.socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => {
        this.refused = { status: response.statusCode ?? 0, body, headers: response.headers };
        this.check();
      });
    });
  }

  async open(): Promise<this> {
    await this.until(() => this.socket.readyState === WebSocket.OPEN || this.isOver, 20_000, 'open');
    if (this.isOver) throw new Error(`Refused: ${JSON.stringify(this.refused ?? this.closed)}`);
    return this;
  }

  send(value: unknown): void {
    this.socket.send(JSON.stringify(value));
  }

  /** Resolves with the first frame that passes the test, now or later. */
  async find<T extends object>(test: (frame: T) => boolean): Promise<T> {
    const find = (): unknown => this.frames.find((frame) => typeof frame === 'object' && frame && test(frame as T));
    await this.until(() => find() !== undefined);
    return find() as T;
  }

  async over(): Promise<void> {
    await this.until(() => this.isOver);
  }

  private get isOver(): boolean {
    return this.closed !== undefined || this.refused !== undefined;
  }

  async until(condition: () => boolean, timeoutMs = 20_000, event?: string): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`No matching frame within ${timeoutMs} ms. Frames: ${JSON.stringify(this.frames)}`));
      }, timeoutMs);
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      if (event) this.socket.once(event, check);
    });
  }

  private check(): void {
    for (const check of this.waiting) check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.terminate();
    await closed;
  }
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Runs a Python program with this interpreter and these arguments; resolves with the lines it printed. */
export async function runPython(python: string, program: string, ...args: readonly string[]): Promise<string[]> {
  const child = spawn(python, ['-c', program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  let errors = '';
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`Python ended with ${code}: ${errors}`);
  return lines;
}
