import { describe, expect, it } from 'vitest';
import { Mailbox, type MailboxOptions } from './mailbox.js';
import { Topics } from './topics.js';

function mailbox(options: MailboxOptions = {}): { box: Mailbox<number>; ends: () => number } {
  let ended = 0;
  const box = new Mailbox<number>(options, () => ended++);
  return { box, ends: () => ended };
}

async function drain(box: Mailbox<number>): Promise<number[]> {
  const values: number[] = [];
  for await (const value of box) values.push(value);
  return values;
}

describe('a mailbox', () => {
  it('gives values in order, whether they or their consumer come first', async () => {
    const { box } = mailbox();
    box.put(1);
    const [first, second] = [box.next(), box.next()];
    box.put(2);
    expect([(await first).value, (await second).value]).toEqual([1, 2]);
  });

  it('gives what it holds before it ends, and the error once', async () => {
    const { box, ends } = mailbox();
    box.put(1);
    box.end(new Error('lost'));
    box.put(2);
    expect(await box.next()).toEqual({ done: false, value: 1 });
    await expect(box.next()).rejects.toThrow('lost');
    expect(await box.next()).toEqual({ done: true, value: undefined });
    expect(ends()).toBe(1);
  });

  it.each([
    ['drop-oldest', [2, 3]],
    ['drop-newest', [1, 2]],
  ] as const)('keeps the right values with %s, and counts the others', async (overflow, kept) => {
    const { box } = mailbox({ capacity: 2, overflow });
    for (const value of [1, 2, 3]) box.put(value);
    expect(box.dropped).toBe(1);
    box.end();
    expect(await drain(box)).toEqual(kept);
  });

  it('fails with STREAM_OVERFLOW by default, after what it holds', async () => {
    const { box } = mailbox({ capacity: 1 });
    for (const value of [1, 2]) box.put(value);
    expect(await box.next()).toEqual({ done: false, value: 1 });
    await expect(box.next()).rejects.toMatchObject({ code: 'STREAM_OVERFLOW', status: 503 });
  });

  it('ends when its consumer leaves the loop', async () => {
    const { box, ends } = mailbox();
    for (const value of [1, 2]) box.put(value);
    for await (const value of box) if (value === 1) break;
    expect(ends()).toBe(1);
    expect(await drain(box)).toEqual([]);
  });

  it('refuses a capacity below 1', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN]) expect(() => mailbox({ capacity })).toThrow(RangeError);
  });
});

describe('topics', () => {
  it('give each subscriber of a key a copy of its own', async () => {
    const topics = new Topics();
    const [a, b] = [topics.open<object>('k', {}), topics.open<object>('k', {})];
    topics.open('other', {});
    topics.put('k', () => ({ n: 1 }));
    const [first, second] = [(await a.next()).value, (await b.next()).value];
    expect(first).toEqual(second);
    expect(first).not.toBe(second);
  });

  it('tell when the last subscriber of a key is gone', async () => {
    const gone: string[] = [];
    const topics = new Topics((key) => gone.push(key));
    const [a, b] = [topics.open('k', {}), topics.open('k', {})];
    await a.return();
    expect([gone, topics.has('k')]).toEqual([[], true]);
    await b.return();
    expect([gone, topics.has('k')]).toEqual([['k'], false]);
  });
});
