// What the calls of an API take and answer, by its description. Without a description, they take and answer anything.

import type { ActionDescription, AnswerFrame } from 'nestjs-jira-protocol';

export type NamespaceOf<Api> = keyof Api & string;
export type ActionOf<Api, N extends keyof Api> = keyof Api[N] & string;

type Part<Action, Name extends keyof ActionDescription> = Action extends ActionDescription ? Action[Name] : unknown;

export type InputOf<Action> = Part<Action, 'input'>;
export type QueryOf<Action> = Part<Action, 'query'> & object;

/** The query of a hook's `subscribe`, if it has that action. */
export type FilterOf<Hook> = 'subscribe' extends keyof Hook ? QueryOf<Hook['subscribe']> : object;

/** `data` is the action's output if the status is below 300, and otherwise `ErrorData`. */
export type AnswerOf<Action> = AnswerFrame & { readonly data: Part<Action, 'output'> };
