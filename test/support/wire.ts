// A proxy in front of a database server that loses answers.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** `cut`: the connection ends in place of the answer. `hold`: the answer never comes. */
export type Loss = 'cut' | 'hold';

export class Wire implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();
  private rule: { readonly text: string; readonly loss: Loss } | undefined;
  private readonly server = createServer((client) => this.pass(client));

  private constructor(private readonly target: URL) {}

  static async open(url: string): Promise<Wire> {
    const wire = new Wire(new URL(url));
    await once(wire.server.listen(0, '127.0.0.1'), 'listening');
    return wire;
  }

  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = `${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** Loses the answer to the next statement that contains the text. The statement itself arrives. */
  lose(text: string, loss: Loss): void {
    this.rule = { text, loss };
  }

  /** Ends all connections. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private pass(client: Socket): void {
    const server = connect(Number(this.target.port || (this.target.protocol === 'mariadb:' ? 3306 : 5432)), this.target.hostname); // prettier-ignore
    let lost: Loss | undefined;
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => [client, server].map((one) => one.destroy()));
    }
    client.on('data', (data) => {
      if (this.rule && data.includes(this.rule.text)) {
        lost = this.rule.loss;
        this.rule = undefined;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (lost === undefined) client.write(data);
      else if (lost === 'cut') client.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    this.server.close();
    await once(this.server, 'close');
  }
}
