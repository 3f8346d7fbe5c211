import type { JSX } from 'preact';
import { addressOf } from './address';
import type { ApiModel } from './model';
import { MethodChip } from './method-chip';
import { readHistory } from './storage';

interface Props {
  readonly model: ApiModel;
  /** The connection form, while there is no connection. */
  readonly connect: JSX.Element | undefined;
}

export function Overview({ model, connect }: Props): JSX.Element {
  const { info } = model.document;
  const calls = readHistory();
  return (
    <article class="overview">
      <div class="welcome">
        <div>
          <h1>{info.title}</h1>
          <p class="lead">
            {info.description ??
              'Connect, choose an action, and call it. Subscriptions show changes as they are committed, and why.'}
          </p>
          <p class="facts">
            <strong>{model.hooks.length}</strong> hooks{' '}
            <strong>{model.hooks.reduce((sum, { actions }) => sum + actions.length, 0)}</strong> actions{' '}
            <a href="./asyncapi.json">AsyncAPI document</a>
          </p>
        </div>
        {connect}
      </div>
      <div class="cards">
        {model.hooks.map(({ namespace, path, actions }) => (
          <section class="card" key={namespace}>
            <h2>
              {namespace} {path !== undefined && <code>{path}</code>}
            </h2>
            <ul class="links">
              {actions
                .filter(({ name }) => name !== 'unsubscribe')
                .map((action) => (
                  <li key={action.name}>
                    <a href={addressOf(namespace, action.name)}>
                      <span
                        class={`tick tick-${action.subscribes ? 'subscription' : (action.methods[0] ?? '').toLowerCase()}`}
                      />
                      {action.name}
                    </a>
                  </li>
                ))}
            </ul>
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
                  <time>{new Date(call.at).toLocaleTimeString([], { hour12: false })}</time>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      <ul class="keys note" aria-label="Keys">
        {KEYS.map(([keys, what]) => (
          <li key={what}>
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}{' '}
            {what}
          </li>
        ))}
      </ul>
    </article>
  );
}

const KEYS = [
  [['/'], 'search'],
  [['c'], 'connect'],
  [['`'], 'frames'],
  [['Ctrl', 'Enter'], 'send'],
] as const;
