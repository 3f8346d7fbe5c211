// A TCP proxy that loses connections, or drops what the server sends. With several targets, it takes them in turn.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The two sockets of one connection. */
interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Whether nothing passes any more, not even the end of a connection. */
  isLost: boolean;
}

export class Proxy implements AsyncDisposable {
  private readonly server: Server;
  private readonly links = new Set<Link>();
  private turn = 0;
  /** Whether clients can connect. */
  isOpen = true;
  /** Whether what the server sends is dropped. */
  isDeaf = false;
  /** Number of bytes from the server that were dropped. */
  swallowed = 0;

  private constructor(public targets: readonly string[]) {
    this.server = createServer((client) => this.accept(client));
  }

  static async to(...urls: readonly string[]): Promise<Proxy> {
    const proxy = new Proxy(urls);
    proxy.server.listen(0, '127.0.0.1', 4_096);
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends every connection. Nobody can connect until `isOpen` is set. */
  cut(): void {
    this.isOpen = false;
    for (const { client, upstream } of this.links) for (const socket of [client, upstream]) socket.destroy();
  }

  /** Like `cut`, but neither side learns that its connection has ended. */
  lose(): void {
    this.isOpen = false;
    for (const link of this.links) link.isLost = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    const target = this.targets[this.turn++ % this.targets.length];
    if (!this.isOpen || target === undefined) return void client.destroy();
    const { hostname, port } = new URL(target);
    const link: Link = { client, upstream: connect(Number(port), hostname), isLost: false };
    const { upstream } = link;
    this.links.add(link);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      // prettier-ignore
      socket
        .on('error', () => socket.destroy())
        .on('close', () => {
          if (!link.isLost) other.destroy();
          if (client.destroyed && upstream.destroyed) this.links.delete(link);
        });
    client.on('data', (bytes) => link.isLost || upstream.write(bytes));
    upstream.on('data', (bytes) => {
      if (this.isDeaf || link.isLost) this.swallowed += bytes.length;
      else client.write(bytes);
    });
  }
}
