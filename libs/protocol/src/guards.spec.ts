import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODES, codeForStatus } from './codes.js';
import { CHANGE_TYPES, METHODS, type AnswerFrame, type ChangeFrame, type RequestFrame } from './frames.js';
import {
  MAX_ACTION_LENGTH,
  MAX_REQUEST_ID_LENGTH,
  isMethod,
  isReservedName,
  parseAnswer,
  parseChange,
  parseRequest,
} from './guards.js';

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true });
const object = fc.dictionary(fc.string(), fc.jsonValue());
const name = fc.string({ minLength: 1, maxLength: 128 });
const method = fc.constantFrom(...METHODS);

const request = fc.record(
  { requestId: name, method, action: name, data: fc.jsonValue(), query: object, headers: object },
  { requiredKeys: ['requestId', 'method', 'action', 'data', 'query', 'headers'] },
);
const answer = fc.record(
  {
    requestId: name,
    method,
    action: name,
    status: fc.integer({ min: 100, max: 599 }),
    data: fc.jsonValue(),
    position: name,
  },
  { requiredKeys: ['requestId', 'method', 'action', 'status', 'data'] },
);
const change = fc.record({
  method: fc.constant('SUBSCRIPTION' as const),
  type: fc.constantFrom(...CHANGE_TYPES),
  status: fc.constant(200 as const),
  channel: name,
  position: name,
  id: fc.oneof(fc.string(), fc.integer(), fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()))),
  data: fc.jsonValue(),
});

describe.each([
  ['parseRequest', parseRequest],
  ['parseAnswer', parseAnswer],
  ['parseChange', parseChange],
])('%s', (_name, parse) => {
  it('gives a frame or a reason for any value, and never throws', () => {
    const nearly = fc.record({
      requestId: anything,
      method: anything,
      action: anything,
      query: anything,
      status: anything,
    });
    fc.assert(
      fc.property(fc.oneof(anything, nearly), (value) => {
        const parsed = parse(value);
        expect(parsed.ok || parsed.reason.length > 10).toBe(true);
      }),
    );
  });

  it('takes no array, no function and no null for a frame', () => {
    for (const value of [[], null, undefined, () => 0, 'x', 1, true]) expect(parse(value).ok).toBe(false);
  });
});

describe('a frame that went over the wire', () => {
  const sent = (frame: object): unknown => JSON.parse(JSON.stringify(frame));

  it('comes back as the same request', () => {
    fc.assert(
      fc.property(request, (frame: RequestFrame) => {
        expect(parseRequest(sent(frame))).toEqual({ ok: true, frame: sent(frame) });
      }),
    );
  });

  it('comes back as the same answer', () => {
    fc.assert(
      fc.property(answer, (frame: AnswerFrame) => {
        expect(parseAnswer(sent(frame))).toEqual({ ok: true, frame: sent(frame) });
      }),
    );
  });

  it('comes back as the same change', () => {
    fc.assert(
      fc.property(change, (frame: ChangeFrame) => {
        expect(parseChange(sent(frame))).toEqual({ ok: true, frame: sent(frame) });
      }),
    );
  });
});

describe('parseRequest', () => {
  const good = { requestId: 'r1', method: 'GET', action: 'list' };

  it('gives an empty query and empty headers to a request without them', () => {
    expect(parseRequest(good)).toEqual({ ok: true, frame: { ...good, data: undefined, query: {}, headers: {} } });
    expect(parseRequest({ ...good, query: null, headers: null })).toMatchObject({ frame: { query: {}, headers: {} } });
  });

  it('ignores keys it does not know', () => {
    const parsed = parseRequest({ ...good, event: 'issues', extra: 1 });
    expect(parsed.ok && Object.keys(parsed.frame)).toEqual([
      'requestId',
      'method',
      'action',
      'data',
      'query',
      'headers',
    ]);
  });

  it('accepts names of the greatest length', () => {
    const frame = { ...good, requestId: 'r'.repeat(MAX_REQUEST_ID_LENGTH), action: 'a'.repeat(MAX_ACTION_LENGTH) };
    expect(parseRequest(frame).ok).toBe(true);
  });

  it.each([
    ['undefined', undefined, 'a request must be an object, not a undefined'],
    ['null', null, 'a request must be an object, not null'],
    ['a string', '{"requestId":"r1"}', 'a request must be an object, not a string'],
    ['a number', 7, 'a request must be an object, not a number'],
    ['an array', [good], 'a request must be an object, not an array'],
    ['an empty object', {}, '"requestid" must be a string'],
    ['no requestId', { method: 'GET', action: 'list' }, '"requestid" must be a string'],
    ['an empty requestId', { ...good, requestId: '' }, '"requestid" must be a string of 1 to 128 characters'],
    ['a numeric requestId', { ...good, requestId: 1 }, '"requestid" must be a string'],
    ['a requestId that is an object', { ...good, requestId: {} }, '"requestid" must be a string'],
    [
      'too long a requestId',
      { ...good, requestId: 'r'.repeat(MAX_REQUEST_ID_LENGTH + 1) },
      '"requestid" must be a string',
    ],
    ['no method', { requestId: 'r1', action: 'list' }, '"method" must be one of get, post'],
    ['an unknown method', { ...good, method: 'HEAD' }, '"method" must be one of get, post'],
    ['a method in small letters', { ...good, method: 'get' }, '"method" must be one of get, post'],
    ['a method that is an inherited name', { ...good, method: 'constructor' }, '"method" must be one of'],
    ['no action', { requestId: 'r1', method: 'GET' }, '"action" must be a string'],
    ['an empty action', { ...good, action: '' }, '"action" must be a string of 1 to 128 characters'],
    ['an action that is a number', { ...good, action: 3 }, '"action" must be a string'],
    ['too long an action', { ...good, action: 'a'.repeat(MAX_ACTION_LENGTH + 1) }, '"action" must be a string'],
    ['a query that is a string', { ...good, query: 'page=1' }, '"query" must be an object'],
    ['a query that is an array', { ...good, query: [] }, '"query" must be an object'],
    ['headers that are a string', { ...good, headers: 'a: b' }, '"headers" must be an object'],
    ['headers that are an array', { ...good, headers: [] }, '"headers" must be an object'],
  ])('refuses %s by name', (_what, value, reason) => {
    const parsed = parseRequest(value);
    expect(!parsed.ok && parsed.reason.toLowerCase()).toContain(reason);
  });

  it('says what it could read, so that the sender can be answered', () => {
    expect(parseRequest({ ...good, method: 'HEAD' })).toMatchObject({ ok: false, requestId: 'r1', action: 'list' });
    expect(parseRequest({ ...good, requestId: 1 })).not.toHaveProperty('requestId', 1);
  });
});

describe('parseAnswer', () => {
  const good = { requestId: 'r1', method: 'GET', action: 'list', status: 200, data: null };

  it.each([
    ['no requestId', { ...good, requestId: undefined }, '"requestId"'],
    ['an unknown method', { ...good, method: 'HEAD' }, '"method"'],
    ['an action that is none', { ...good, action: null }, '"action"'],
    ['a status that is a string', { ...good, status: '200' }, '"status"'],
    ['a status of two digits', { ...good, status: 99 }, '"status"'],
    ['a broken status', { ...good, status: 200.5 }, '"status"'],
    ['a position that is a number', { ...good, position: 4 }, '"position"'],
  ])('refuses %s by name', (_what, value, part) => {
    const parsed = parseAnswer(value);
    expect(!parsed.ok && parsed.reason).toContain(part);
  });
});

describe('parseChange', () => {
  const good = { method: 'SUBSCRIPTION', type: 'added', status: 200, channel: 'c', position: 'p', id: 1, data: {} };

  it.each([
    ['another method', { ...good, method: 'GET' }, '"method"'],
    ['an unknown type', { ...good, type: 'changed' }, '"type"'],
    ['no channel', { ...good, channel: undefined }, '"channel"'],
    ['no position', { ...good, position: undefined }, '"position"'],
  ])('refuses %s by name', (_what, value, part) => {
    const parsed = parseChange(value);
    expect(!parsed.ok && parsed.reason).toContain(part);
  });

  it('does not take an answer for a change', () => {
    expect(
      parseChange({ requestId: 'r1', method: 'SUBSCRIPTION', action: 'subscribe', status: 200, data: {} }).ok,
    ).toBe(false);
  });
});

describe('the names', () => {
  it('are reserved if they begin with $ or mean something to Socket.IO', () => {
    fc.assert(fc.property(fc.string(), (rest) => isReservedName(`$${rest}`)));
    for (const event of ['connect', 'disconnect', 'error', 'newListener']) expect(isReservedName(event)).toBe(true);
    for (const namespace of ['issues', 'users', 'constructor', '__proto__'])
      expect(isReservedName(namespace)).toBe(false);
  });

  it('of methods are these six and nothing else', () => {
    fc.assert(fc.property(fc.string(), (text) => isMethod(text) === (METHODS as readonly string[]).includes(text)));
  });
});

describe('the codes', () => {
  it('give each status its most general code, whose status is that status', () => {
    for (const { status } of Object.values(CODES)) expect(CODES[codeForStatus(status)].status).toBe(status);
  });

  it('fall back to BAD_REQUEST among the 4xx and to INTERNAL elsewhere', () => {
    expect([codeForStatus(418), codeForStatus(451)]).toEqual(['BAD_REQUEST', 'BAD_REQUEST']);
    expect([codeForStatus(302), codeForStatus(502), codeForStatus(Number.NaN)]).toEqual([
      'INTERNAL',
      'INTERNAL',
      'INTERNAL',
    ]);
  });
});
