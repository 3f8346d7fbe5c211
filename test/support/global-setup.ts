// Runs once before all test files: finds out which services are available, and prints which are not.

import type { TestProject } from 'vitest/node';
import { SERVICES, addressOf, probeServices, type ServiceName } from './service-list.js';

export default async function setup(project: TestProject): Promise<void> {
  const services = await probeServices();
  project.provide('services', services);
  for (const name of (Object.keys(services) as ServiceName[]).filter((service) => !services[service])) {
    const { title, variable } = SERVICES[name];
    const consequence = process.env['CI'] ? 'with CI set its tests fail' : 'its tests are skipped';
    process.stdout.write(`${title} is not at ${addressOf(name)} (${variable} names another place): ${consequence}.\n`);
  }
}
