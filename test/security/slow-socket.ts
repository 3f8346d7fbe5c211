// Clients over a bare TCP socket that stop reading once they are connected.

import { createConnection, type Socket } from 'node:net';

/** One of Socket.IO. It may be resumed. */
export async function slowSocket(url: string, token: string): Promise<Socket> {
  const socket = connectTo(url, '/socket.io/?EIO=4&transport=websocket');
  let received = '';
  let isAsked = false;
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!isAsked && received.includes('0{')) {
        isAsked = true;
        socket.write(maskedText(`40${JSON.stringify({ jira: 2, token })}`));
      }
      if (!received.includes('40{')) return;
      socket.removeAllListeners('data');
      socket.pause();
      resolve();
    });
  });
  return socket;
}

/** A plain WebSocket. */
export async function slowPlainSocket(url: string, path: string): Promise<Socket> {
  const socket = connectTo(url, path);
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      if (!chunk.toString('latin1').includes(' 101 ')) return;
      socket.removeAllListeners('data');
      socket.pause();
      resolve();
    });
  });
  return socket;
}

/** A short masked text frame; the mask of zeros leaves the text readable. */
function maskedText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

function connectTo(url: string, path: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  const key = Buffer.from('0123456789abcdef').toString('base64');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  return socket;
}
