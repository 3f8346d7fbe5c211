// Tokens of what has no class of its own.

/** What the errors of libraries mean. */
export const TRANSLATORS = Symbol('jira error translators');
