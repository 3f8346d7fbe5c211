// `?cursor=…` → the rows after or before those the client has. Stable while other clients insert and delete rows.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ValidationException } from '../../core/errors/jira.exception.js';
import type { HookScope } from '../../core/scope/scope.js';
import type { CursorRow, Seek } from './cursor.js';
import { Pagination, positive, type PageLimits, type PageSource } from './pagination.js';

/** A page of `CursorPagination`. */
export interface CursorPage {
  /** Pass it as `cursor` to get the next rows; `null` at the end. */
  readonly next: string | null;
  /** Pass it as `cursor` to get the previous rows; `null` at the beginning. */
  readonly previous: string | null;
  /** Rows as the client sees them. */
  readonly results: readonly unknown[];
}

/** The secret if the application sets none: its cursors are invalid after a restart. */
const PROCESS_SECRET = randomBytes(32).toString('base64');
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Continues from a row, forwards or backwards, instead of skipping a number of rows. Cursors are encrypted and authenticated:
 * they reveal nothing about the row. A cursor that was forged, or made for another list or ordering, is answered with a field
 * error.
 *
 * @example
 * @Injectable()
 * export class FeedPagination extends CursorPagination { override readonly secret = process.env.CURSOR_SECRET!; }
 */
@Injectable()
export class CursorPagination extends Pagination {
  readonly queryKeys: readonly string[] = ['cursor', 'page_size'];
  /** Secret that encrypts cursors. Use one secret on every node, so that cursors stay valid. @default random for this process */
  protected readonly secret: string = PROCESS_SECRET;

  async paginate(source: PageSource, scope: HookScope, limits: PageLimits): Promise<CursorPage> {
    if (source.order === undefined || !source.seek)
      throw new ValidationException({ ordering: ['Cursor pagination does not support this ordering.'] });
    const size = Math.min(positive(scope.query['page_size']) ?? limits.pageSize, limits.maxPageSize);
    const context = JSON.stringify([scope.namespace, source.order]);
    const { cursor } = scope.query;
    const from = cursor === undefined || cursor === null || cursor === '' ? undefined : this.open(cursor, context);
    const found = await source.seek(from, size + 1);
    const page = found.slice(0, size);
    const isBackward = from?.side === 'before';
    if (isBackward) page.reverse();
    const hasMore = found.length > size;
    const neighbour = (side: Seek['side'], isThere: boolean): string | null =>
      isThere ? this.seal(edgeOf(page, side, from), context) : null;
    return {
      next: neighbour('after', isBackward || hasMore),
      previous: neighbour('before', isBackward ? hasMore : from !== undefined),
      results: page.map(({ row }) => row),
    };
  }

  private seal(seek: Seek, context: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key(), nonce).setAAD(Buffer.from(context));
    const text = JSON.stringify(seek);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  private open(cursor: unknown, context: string): Seek {
    try {
      const bytes = Buffer.from(String(cursor), 'base64url');
      const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv(ALGORITHM, this.key(), bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
      const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      return JSON.parse(text) as Seek;
    } catch (error) {
      throw new ValidationException({ cursor: ['This cursor does not belong to this list.'] }, undefined, error);
    }
  }

  private key(): Buffer {
    return createHash('sha256').update(this.secret).digest();
  }
}

/** Where the page ends on one side. An empty page ends at the cursor it was read from; that cursor's row is on the other side. */
function edgeOf(page: readonly CursorRow<unknown>[], side: Seek['side'], from: Seek | undefined): Seek {
  const edge = side === 'after' ? page.at(-1) : page[0];
  return edge
    ? { cursor: edge.cursor, side }
    : { cursor: (from as Seek).cursor, side, isInclusive: !from?.isInclusive };
}
