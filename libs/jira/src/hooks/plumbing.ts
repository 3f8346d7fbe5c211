// Members of hooks that belong to the server. They are symbols, so that no member of an application's hook can clash with them.

/** Registers the hook, at boot. */
export const REGISTER: unique symbol = Symbol('jira register');
/** What the server passed to the hook at boot. */
export const CONTEXT: unique symbol = Symbol('jira context');
/** The hook's own rows, for observers of their entity and for observers that name none. */
export const OWN_ROWS: unique symbol = Symbol('jira own rows');
/** Returns the fast path of a stock action, at boot. */
export const SHORTCUT_OF: unique symbol = Symbol('jira shortcut of');
/** The observer of a hook's live lists. Its description names it in logs. */
export const LISTS: unique symbol = Symbol('listen');
