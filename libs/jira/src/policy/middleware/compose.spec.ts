import { describe, expect, it } from 'vitest';
import { Answer } from '../../core/scope/answer.js';
import type { HookScope } from '../../core/scope/scope.js';
import { compose } from './compose.js';
import type { JiraMiddleware, Next } from './middleware.js';

const scope = {} as HookScope;
const core = () => Promise.resolve(new Answer(200, 'core'));

/** Middleware from a function. */
const layer = (use: (scope: HookScope, next: Next) => Promise<unknown>): JiraMiddleware => ({ use });

describe('composed middleware', () => {
  it('is the core itself if there is none', () => {
    expect(compose([], core)).toBe(core);
  });

  it('runs from the outside in and back', async () => {
    const log: string[] = [];
    const named = (name: string): JiraMiddleware =>
      layer(async (_scope, next) => {
        log.push(`> ${name}`);
        const answer = await next();
        log.push(`< ${name}`);
        return answer;
      });
    expect(await compose([named('outer'), named('inner')], core)(scope)).toEqual(new Answer(200, 'core'));
    expect(log).toEqual(['> outer', '> inner', '< inner', '< outer']);
  });

  it('keeps the answer of next() if a layer returns nothing', async () => {
    const answer = await compose([layer(async (_scope, next) => void (await next()))], core)(scope);
    expect(answer.data).toBe('core');
  });

  it('answers with a value returned without next(), and never calls the core', async () => {
    let calls = 0;
    const answer = await compose([layer(() => Promise.resolve({ cached: true }))], () => {
      calls++;
      return core();
    })(scope);
    expect(answer).toEqual(new Answer(200, { cached: true }));
    expect(calls).toBe(0);
  });

  it('takes null for a value', async () => {
    expect(await compose([layer(() => Promise.resolve(null))], core)(scope)).toEqual(new Answer(200, null));
  });

  it('rejects if a layer neither returns nor calls next()', async () => {
    await expect(compose([layer(() => Promise.resolve())], core)(scope)).rejects.toThrow('did not call next()');
  });

  it('rejects a second call of next()', async () => {
    const twice = layer(async (_scope, next) => [await next(), await next()]);
    await expect(compose([twice], core)(scope)).rejects.toThrow('called next() twice');
  });

  it('rejects with the error of the core', async () => {
    const failing = () => Promise.reject(new Error('core'));
    await expect(compose([layer((_scope, next) => next())], failing)(scope)).rejects.toThrow('core');
  });
});
