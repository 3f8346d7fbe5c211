// Types that describe an API to a client: the actions of each namespace, and the input, query and output of each action.

import type { SubscribedData } from './frames.js';

/** The input, query and output of one action, as they are on the wire. */
export interface ActionDescription {
  input: unknown;
  query: unknown;
  output: unknown;
}

/** The actions of one namespace. */
export type HookDescription = Record<string, ActionDescription>;

/** All namespaces of a server. The server package's `ApiOf` derives this from hook classes. */
export type ApiDescription = Record<string, HookDescription>;

declare const CLOSED: unique symbol;

/** Marks a query type as closed: clients refuse other keys. It exists at compile time only. */
export interface ClosedQuery {
  readonly [CLOSED]?: never;
}

declare const ROW: unique symbol;

/** The answer to a subscribe, with the type of the rows in its changes. `Row` exists at compile time only. */
export interface SubscribedTo<Row> extends SubscribedData {
  readonly [ROW]?: Row;
}

type Primitive = string | number | boolean | null | undefined;
type Unsent = symbol | ((...args: never[]) => unknown);

/**
 * The type of a value on the wire. Dates, bigints and bytes (in base64) become strings. An object with `toJSON()` becomes
 * its result. Functions are left out.
 */
export type Wire<T> = T extends Primitive
  ? T
  : T extends bigint | Uint8Array
    ? string
    : T extends { toJSON(...args: never[]): infer Json }
      ? Wire<Json>
      : T extends Unsent
        ? never
        : T extends readonly unknown[]
          ? { -readonly [K in keyof T]: Wire<T[K]> }
          : T extends object
            ? { [K in keyof T as T[K] extends Unsent ? never : K]: Wire<T[K]> }
            : T;

/** A page as page-number pagination answers it. */
export interface PaginatedResponse<T> {
  count: number;
  /** Absent if `count` is exact. `at_least`: there are more rows. `estimated`: there are about this many. */
  count_is?: 'at_least' | 'estimated';
  /** The number of the next page; `null` on the last. */
  next_page: number | null;
  /** The number of the previous page; `null` on the first. */
  previous_page: number | null;
  results: T[];
}

type TextOf<T extends string> = `${T}` extends infer Text extends string
  ? // A branded string has no literal type, and stays as it is.
    object extends Record<Text, unknown>
    ? T
    : T | Text
  : never;

/** A value as a client may send it: the text of a string enum's member may stand in for the member. */
export type Sendable<T> = [WithTexts<T>] extends [T] ? T : WithTexts<T>;

type WithTexts<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? TextOf<T>
    : T extends Primitive | bigint | Date | Uint8Array | Unsent
      ? T
      : T extends object
        ? { [K in keyof T]: WithTexts<T[K]> }
        : T;
