// Types that describe an API to a client: per namespace its actions, per action what goes in and comes out.

import type { SubscribedData } from './frames.js';

/** The input, query and output of one action, as they are on the wire. */
export interface ActionDescription {
  input: unknown;
  query: unknown;
  output: unknown;
}

/** The actions of one namespace. */
export type HookDescription = Record<string, ActionDescription>;

/** All namespaces of a server; `ApiOf` of the server package derives one from hook classes. */
export type ApiDescription = Record<string, HookDescription>;

declare const CLOSED: unique symbol;

/** Marks a query type as closed: clients refuse other keys. It exists at compile time only. */
export interface ClosedQuery {
  readonly [CLOSED]?: never;
}

declare const ROW: unique symbol;

/** A subscribe's answer, with what its changes bring of a row. `Row` exists at compile time only. */
export interface SubscribedTo<Row> extends SubscribedData {
  readonly [ROW]?: Row;
}

type Primitive = string | number | boolean | null | undefined;
type Unsent = symbol | ((...args: never[]) => unknown);

/**
 * A value as it arrives after JSON: dates, bigints and bytes (in base64) are strings, what has a `toJSON()` is what that
 * returns, functions are gone.
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

/** A page as the page-number pagination answers it. */
export interface PaginatedResponse<T> {
  count: number;
  /** What the count is, where it is not exact: there are more rows than it says, or about as many. */
  count_is?: 'at_least' | 'estimated';
  next_page: number | null;
  previous_page: number | null;
  results: T[];
}

type TextOf<T extends string> = `${T}` extends infer Text extends string
  ? // A branded string has no literal, and stays.
    object extends Record<Text, unknown>
    ? T
    : T | Text
  : never;

/** A value as it may be sent: where an enum of strings is meant, its texts serve too. */
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
