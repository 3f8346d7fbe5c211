// Runs `npm start` as a newcomer would, and waits until the example says that it is ready.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const port = await freePort();
const npm = spawn('npm', ['start'], {
  env: { ...process.env, PORT: String(port) },
  stdio: ['ignore', 'inherit', 'inherit'],
  detached: true, // a process group of its own, so that the server below npm can be ended with it
});
const ended = once(npm, 'exit');

let answer = 'no answer';
for (const end = Date.now() + 240_000; npm.exitCode === null && Date.now() < end; await delay(250)) {
  answer = await ask();
  if (answer === 'status 200') break;
}
if (npm.exitCode === null) process.kill(-Number(npm.pid), 'SIGTERM');
await ended;
process.stdout.write(`GET /health: ${answer}\n`);
process.exitCode = answer === 'status 200' ? 0 : 1;

async function ask() {
  try {
    return `status ${(await fetch(`http://127.0.0.1:${port}/health`)).status}`;
  } catch (error) {
    return String(error.cause ?? error);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}
