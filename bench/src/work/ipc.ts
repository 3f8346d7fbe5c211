// Named calls between the runner and the processes it starts.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A server sent something wrong. Only the message is reported: where the fault was noticed does not matter. */
export class WrongAnswer extends Error {
  constructor(what: string) {
    super(`Wrong answer: ${what}.`);
  }
}

type Handler = (argument: never) => unknown;

/** In a child: answers the parent's calls by name, and exits with the parent. */
export function answerCalls(handlers: Readonly<Record<string, Handler>>): void {
  process.on('disconnect', () => process.exit());
  process.on('message', (call: Call) => {
    void runHandler(handlers[call.name], call).then((reply) => process.send?.(reply));
  });
  process.send?.({ id: 0 } satisfies Reply);
}

async function runHandler(handler: Handler | undefined, call: Call): Promise<Reply> {
  try {
    if (handler === undefined) throw new Error(`There is no "${call.name}" here.`);
    return { id: call.id, result: await handler(call.argument as never) };
  } catch (error) {
    return { id: call.id, error: textOf(error) };
  }
}

function textOf(error: unknown): string {
  if (error instanceof WrongAnswer) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** No call of a benchmark takes longer. A process that hangs fails the run instead of stalling it. */
const CALL_TIMEOUT_MS = 90_000;

/** In the parent: a child process, and the calls to it. */
export class Child {
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private nextId = 1;
  private stopping = false;

  private constructor(
    readonly name: string,
    private readonly process: ChildProcess,
  ) {
    process.on('message', (reply: Reply) => {
      this.waiting.get(reply.id)?.(reply);
      this.waiting.delete(reply.id);
    });
    process.once('exit', (code, signal) => {
      if (this.stopping) return;
      const error = `${name} ended by itself (${signal ?? `code ${code}`}).`;
      for (const resolve of this.waiting.values()) resolve({ id: -1, error });
      this.waiting.clear();
    });
  }

  /** Starts a compiled file of this package and waits until it answers calls. */
  static async start(name: string, file: URL, args: readonly string[], execArgv: readonly string[]): Promise<Child> {
    const child = new Child(name, fork(fileURLToPath(file), args, { execArgv: [...execArgv] }));
    await child.reply(0, 'start');
    return child;
  }

  async call<T>(name: string, argument?: unknown): Promise<T> {
    const id = this.nextId++;
    const reply = this.reply(id, name);
    this.process.send({ id, name, argument } satisfies Call);
    return (await reply).result as T;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.disconnect();
    await gone;
  }

  private async reply(id: number, name: string): Promise<Reply> {
    let timer: NodeJS.Timeout | undefined;
    const reply = await new Promise<Reply>((resolve) => {
      this.waiting.set(id, resolve);
      timer = setTimeout(
        () => resolve({ id, error: `No answer in ${CALL_TIMEOUT_MS / 1000} seconds.` }),
        CALL_TIMEOUT_MS,
      );
    });
    clearTimeout(timer);
    if (reply.error !== undefined) throw new Error(`${this.name}, ${name}: ${reply.error}`);
    return reply;
  }
}
