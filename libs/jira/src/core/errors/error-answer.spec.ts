import { BadRequestException, ConflictException, HttpException, InternalServerErrorException } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorAnswer, withCodeAndMessage } from './error-answer.js';
import { JiraException, RowNotFoundException, ValidationException } from './jira.exception.js';
import { describeThrown, fieldErrors } from './thrown.js';

const answer = (error: unknown) => errorAnswer(error, 'r1', []);
const INTERNAL = { status: 500, data: { code: 'INTERNAL', message: 'Server error (request r1).' }, isUnexpected: true };

describe('the answer to an error', () => {
  it('has a status from 400 to 599, a code and a message for anything thrown', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withSymbol: true } as never), (thrown) => {
        const { status, data } = answer(thrown);
        expect(status >= 400 && status <= 599).toBe(true);
        expect([typeof data.code, typeof data.message]).toEqual(['string', 'string']);
      }),
    );
  });

  it('shows nothing of an unexpected error', () => {
    expect(answer(new Error('the password is hunter2'))).toEqual(INTERNAL);
    expect(answer('hunter2')).toEqual(INTERNAL);
    expect(answer(new InternalServerErrorException('hunter2'))).toEqual(INTERNAL);
    expect(answer(new JiraException('INTERNAL', 'hunter2'))).toEqual(INTERNAL);
  });

  it('survives an exception whose getters throw', () => {
    class Broken extends HttpException {
      override getStatus(): number {
        throw new Error('broken');
      }
    }
    expect(answer(new Broken('x', 400))).toEqual(INTERNAL);
  });

  it('keeps the status and message of an HttpException', () => {
    expect(answer(new ConflictException('Taken.'))).toMatchObject({
      status: 409,
      data: { code: 'CONFLICT', message: 'Taken.' },
    });
    expect(answer(new HttpException('Slow down.', 429))).toMatchObject({
      status: 429,
      data: { code: 'TOO_MANY_REQUESTS' },
    });
    expect(answer(new HttpException('Odd.', 1_000))).toEqual(INTERNAL);
  });

  it('keeps code, details and field errors of a JiraException, not its cause', () => {
    const exception = new JiraException('TAKEN', 'Taken.', {
      status: 409,
      details: { current: { id: 1 } },
      errors: { title: ['Taken.'] },
      cause: new Error('hunter2'),
    });
    expect(answer(exception)).toEqual({
      status: 409,
      data: { code: 'TAKEN', message: 'Taken.', current: { id: 1 }, errors: { title: ['Taken.'] } },
      isUnexpected: false,
    });
  });

  it('keeps a 5xx of a code of our own', () => {
    expect(answer(new JiraException('UNAVAILABLE', 'Shutting down.'))).toMatchObject({
      status: 503,
      data: { message: 'Shutting down.' },
      isUnexpected: false,
    });
  });

  it('names the fields of a ValidationPipe, whether it gives errors or texts', () => {
    const invalid = [{ property: 'title', constraints: { length: 'too long' } }];
    expect(answer(new BadRequestException(invalid))).toMatchObject({ data: { errors: { title: ['too long'] } } });
    expect(answer(new BadRequestException(['title is too long']))).toMatchObject({
      data: { code: 'VALIDATION_FAILED', errors: { '': ['title is too long'] } },
    });
    expect(answer(invalid)).toMatchObject({ status: 400, data: { errors: { title: ['too long'] } } });
  });

  it('asks translators in order, for errors nothing else knows', () => {
    const translators = [() => undefined, () => new JiraException('CONFLICT', 'Taken.')];
    expect(errorAnswer(new Error('driver'), 'r1', translators)).toMatchObject({ status: 409 });
    expect(errorAnswer(new RowNotFoundException(), 'r1', translators)).toMatchObject({ status: 404 });
  });

  it('takes aborts and timeouts of the platform for cancelled and timed out', () => {
    const named = (name: string): Error => Object.assign(new Error('x'), { name });
    expect(answer(named('AbortError'))).toMatchObject({ data: { code: 'CANCELLED' } });
    expect(answer(named('TimeoutError'))).toMatchObject({ data: { code: 'TIMEOUT' } });
  });
});

describe('field errors', () => {
  it('name nested fields by dotted path', () => {
    const item = { property: '0', children: [{ property: 'title', constraints: { a: 'bad', b: 'worse' } }] };
    expect(fieldErrors([{ property: 'items', children: [item] }])).toEqual({ 'items.0.title': ['bad', 'worse'] });
  });

  it('are the message of a validation exception', () => {
    expect(new ValidationException({ title: ['bad'] })).toMatchObject({
      status: 400,
      message: 'Some fields are invalid.',
    });
  });
});

describe('a description for the log', () => {
  it('has the causes, and never throws', () => {
    expect(describeThrown(new Error('outer', { cause: new Error('inner') }))).toMatch(/outer[^]*Caused by: [^]*inner/);
    const hostile = { toString: () => { throw new Error('no'); } }; // prettier-ignore
    expect(describeThrown(hostile)).toBe('something that cannot be printed');
  });
});

describe('an error that the application answered by itself', () => {
  it.each([
    [409, { code: 'LATE', message: 'Too late.', at: 1 }, { code: 'LATE', message: 'Too late.', at: 1 }],
    [418, { code: 'TEAPOT' }, { code: 'TEAPOT', message: 'The request was answered 418.' }],
    [404, 'No such room.', { code: 'NOT_FOUND', message: 'No such room.' }],
    [422, ['a', 'b'], { code: 'UNPROCESSABLE', message: 'The request was answered 422.', data: ['a', 'b'] }],
    [503, null, { code: 'UNAVAILABLE', message: 'The request was answered 503.' }],
    [400, { code: 7, message: {} }, { code: 'BAD_REQUEST', message: 'The request was answered 400.' }],
  ])('%i %j has a code and a message', (status, data, completed) => {
    expect(withCodeAndMessage(status, data)).toEqual(completed);
  });
});
