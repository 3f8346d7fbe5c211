// The servers and programs that some tests need: their names, where to find them, and how to check that they work.

import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { DataSource, type DataSourceOptions } from 'typeorm';

export const SERVICES = {
  postgres: { title: 'PostgreSQL', variable: 'POSTGRES_URL', url: 'postgres://postgres@127.0.0.1:5432/test' },
  mariadb: { title: 'MariaDB', variable: 'MARIADB_URL', url: 'mysql://root@127.0.0.1:3306/test' },
  redis: { title: 'Redis', variable: 'REDIS_URL', url: 'redis://127.0.0.1:6379' },
  chromium: { title: 'Chromium', variable: 'CHROMIUM_PATH', url: '/usr/bin/chromium' },
  python: { title: 'Python with aiohttp, socketio and jsonschema', variable: 'PYTHON_PATH', url: '/usr/bin/python3' },
} as const;
export type ServiceName = keyof typeof SERVICES;

/** Which services were available when the run began. */
export type Availability = Readonly<Record<ServiceName, boolean>>;

declare module 'vitest' {
  interface ProvidedContext {
    services: Availability;
  }
}

/** Where the service is: the environment variable, else the default. For Chromium and Python, the program's path. */
export function addressOf(service: ServiceName): string {
  return process.env[SERVICES[service].variable] ?? SERVICES[service].url;
}

/** Tries to use each service once. A server that answers but refuses the login counts as missing. */
export async function probeServices(): Promise<Availability> {
  const [postgres, mariadb, redis, python] = await Promise.all([
    succeeds(probePostgres),
    succeeds(probeMariaDb),
    succeeds(probeRedis),
    succeeds(probePython),
  ]);
  return { postgres, mariadb, redis, python, chromium: await succeeds(probeChromium) };
}

async function succeeds(probe: () => Promise<void> | void): Promise<boolean> {
  try {
    await probe();
    return true;
  } catch {
    return false;
  }
}

const PROBE_TIMEOUT_MS = 5_000;

async function probePostgres(): Promise<void> {
  await connectOnce({ type: 'postgres', url: addressOf('postgres'), connectTimeoutMS: PROBE_TIMEOUT_MS });
}

async function probeMariaDb(): Promise<void> {
  await connectOnce({ type: 'mariadb', url: addressOf('mariadb'), connectTimeout: PROBE_TIMEOUT_MS });
}

async function connectOnce(options: DataSourceOptions): Promise<void> {
  const dataSource = await new DataSource(options).initialize();
  await dataSource.destroy();
}

function probeRedis(): Promise<void> {
  const { hostname, port } = new URL(addressOf('redis'));
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 6379), timeout: PROBE_TIMEOUT_MS });
    const end = (error?: Error): void => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    // Redis may also answer "-NOAUTH", but then these tests cannot use it.
    socket.once('data', (answer) => end(answer.toString().startsWith('+PONG') ? undefined : new Error('no PONG')));
    socket.once('timeout', () => end(new Error('timeout')));
    socket.once('error', end);
  });
}

async function probePython(): Promise<void> {
  await promisify(execFile)(addressOf('python'), ['-c', 'import aiohttp, socketio, jsonschema'], {
    timeout: PROBE_TIMEOUT_MS,
  });
}

function probeChromium(): void {
  accessSync(addressOf('chromium'), constants.X_OK);
}
