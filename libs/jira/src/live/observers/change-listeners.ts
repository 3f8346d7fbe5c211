// Calls the `@OnChange` methods of a provider.

import { ProblemLog } from '../../core/errors/problem-log.js';
import type { Change } from '../../core/changes/change.js';
import type { ChangeLog, LoggedCommit } from '../../core/changes/change-log.js';
import { assertNames } from '../../core/support/known-names.js';
import type { Hub } from '../delivery/hub.js';
import type { Observables } from './observed-rows.js';
import { changeListenersOf, ON_CHANGE_OPTIONS } from './on-change.decorator.js';

type Listener = (change: Change, data: unknown) => unknown;

const problems = new ProblemLog();

/** Connects the provider's marked methods to the hub. @throws ConfigurationError if no data source has an entity they name */
export function connectListeners(provider: object, hub: Hub, observables: Observables): void {
  for (const { member, entity, options } of changeListenersOf(provider)) {
    const subject = `${provider.constructor.name}.${member}()`;
    assertNames(subject, '@OnChange() option', options, ON_CHANGE_OPTIONS);
    const rows = observables.find(entity, subject, options.dataSource);
    rows.watch();
    const method = (provider as Record<string, Listener>)[member];
    const call = async (change: Change): Promise<void> => {
      try {
        const row = change.after ?? change.before;
        const data = options.serialize && row ? await options.serialize(row, change.type) : { pk: change.id };
        await method.call(provider, change, data);
      } catch (error) {
        const { type, entity: name, id } = change;
        const kind = `${subject} failed on "${type}" of ${name}`;
        problems.error(kind, `${kind} ${JSON.stringify(id)}`, error);
      }
    };
    let last: Promise<void> = Promise.resolve();
    const isOurs = options.everywhere ? () => Promise.resolve(true) : sharedTask(subject, hub.log);
    hub.listen(rows.key, (change, commit) => {
      if (!change.isSoftDeleted) last = last.then(async () => ((await isOurs(commit)) ? call(change) : undefined));
    });
  }
}

/** Returns a function that tells whether this process runs the task for a commit. The log is asked once per commit. */
function sharedTask(task: string, log: ChangeLog): (commit: LoggedCommit) => Promise<boolean> {
  log.addTask?.(task);
  let asked: { readonly commit: LoggedCommit; readonly answer: Promise<boolean> } | undefined;
  return (commit) => {
    if (asked?.commit !== commit) asked = { commit, answer: log.runs?.(task, commit) ?? Promise.resolve(commit.isOwn) };
    return asked.answer;
  };
}
