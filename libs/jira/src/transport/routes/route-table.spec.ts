import { describe, expect, it } from 'vitest';
import { RouteTable } from './route-table.js';

class A {
  id: string;
}
class B {
  id: number;
}

function tableOf(...paths: string[]): RouteTable {
  const table = new RouteTable();
  for (const path of paths) table.add({ subject: 'Hook', path });
  return table;
}

describe('a table of routes', () => {
  it('prefers the pattern with fewer parameters, whoever came first', () => {
    const table = tableOf('/:any/:other', '/thing/:id', '/thing/new');
    expect(table.find('/thing/new')?.route.pattern).toBe('/thing/new');
    expect(table.find('/thing/7')).toMatchObject({ route: { pattern: '/thing/:id' }, params: { id: '7' } });
    expect(table.find('/else/7')?.route.pattern).toBe('/:any/:other');
    expect(table.find('/a/b/c')).toBeUndefined();
  });

  it('decodes parameters, and a path that cannot be decoded fits nothing', () => {
    const table = tableOf('/thing/:id');
    expect(table.find('/thing/a%20b')?.params).toMatchObject({ id: 'a b' });
    expect(table.find('/thing/%E0%A4%A')).toBeUndefined();
  });

  it('answers the longest paths at once', () => {
    const table = tableOf('/:a-:b', '/x/*rest');
    const start = performance.now();
    for (const path of [`/${'-'.repeat(200_000)}/`, `/x${'/'.repeat(200_000)}%`, `/${'a-'.repeat(100_000)}!/`])
      table.find(path);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('lets hooks share a path, and no others', () => {
    const table = new RouteTable();
    table.add({ subject: 'One', path: '/a/:id', params: A, check: () => null });
    table.add({ subject: 'Two', path: '/a/:id', check: () => null });
    expect(table.get('/a/:id')).toMatchObject({ params: A, checks: [expect.any(Function), expect.any(Function)] });
    expect(() => table.add({ subject: 'Three', path: '/a/:id', params: B })).toThrow(
      /Three and One have different "params"/,
    );
    expect(() => table.add({ subject: 'Raw', path: '/a/:id', raw: () => null })).toThrow(
      /Raw has the same path as One/,
    );
    expect(() => table.add({ subject: 'Bad', path: '/a/:' })).toThrow(/Bad has the path "\/a\/:"/);
  });
});
