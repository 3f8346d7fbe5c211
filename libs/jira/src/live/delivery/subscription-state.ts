// The states of a subscription, and every reason to go from one to another.

/**
 * `opening`: its rights are looked at, its subscribe is not answered. `opened`: they are known, it is still not answered.
 * `live`: it is sent its channel's frames. `checking`: its rights are looked at again. Frames are held in all but `live`.
 */
export type SubscriptionState = 'opening' | 'opened' | 'live' | 'checking' | 'ended';

/** From 100 on rights are looked at again; from 200 on it ends. Clients are shown those from 210 on: docs/protocol.md. */
export const REASONS = {
  placed: 1,
  answered: 2,
  /** The application said that rights have changed. */
  refreshed: 100,
  /** A related row was committed, or the digest of related rows is another. */
  relatedChanged: 101,
  /** Commits or revocations were missed. */
  missed: 102,
  /** `visibilityTtlMs` has passed. */
  aged: 103,
  unsubscribed: 200,
  /** Its subscribe failed, or was given up. */
  requestFailed: 201,
  disconnected: 202,
  /** Its rights are gone, or could not be found out. */
  rightsLost: 210,
} as const;

export type Reason = (typeof REASONS)[keyof typeof REASONS];

const PLACED = { opening: 'opened', opened: 'opened', checking: 'live', live: 'live' } as const;
const ANSWERED = { opening: 'checking', opened: 'live', checking: 'checking', live: 'live' } as const;

/** The state after that reason; the same where the reason changes nothing. */
export function nextState(state: SubscriptionState, reason: Reason): SubscriptionState {
  if (state === 'ended' || reason >= 200) return 'ended';
  if (reason >= 100) return state === 'opening' || state === 'opened' ? 'opening' : 'checking';
  return reason === REASONS.placed ? PLACED[state] : ANSWERED[state];
}

/** Whether its rights are known, and nothing looks at them. */
export function isSettled(state: SubscriptionState): boolean {
  return state === 'opened' || state === 'live';
}

/** Whether its client knows of it. */
export function isAnswered(state: SubscriptionState): boolean {
  return state === 'live' || state === 'checking';
}
