// Emits lifecycle events through the application's EventEmitter2, if it has one.

import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { LifecycleEvents, type LifecycleEmitter } from '../../core/lifecycle/lifecycle-events.js';

/** Resolves when the application's listeners are registered, after everything has booted. */
interface ReadinessWatcher {
  waitUntilReady(): Promise<unknown>;
}

@Injectable()
export class LifecycleBridge {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly events: LifecycleEvents,
  ) {}

  /** Connects the two, and announces the start of this process once listeners are registered. */
  connect(): void {
    // By name: the package is optional, so it cannot be imported.
    const emitter = this.find<LifecycleEmitter>(/^EventEmitter2?$/, 'hasListeners');
    const watcher = this.find<ReadinessWatcher>(/^EventEmitterReadinessWatcher$/, 'waitUntilReady');
    if (emitter) this.events.bridge(emitter);
    const start = (): void => this.events.emit('jira.start_worker', { pid: process.pid });
    if (watcher) void watcher.waitUntilReady().then(start, start);
    else start();
  }

  private find<T extends object>(name: RegExp, method: keyof T & string): T | undefined {
    for (const { token, instance } of this.discovery.getProviders())
      if (
        typeof token === 'function' &&
        name.test(token.name) &&
        typeof (instance as T | null)?.[method] === 'function'
      )
        return instance as T;
    return undefined;
  }
}
