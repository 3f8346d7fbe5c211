// Suites that need a server or a browser. Without it, they are skipped by name, or fail if CI is set.

import { describe, expect, inject, it } from 'vitest';
import { SERVICES, addressOf, type ServiceName } from './service-list.js';

export { addressOf, type ServiceName } from './service-list.js';

/** `describe` for tests of one service. `define` gets its address (for Chromium and Python, the program's path). */
export function describeWith(
  service: ServiceName,
  title: string,
  define: (address: string) => void | Promise<void>,
): void {
  const needed = `${title} (needs ${SERVICES[service].title})`;
  if (inject('services')[service]) return void describe(title, () => define(addressOf(service)));
  if (!process.env['CI']) return void describe.skip(needed, () => define(addressOf(service)));
  it(needed, () => {
    expect.fail(`With CI set a missing service is a failure, and ${SERVICES[service].title} is not there.`);
  });
}
