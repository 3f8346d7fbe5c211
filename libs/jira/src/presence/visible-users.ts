// The users that a caller may see, as a row matcher.

import { createHash } from 'node:crypto';
import type { RowMatcher } from '../live/delivery/channel.js';
import type { Image } from '../core/changes/change.js';
import { EVERY_ROW } from '../live/observers/function-matcher.js';

export function matcherOfUsers(users: ReadonlySet<string> | true): RowMatcher {
  if (users === true) return EVERY_ROW;
  const keys = [...users].toSorted();
  const matches = ({ user }: Image): boolean => users.has(user as string);
  return {
    key: `users ${createHash('sha256').update(JSON.stringify(keys)).digest('hex')}`, // prettier-ignore
    matches,
    judge: (images) => Promise.resolve(images.map(matches)),
    equalities: new Map([['user', keys]]),
  };
}
