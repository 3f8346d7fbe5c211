// A CPU profile without the start of the process, which `--cpu-prof` would include.

import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const session = new Session();

export async function startProfile(): Promise<void> {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
}

/** Ends the profile and writes it to `<folder>/<name>.cpuprofile`. */
export async function stopProfile({ folder, name }: { folder: string; name: string }): Promise<void> {
  const { profile } = await session.post('Profiler.stop');
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}.cpuprofile`, JSON.stringify(profile));
}
