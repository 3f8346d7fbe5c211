import { describe, expect, it } from 'vitest';
import {
  isAnswered,
  isSettled,
  nextState,
  REASONS,
  type Reason,
  type SubscriptionState,
} from './subscription-state.js';

const STATES: readonly SubscriptionState[] = ['opening', 'opened', 'live', 'checking', 'ended'];
const ALL = Object.values(REASONS);
const walk = (...reasons: Reason[]): SubscriptionState => reasons.reduce<SubscriptionState>(nextState, 'opening');

describe('the states of a subscription', () => {
  it('begin with rights that are looked at, and no answer', () => {
    expect([isSettled('opening'), isAnswered('opening')]).toEqual([false, false]);
  });

  it('are live only when the rights are known and the subscribe is answered, in whatever order', () => {
    expect(walk(REASONS.placed)).toBe('opened');
    expect(walk(REASONS.placed, REASONS.answered)).toBe('live');
    expect(walk(REASONS.answered)).toBe('checking');
    expect(walk(REASONS.answered, REASONS.placed)).toBe('live');
  });

  it('are left by every reason to look at rights again, also before the answer', () => {
    for (const reason of ALL.filter((one) => one >= 100 && one < 200)) {
      expect(walk(REASONS.placed, REASONS.answered, reason)).toBe('checking');
      expect(walk(REASONS.placed, reason)).toBe('opening');
      expect(walk(REASONS.placed, reason, REASONS.answered)).toBe('checking');
      expect(walk(REASONS.placed, reason, REASONS.answered, REASONS.placed)).toBe('live');
    }
  });

  it('end from everywhere, for good', () => {
    for (const state of STATES)
      for (const end of ALL.filter((one) => one >= 200)) {
        expect(nextState(state, end)).toBe('ended');
        for (const reason of ALL) expect(nextState('ended', reason)).toBe('ended');
      }
  });

  it('never become live while rights are looked at', () => {
    for (const state of STATES.filter((one) => !isSettled(one))) expect(nextState(state, REASONS.answered)).not.toBe('live'); // prettier-ignore
  });

  it('have reasons with numbers of their own', () => {
    expect(new Set(ALL).size).toBe(ALL.length);
  });
});
