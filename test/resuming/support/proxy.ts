// A TCP proxy that loses connections, and holds back what the server says.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Proxy implements AsyncDisposable {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  /** Whether clients can connect. */
  isOpen = true;
  /** Whether what the server sends reaches its clients. */
  isDeaf = false;
  /** Bytes that did not. */
  swallowed = 0;

  private constructor(target: URL) {
    this.server = createServer((client) => {
      if (!this.isOpen) return void client.destroy();
      const upstream = connect(Number(target.port), target.hostname);
      for (const socket of [client, upstream]) {
        this.sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => this.sockets.delete(socket));
      }
      client.on('data', (bytes) => void upstream.write(bytes)).on('close', () => upstream.destroy());
      upstream
        .on('data', (bytes) => {
          if (this.isDeaf) this.swallowed += bytes.length;
          else client.write(bytes);
        })
        .on('close', () => client.destroy());
    });
  }

  static async to(url: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(url));
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends every connection; nobody gets in until `isOpen` is set. */
  cut(): void {
    this.isOpen = false;
    for (const socket of this.sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }
}
