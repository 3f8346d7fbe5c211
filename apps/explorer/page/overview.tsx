import type { JSX } from 'preact';
import { addressOf } from './address';
import type { ApiModel } from './model';
import { MethodChip } from './method-chip';
import { readHistory } from './storage';

export function Overview({ model }: { readonly model: ApiModel }): JSX.Element {
  const { info } = model.document;
  const calls = readHistory();
  return (
    <article class="overview">
      <h1>{info.title}</h1>
      <p class="lead">
        {info.description ??
          'Connect, choose an action, and call it. Subscriptions show changes as they are committed.'}
      </p>
      <p class="facts">
        <strong>{model.hooks.length}</strong> hooks <span aria-hidden="true">·</span>{' '}
        <strong>{model.hooks.reduce((sum, { actions }) => sum + actions.length, 0)}</strong> actions{' '}
        <span aria-hidden="true">·</span> <a href="./asyncapi.json">AsyncAPI document</a>
      </p>
      <div class="cards">
        {model.hooks.map(({ namespace, actions }) => (
          <section class="card" key={namespace}>
            <h2>{namespace}</h2>
            <p class="links">
              {actions.map((action) => (
                <a key={action.name} href={addressOf(namespace, action.name)}>
                  {action.name}
                </a>
              ))}
            </p>
          </section>
        ))}
      </div>
      {calls.length > 0 && (
        <section class="history">
          <h2>Last calls</h2>
          <ul>
            {calls.slice(0, 10).map((call) => (
              <li key={call.at}>
                <a
                  href={addressOf(call.namespace, call.action, {
                    method: call.method,
                    data: call.data,
                    query: call.query,
                  })}
                >
                  <MethodChip method={call.method} isShort />
                  <span>
                    {call.namespace} / {call.action}
                  </span>
                  <span class={`status ${call.status < 400 ? 'is-good' : 'is-bad'}`}>{call.status}</span>
                  <time>{new Date(call.at).toLocaleTimeString()}</time>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      <p class="keys note">
        <kbd>/</kbd> search <kbd>c</kbd> connect <kbd>`</kbd> frames <kbd>Ctrl</kbd> <kbd>Enter</kbd> send
      </p>
    </article>
  );
}
