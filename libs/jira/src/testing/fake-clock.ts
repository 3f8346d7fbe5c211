// A clock that the test controls.

import { mock } from 'node:test';

/** A clock that stands still until the test advances it. */
export interface FakeClock extends Disposable {
  /** Advances the clock at once; timers that fall due run in order. */
  advance(milliseconds: number): void;
}

/**
 * Stops `Date` and `setTimeout` until the end of the block: things expire and time out when the test advances the clock. Create
 * it before the application, so that it has the application's timers, too. Sockets and databases go on as usual. Use one clock
 * at a time.
 *
 * @param now what the clock shows at first, in ms since 1970 @default the current time
 * @example
 * using clock = useFakeClock();
 * await using app = await createTestApp({ hooks: [IssueHook], entities: [Issue] });
 * clock.advance(60_000);
 */
export function useFakeClock(now: number = Date.now()): FakeClock {
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now });
  return {
    advance: (milliseconds) => mock.timers.tick(milliseconds),
    [Symbol.dispose]: () => mock.timers.reset(),
  };
}
