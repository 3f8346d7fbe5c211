import { describe, expect, it } from 'vitest';
import { meant, nearestName } from './nearest-name.js';

describe('the name that a misspelled one was meant to be', () => {
  const known = ['permissions', 'filterFields', 'entity', 'rooms'];

  it.each([
    ['permisions', 'permissions', 'a letter less'],
    ['permissionss', 'permissions', 'a letter more'],
    ['permissoins', 'permissions', 'two letters swapped'],
    ['filter_fields', 'filterFields', 'underscores'],
    ['filterfield', 'filterFields', 'case and a letter less'],
    ['entitiy', 'entity', 'one slip in a short name'],
  ])('%s → %s (%s)', (name, expected) => {
    expect(nearestName(name, known)).toBe(expected);
  });

  it.each(['entityName', 'roams2', 'secret', ''])('%s is nobody’s', (name) => {
    expect(nearestName(name, known)).toBeUndefined();
  });

  it('is the nearest of several', () => {
    expect(nearestName('orderingField', ['orderingFeld', 'orderingFields'])).toBe('orderingFeld');
    expect(nearestName('searchField', ['searchFieldsOf', 'searchFields'])).toBe('searchFields');
  });

  it('is said as a question, or else all names are', () => {
    expect(meant('permisions', known)).toBe('Did you mean "permissions"?');
    expect(meant('x', ['a-long-name', 'another'])).toBe('Use a-long-name, another.');
  });
});
