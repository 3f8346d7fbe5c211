// A server process and the generator process that loads it.

import type { OpenOrder } from '../load/generator.js';
import type { CpuReading } from '../servers/control.js';
import { Child } from '../work/ipc.js';
import type { Row, ServerName } from '../work/rows.js';

export class Pair {
  private constructor(
    readonly name: ServerName,
    readonly server: Child,
    readonly generator: Child,
  ) {}

  static async start(row: Row, name: ServerName): Promise<Pair> {
    const [server, generator] = await Promise.all([
      Child.start(name, new URL(`../servers/${name}.js`, import.meta.url), [row.name], ['--expose-gc']),
      Child.start(`${name}'s generator`, new URL('../load/generator.js', import.meta.url), [], []),
    ]);
    return new Pair(name, server, generator);
  }

  /** Opens the connections of the row. */
  async open(row: Row): Promise<void> {
    const port = await this.server.call<number>('port');
    const order: OpenOrder = { row: row.name, server: this.name, port, sockets: row.sockets };
    await this.generator.call('open', order);
  }

  async stop(): Promise<void> {
    await this.generator.stop();
    await this.server.stop();
  }

  /** CPU time that the server process has used so far, in milliseconds. */
  async cpuMs(): Promise<number> {
    const { microseconds } = await this.server.call<CpuReading>('cpu');
    return microseconds / 1000;
  }

  /** Waits until the server is idle: it has closed sockets and freed memory that its last work left behind. */
  async settle(): Promise<void> {
    let last = await this.cpuMs();
    for (let n = 0; n < 40; n++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const now = await this.cpuMs();
      if (now - last < 2) return;
      last = now;
    }
  }
}
