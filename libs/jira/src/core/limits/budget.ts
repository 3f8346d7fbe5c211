// The budget of one user: the weight that requests may use per second.

import { publishRefusal } from '../diagnostics/diagnostics.js';
import { JiraException } from '../errors/jira.exception.js';
import type { Connection } from '../connections/connection.js';
import { stateOf, type HookScope } from '../scope/scope.js';
import type { Limits } from './limits.js';
import { limitOf } from './limits-of.js';

export type BudgetLimits = Pick<Limits, 'userWeightPerSecond' | 'burstSeconds'>;

/**
 * Charges a weight to the user's budget.
 *
 * @throws JiraException `TOO_MANY_REQUESTS` if the budget is used up
 */
export function spend(connection: Connection, weight: number, limits: BudgetLimits): void {
  const { id, party } = connection;
  const userWeightPerSecond = limitOf(connection, limits, 'userWeightPerSecond');
  if (party.budget(userWeightPerSecond, userWeightPerSecond * limits.burstSeconds).take(weight)) return;
  publishRefusal('userWeightPerSecond', id);
  const message = `The requests of this user weigh more than ${userWeightPerSecond} a second. Try again in a second.`;
  throw new JiraException('TOO_MANY_REQUESTS', message);
}

/** Charges a request's query once, even if it is read again while the request's subscription lives. */
export function spendOnce(scope: HookScope, weight: number, limits: BudgetLimits): void {
  const state = stateOf(scope);
  if (state.isWeighed) return;
  state.isWeighed = true;
  spend(scope.connection, weight, limits);
}
