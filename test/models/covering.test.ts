// That the models drawn are the models promised: any two features that go together do meet.

import { expect, it } from 'vitest';
import { DATABASES } from '../support/databases.js';
import { Covering } from './covering.js';
import { described, PLAIN, type Spec, drawable } from './factors.js';
import { Random } from './random.js';

it.each(DATABASES)('any two levels that go together meet within 300 models on %s', (type) => {
  const covering = new Covering(new Random(7), (spec) => drawable(spec, type));
  for (let i = 0; i < 300; i++) covering.next();
  const { covered, possible } = covering.report();
  // oxlint-disable-next-line no-console -- how many there are is what the test shows
  console.info(`${type}: ${covered} of ${possible} pairs`);
  expect(covered).toBe(possible);
});

it('a level that does not go with the others gives way to the plainest', () => {
  const spec: Spec = { ...PLAIN, itemKey: 'composite', itemTree: 'closure', rule: 'parent', dependsOn: 'none' };
  expect(described(drawable(spec, 'postgres'))).toEqual({ itemKey: 'composite' });
});
