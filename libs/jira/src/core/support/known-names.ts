// Refuses unknown options, which would otherwise be ignored silently.

import { ConfigurationError } from '../errors/configuration.error.js';
import { meant } from './nearest-name.js';

/** Every option by its name. */
export type Names<O> = Readonly<Record<keyof O, true>>;

/**
 * @param subject the class or the module at fault
 * @param kind what the options are: "option", "@Action() option"
 * @throws ConfigurationError that names the unknown option, and the one that was meant
 */
export function assertNames(subject: string, kind: string, given: object = {}, known: object = {}): void {
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !Object.hasOwn(known, name))
      throw new ConfigurationError(subject, `has an unknown ${kind} "${name}".`, meant(name, Object.keys(known)));
}

/** @throws ConfigurationError about the first of these options that is set to something other than an array */
export function assertLists<O extends object>(
  subject: string,
  kind: string,
  given: O,
  names: readonly (keyof O & string)[],
): void {
  for (const name of names)
    if (given[name] !== undefined && !Array.isArray(given[name]))
      throw new ConfigurationError(subject, `has the ${kind} "${name}", which is not an array.`, 'Set it to an array.');
}
