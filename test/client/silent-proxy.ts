// A TCP proxy that can stop carrying anything without closing anything, as a dead mobile network does.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class SilentProxy implements AsyncDisposable {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private isSilent = false;

  private constructor(private readonly targetPort: number) {
    this.server = createServer((socket) => this.accept(socket));
  }

  static async start(targetUrl: string): Promise<SilentProxy> {
    const proxy = new SilentProxy(Number(new URL(targetUrl).port));
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on nothing passes: not on the connections there are, nor on new ones. */
  silence(): void {
    this.isSilent = true;
    for (const socket of this.sockets) this.mute(socket);
  }

  /** New connections pass again; those that were silenced stay silent. */
  heal(): void {
    this.isSilent = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: Socket): void {
    this.keep(socket);
    if (this.isSilent) return this.mute(socket);
    const target = this.keep(connect(this.targetPort, '127.0.0.1'));
    socket.on('data', (bytes) => target.write(bytes));
    target.on('data', (bytes) => socket.write(bytes));
    socket.on('close', () => target.destroy());
    target.on('close', () => socket.destroy());
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    return socket;
  }

  /** Bytes are taken and lost; closes are not passed on. */
  private mute(socket: Socket): void {
    socket.removeAllListeners('data').removeAllListeners('close');
    socket.on('data', () => undefined);
  }
}
