// The schemas of frames, as docs/protocol.md specifies them.

import { CHANGE_TYPES, CODES, MAX_ACTION_LENGTH, MAX_REQUEST_ID_LENGTH, METHODS, type Code, type Method } from 'nestjs-jira-protocol'; // prettier-ignore
import { anyOf, listOf, NULL, objectOf, TEXT, type Schema } from './schema.js';

const REQUEST_ID: Schema = { type: 'string', minLength: 1, maxLength: MAX_REQUEST_ID_LENGTH };
const SCALAR: Schema = { type: ['string', 'number'] };

/** Schemas that do not depend on the application. */
export const PROTOCOL_SCHEMAS: Readonly<Record<string, Schema>> = {
  'jira.RowId': { anyOf: [SCALAR, { type: 'object', additionalProperties: SCALAR }] },
  'jira.Gone': {
    ...objectOf({ pk: ref('RowId') }, ['pk']),
    description: 'A row that went out of sight: its primary key alone.',
  },
  'jira.ErrorData': {
    type: 'object',
    properties: {
      code: { type: 'string', examples: Object.keys(CODES), description: 'For programs. An application may have codes of its own.' },
      message: { type: 'string', description: 'For people.' },
      errors: {
        type: 'object',
        additionalProperties: listOf(TEXT),
        description: 'Messages by field; a nested field by its dotted path, the row as a whole under the empty name.',
      },
      reason: { type: 'integer', description: 'Why a subscription ended.' },
    },
    required: ['code', 'message'],
  },
  'jira.Subscribed': objectOf(
    {
      channel: { type: 'string', description: 'Changes that name it are for this subscription.' },
      position: { type: 'string', description: 'What was committed after it arrives on the channel. Opaque.' },
      resume: { type: 'string', description: 'The header "resume" of the next subscribe.' },
      recovered: { type: 'boolean', description: 'Whether "changes" are all that was missed.' },
      changes: listOf({
        type: 'object',
        properties: { type: { enum: ['added', 'modified', 'removed'] }, id: ref('RowId'), data: {}, position: TEXT },
        required: ['type', 'id', 'data', 'position'],
      }),
      snapshot: { description: 'What "list" answers, if the headers asked for it.' },
    },
    ['channel', 'position'],
  ),
  'jira.ResumeHeaders': {
    type: 'object',
    properties: {
      resume: { type: ['string', 'null'], description: 'The token of the subscribe before; null for the first.' },
      position: { type: 'string' },
      silentMs: { type: 'number', minimum: 0 },
      snapshot: anyOf({ const: true }, { type: 'object' }),
    },
  },
  'jira.Session': objectOf(
    { expiresAt: { type: ['string', 'null'], format: 'date-time' }, expiresInMs: { type: ['number', 'null'] } },
    ['expiresAt', 'expiresInMs'],
  ),
  'jira.Refusal': {
    type: 'object',
    properties: { code: TEXT, status: { type: 'integer', minimum: 400, maximum: 599 } },
    required: ['code', 'status'],
  },
  'jira.Error': answerFrame({
    action: { type: 'string', maxLength: MAX_ACTION_LENGTH },
    methods: METHODS,
    status: { type: 'integer', minimum: 400, maximum: 599 },
    data: ref('ErrorData'),
  }),
}; // prettier-ignore

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/jira.${name}` };
}

export interface RequestParts {
  readonly action: string;
  readonly methods: readonly Method[];
  readonly data?: Schema;
  readonly needsData?: boolean;
  readonly query?: Schema;
  readonly needsQuery?: boolean;
  readonly headers?: Schema;
}

export function requestFrame({ action, methods, data, needsData, query, needsQuery, headers }: RequestParts): Schema {
  const required = ['requestId', 'method', 'action'];
  if (needsData) required.push('data');
  if (needsQuery) required.push('query');
  return {
    type: 'object',
    properties: {
      requestId: REQUEST_ID,
      method: oneOfMethods(methods),
      action: { const: action },
      ...(data && { data }),
      ...(query && { query: needsQuery ? query : anyOf(query, NULL) }),
      headers: headers ?? { type: ['object', 'null'] },
    },
    required,
  };
}

export interface AnswerParts {
  readonly action: Schema;
  readonly methods: readonly Method[];
  readonly status: Schema;
  readonly data: Schema;
}

export function answerFrame({ action, methods, status, data }: AnswerParts): Schema {
  return objectOf(
    {
      requestId: { type: 'string', maxLength: MAX_REQUEST_ID_LENGTH },
      method: oneOfMethods(methods),
      action,
      status,
      data,
      position: { type: 'string', description: 'The commit this request made. Changes it caused carry the same.' },
    },
    ['requestId', 'method', 'action', 'status', 'data'],
  );
}

/**
 * @param row what subscribers see of a row
 * @param list changes of a live list, if the hook has live lists
 */
export function changeFrame(row: Schema, list: Schema | undefined): Schema {
  const rows = (type: Schema, data: Schema): Schema => ({
    properties: { type, data },
    required: ['id'],
  });
  return {
    ...objectOf(
      {
        method: { const: 'SUBSCRIPTION' },
        type: { enum: list ? CHANGE_TYPES : CHANGE_TYPES.filter((type) => type !== 'list') },
        status: { const: 200 },
        channel: TEXT,
        position: TEXT,
        requestId: { type: 'string', description: 'The one subscription it is meant for.' },
        id: ref('RowId'),
        data: {},
      },
      ['method', 'type', 'status', 'channel', 'position', 'data'],
    ),
    anyOf: [
      rows({ enum: ['added', 'modified'] }, row),
      rows({ const: 'removed' }, anyOf(row, ref('Gone'))),
      ...(list ? [{ properties: { type: { const: 'list' }, data: list } }] : []),
      { properties: { type: { const: 'reset' }, data: NULL } },
    ],
  };
}

function oneOfMethods(methods: readonly Method[]): Schema {
  const [first] = methods;
  return methods.length === 1 ? { const: first } : { enum: methods };
}

/** Codes in the document: each with its status, and whether the same request may succeed later. */
export function errorsOf(codes: readonly Code[]): readonly Schema[] {
  return Object.keys(CODES)
    .filter((code) => codes.includes(code as Code))
    .map((code) => ({ code, ...CODES[code as Code] }));
}
