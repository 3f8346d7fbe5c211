import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { addressOf, type Address } from './address';
import type { ApiModel } from './model';
import type { Subscription } from './subscription';
import { MethodChip } from './method-chip';

interface Props {
  readonly model: ApiModel;
  readonly current: Address | undefined;
  readonly subscriptions: readonly Subscription[];
  readonly isOpen: boolean;
}

export function Sidebar({ model, current, subscriptions, isOpen }: Props): JSX.Element {
  const [wanted, setWanted] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLElement>(null);

  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      const isSearch = (event.key === '/' && !isTyping) || (event.key === 'k' && (event.ctrlKey || event.metaKey));
      if (!isSearch) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, []);

  /** The arrow keys move through the links, also from the search field. */
  const move = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const links = [...(list.current?.querySelectorAll('a') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    const next = links[event.key === 'ArrowDown' ? at + 1 : Math.max(0, at - 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const hooks = model.hooks
    .map((hook) => ({
      ...hook,
      actions: hook.actions.filter((action) =>
        words.every((word) => `${hook.namespace} ${action.name}`.toLowerCase().includes(word)),
      ),
    }))
    .filter(({ actions }) => actions.length > 0);

  return (
    <nav class={`sidebar ${isOpen ? 'is-open' : ''}`} aria-label="Hooks and actions" ref={list} onKeyDown={move}>
      <div class="search">
        <input
          ref={field}
          type="search"
          aria-label="Search actions"
          placeholder="Search actions"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      {hooks.map(({ namespace, path, actions }) => (
        <section key={namespace}>
          <h2>
            {namespace}
            {subscriptions.some((one) => one.namespace === namespace && one.ended === undefined) && (
              <span class="live-dot" title="Subscribed" />
            )}
          </h2>
          {path !== undefined && <p class="note">at {path}</p>}
          <ul>
            {actions.map((action) => {
              const isCurrent = current?.namespace === namespace && current.action === action.name;
              return (
                <li key={action.name}>
                  <a href={addressOf(namespace, action.name)} aria-current={isCurrent ? 'page' : undefined}>
                    <MethodChip method={action.kind === 'event' ? 'EVENT' : (action.methods[0] ?? '')} isShort />
                    <span>{action.name}</span>
                  </a>
                </li>
              );
            })}
          </ul>
        </section>
      ))}
      {hooks.length === 0 && <p class="note empty">No action is named like that.</p>}
    </nav>
  );
}
