// `?cursor=…` → the rows after those the client has: stable while others insert and delete, whatever the page.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ValidationException } from '../errors/jira.exception.js';
import type { HookScope } from '../scope/scope.js';
import { positionAfter, type Keyset, type KeysetPosition, type KeyValue } from './keyset.js';
import { Pagination, positive, type PageLimits, type PageSource } from './pagination.js';

export interface CursorPage {
  /** Give it as `cursor` for the rows that follow; `null` at the end. */
  readonly next: string | null;
  readonly results: readonly unknown[];
}

/** Without a secret of the application's, cursors end with the process. */
const PROCESS_SECRET = randomBytes(32).toString('base64');
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Rows of one moment that a cursor can hold. */
const MOST_SEEN = 200;

/**
 * Reads on from a row instead of counting rows to skip. A cursor is encrypted and authenticated: it shows nothing of the
 * row it stands for, and one that was made up, altered, or made for another list or order is a field error.
 *
 * @example
 * @Injectable()
 * export class FeedPagination extends CursorPagination { override readonly secret = process.env.CURSOR_SECRET!; }
 */
@Injectable()
export class CursorPagination extends Pagination {
  readonly queryKeys: readonly string[] = ['cursor', 'page_size'];
  /** The same on every node, and after a restart, for cursors to go on. @default a random one for this process */
  protected readonly secret: string = PROCESS_SECRET;

  async paginate(source: PageSource, scope: HookScope, limits: PageLimits): Promise<CursorPage> {
    const keyset = source.keyset?.();
    if (!keyset || !source.read)
      throw new ValidationException({ ordering: ['Pages by cursor cannot be ordered by a related field.'] });
    const size = Math.min(positive(scope.query['page_size']) ?? limits.pageSize, limits.maxPageSize);
    const context = JSON.stringify([scope.namespace, keyset.fields.map(({ path, direction }) => [path, direction])]);
    const { cursor } = scope.query;
    const from = cursor === undefined || cursor === null || cursor === '' ? undefined : this.open(cursor, context);
    const rows = await source.read(from, size + 1);
    const page = rows.slice(0, size);
    const next = rows.length > size ? this.seal(this.position(keyset, page, from), context) : null;
    return { next, results: page.map(({ shown }) => shown) };
  }

  private position(keyset: Keyset, page: readonly { row: object }[], from?: KeysetPosition): KeysetPosition {
    const position = positionAfter(keyset, page.map(({ row }) => row), from); // prettier-ignore
    if (position.seen.length <= MOST_SEEN) return position;
    const message = `More than ${MOST_SEEN} rows have the same time: order by another field, or store it by the millisecond.`;
    throw new ValidationException({ ordering: [message] });
  }

  private seal(position: KeysetPosition, context: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key(), nonce).setAAD(Buffer.from(context));
    const text = JSON.stringify([position.values.map(written), position.seen.map((key) => key.map(written))]);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  private open(cursor: unknown, context: string): KeysetPosition {
    try {
      const bytes = Buffer.from(String(cursor), 'base64url');
      const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv(ALGORITHM, this.key(), bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
      const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      const [values, seen] = JSON.parse(text) as [unknown[], unknown[][]];
      return { values: values.map(read), seen: seen.map((key) => key.map(read)) };
    } catch (error) {
      throw new ValidationException({ cursor: ['This is no cursor of this list.'] }, undefined, error);
    }
  }

  private key(): Buffer {
    return createHash('sha256').update(this.secret).digest();
  }
}

function written(value: KeyValue): unknown {
  return value instanceof Date ? { at: value.getTime() } : value;
}

function read(value: unknown): KeyValue {
  return typeof value === 'object' && value !== null ? new Date((value as { at: number }).at) : (value as KeyValue);
}
