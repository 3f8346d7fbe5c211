// What a feed reports to diagnostics.

import { isObserved, publish } from '../../core/diagnostics/diagnostics.js';
import type { Turns } from '../../core/support/turns.js';
import type { Delivery } from './cases.js';

/** Runs `deliver`, and reports when its frames have been sent. */
export function delivered(
  entity: string,
  batch: readonly Delivery[],
  turns: Turns<Delivery>,
  deliver: () => Promise<void> | void,
): Promise<void> | void {
  const done = deliver();
  if (!isObserved('delivered') && !isObserved('queue')) return done;
  const tell = (): void => {
    const positions = [...new Set(batch.map(({ position }) => position))];
    if (isObserved('delivered')) publish('delivered', { entity, positions });
    tellWaiting(entity, turns);
  };
  return done ? done.then(tell) : tell();
}

/** Reports how many changes wait while a delivery runs. */
export function tellWaiting(entity: string, turns: Turns<Delivery>): void {
  if (isObserved('queue') && !turns.isIdle) publish('queue', { entity, waiting: [...turns.waiting()].length });
}
