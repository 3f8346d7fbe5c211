// A CPU profile of a part of the process's life, without its start: what --cpu-prof cannot leave out.

import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const session = new Session();

export async function startProfile(): Promise<void> {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
}

/** Writes `<folder>/<name>.cpuprofile`. */
export async function stopProfile({ folder, name }: { folder: string; name: string }): Promise<void> {
  const { profile } = await session.post('Profiler.stop');
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}.cpuprofile`, JSON.stringify(profile));
}
