import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { Middleware, type JiraMiddleware, type MiddlewareOptions } from './middleware.js';
import { inOrder, surrounding } from './order.js';

function middleware(options: MiddlewareOptions): JiraMiddleware {
  @Middleware(options)
  class Layer implements JiraMiddleware {
    use(): Promise<unknown> {
      return Promise.resolve();
    }
  }
  return new Layer();
}

describe('the order of middleware', () => {
  it('is by priority, lowest first, then as listed', () => {
    const [late, first, early, second] = [{ priority: 20 }, {}, { priority: -1 }, {}].map(middleware);
    expect(inOrder([late, first, early, second])).toEqual([early, late, first, second]);
  });

  it('refuses two equal priorities', () => {
    const two = [{ priority: 1 }, { priority: 1 }].map(middleware);
    expect(() => inOrder(two)).toThrow(/has the same priority as Layer: 1\./);
  });
});

describe('the pattern of middleware', () => {
  const applies = (pattern: MiddlewareOptions['pattern'], route: string): boolean =>
    surrounding([middleware({ pattern })], route).length === 1;

  it('is anchored at the beginning of namespace/action', () => {
    expect(applies(/issues\/create/, 'issues/create')).toBe(true);
    expect(applies(/issues\/create/, 'issues/createMany')).toBe(true);
    expect(applies(/create/, 'issues/create')).toBe(false);
  });

  it('anchors every alternative', () => {
    expect(applies(/users|create/, 'issues/create')).toBe(false);
  });

  it('may be a string, and keeps its flags but for g and y', () => {
    expect(applies('issues/(create|update)', 'issues/update')).toBe(true);
    expect(applies(/ISSUES/giy, 'issues/list')).toBe(true);
  });

  it('is every action if there is none', () => {
    expect(applies(undefined, 'anything/at-all')).toBe(true);
  });
});
