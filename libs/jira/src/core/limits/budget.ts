// What the requests of one user may weigh in a second, whatever they are.

import { publishRefusal } from '../diagnostics/diagnostics.js';
import { JiraException } from '../errors/jira.exception.js';
import type { Connection } from '../connections/connection.js';
import { stateOf, type HookScope } from '../scope/scope.js';
import type { Limits } from './limits.js';

export type BudgetLimits = Pick<Limits, 'userWeightPerSecond' | 'burstSeconds'>;

/** @throws JiraException `TOO_MANY_REQUESTS` where the user has used up the budget */
export function spend({ id, party }: Connection, weight: number, limits: BudgetLimits): void {
  const { userWeightPerSecond, burstSeconds } = limits;
  if (party.budget(userWeightPerSecond, userWeightPerSecond * burstSeconds).take(weight)) return;
  publishRefusal('userWeightPerSecond', id);
  const message = `The requests of this user weigh more than ${userWeightPerSecond} a second. Try again in a second.`;
  throw new JiraException('TOO_MANY_REQUESTS', message);
}

/** The same for the query of a request, which may be read again as long as the request's subscription lives. */
export function spendOnce(scope: HookScope, weight: number, limits: BudgetLimits): void {
  const state = stateOf(scope);
  if (state.isWeighed) return;
  state.isWeighed = true;
  spend(scope.connection, weight, limits);
}
