// The states of a subscription, and every reason to change from one to another.

/**
 * `opening`: rights are being checked, the subscribe request is not answered. `opened`: rights are known, still not
 * answered. `live`: frames are sent. `checking`: rights are being checked again. Frames are held in all states but
 * `live`.
 */
export type SubscriptionState = 'opening' | 'opened' | 'live' | 'checking' | 'ended';

/** From 100: rights are checked again. From 200: the subscription ends. Clients see those from 210: docs/protocol.md. */
export const REASONS = {
  placed: 1,
  answered: 2,
  /** The application said that rights have changed. */
  refreshed: 100,
  /** A related row was committed, or the digest of related rows has changed. */
  relatedChanged: 101,
  /** Commits or revocations were missed. */
  missed: 102,
  /** `visibilityTtlMs` has passed. */
  aged: 103,
  unsubscribed: 200,
  /** Its subscribe request failed or was cancelled. */
  requestFailed: 201,
  disconnected: 202,
  /** Its rights are gone or could not be determined. */
  rightsLost: 210,
} as const;

export type Reason = (typeof REASONS)[keyof typeof REASONS];

const PLACED = { opening: 'opened', opened: 'opened', checking: 'live', live: 'live' } as const;
const ANSWERED = { opening: 'checking', opened: 'live', checking: 'checking', live: 'live' } as const;

/** The state after the reason; unchanged if the reason changes nothing. */
export function nextState(state: SubscriptionState, reason: Reason): SubscriptionState {
  if (state === 'ended' || reason >= 200) return 'ended';
  if (reason >= 100) return state === 'opening' || state === 'opened' ? 'opening' : 'checking';
  return reason === REASONS.placed ? PLACED[state] : ANSWERED[state];
}

/** Whether its rights are known and not being checked. */
export function isSettled(state: SubscriptionState): boolean {
  return state === 'opened' || state === 'live';
}

/** Whether its client has got the answer. */
export function isAnswered(state: SubscriptionState): boolean {
  return state === 'live' || state === 'checking';
}
