// Members of hooks that are the server's: symbols, so that no member of an application's hook can meet one of them.

/** Registers the hook, at boot. */
export const REGISTER: unique symbol = Symbol('jira register');
/** What the server gave the hook at boot. */
export const CONTEXT: unique symbol = Symbol('jira context');
/** The hook's own rows, for observers of their entity, and for those that name no entity. */
export const OWN_ROWS: unique symbol = Symbol('jira own rows');
/** A shorter way to what a stock action does; asked at boot. */
export const SHORTCUT_OF: unique symbol = Symbol('jira shortcut of');
/** What tells of a hook's live lists. Its description names it in logs. */
export const LISTS: unique symbol = Symbol('listen');
