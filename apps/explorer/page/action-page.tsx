import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { addressOf, type Prefill } from './address';
import { AnswerPanel, type Outcome } from './answer';
import { CopyButton } from './copy-button';
import { SchemaForm, type Values } from './form';
import { LiveTable } from './live-table';
import { MethodChip } from './method-chip';
import type { ActionModel, ApiModel, Schema } from './model';
import type { Credentials, Request, Session } from './session';
import { clientCode, frameText, type Handshake } from './snippets';
import { keepCall, readCredentials } from './storage';
import { useStore } from './store';

interface Props {
  readonly model: ApiModel;
  readonly action: ActionModel;
  readonly session: Session;
  readonly prefill?: Prefill;
  readonly onConnect: () => void;
}

const NO_ERRORS = {};

export function ActionPage({ model, action, session, prefill, onConnect }: Props): JSX.Element {
  const { status, subscriptions } = useStore(session);
  const [method, setMethod] = useState(prefill?.method ?? action.methods[0] ?? 'GET');
  const [data, setData] = useState<unknown>(prefill?.data);
  const [query, setQuery] = useState<unknown>(prefill?.query);
  const [isRaw, setRaw] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const article = useRef<HTMLElement>(null);
  const hasSubscribe = model.find(action.namespace, 'subscribe') !== undefined;
  const input = action.inputs[method] ?? { needsQuery: false };
  const own = subscriptions.filter((one) => one.namespace === action.namespace && one.action === action.name);
  const errors = outcome?.errors ?? NO_ERRORS;
  const takesQuery = hasForm(model, input.query) || input.needsQuery;

  const request: Request = {
    namespace: action.kind === 'event' ? action.name : action.namespace,
    action: action.name,
    method,
    ...(isSaid(data) && { data }),
    ...(isSaid(query) && { query }),
  };

  const send = async (event?: Event): Promise<void> => {
    event?.preventDefault();
    if (status !== 'open') return onConnect();
    setBusy(true);
    const began = performance.now();
    try {
      const answer =
        action.kind === 'event'
          ? await session.send(action.name, data)
          : await (action.subscribes ? session.subscribe(request, hasSubscribe) : session.call(request));
      if (action.subscribes && answer.status < 400) article.current?.scrollIntoView({ block: 'start' });
      setOutcome({ answer, ms: performance.now() - began, errors: errorsOf(answer.data) });
      keepCall({ ...request, namespace: action.namespace, at: new Date().toISOString(), status: answer.status });
      history.replaceState(
        null,
        '',
        addressOf(action.namespace, action.name, { method, data: request.data, query: request.query }),
      );
    } catch (error) {
      setOutcome({ fault: (error as Error).message, ms: performance.now() - began, errors: NO_ERRORS });
    } finally {
      setBusy(false);
    }
  };

  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit();
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, []);

  return (
    <article class="action" ref={article}>
      <header class="action-head">
        <h1>
          <span class="crumb">{action.namespace}</span>
          {action.name}
        </h1>
        {action.summary && <p class="lead">{withCode(action.summary)}</p>}
        <p class="who">
          {action.permissions.length > 0 ? (
            <>
              <span class="who-label">Who may</span>
              {action.permissions.map((name) => (
                <code key={name}>{name}</code>
              ))}
            </>
          ) : action.kind === 'action' ? (
            <span class="who-label">No permission is asked</span>
          ) : null}
        </p>
      </header>
      {own.map((subscription) => (
        <LiveTable
          key={subscription.requestId}
          subscription={subscription}
          onEnd={() => void session.unsubscribe(subscription)}
        />
      ))}
      <div class="columns">
        <form
          class="panel request"
          ref={form}
          onSubmit={(event) => void send(event)}
          aria-label={`Call ${action.name}`}
        >
          <div class="panel-head">
            {action.methods.length > 1 ? (
              <div class="methods" role="radiogroup" aria-label="Method">
                {action.methods.map((one) => (
                  <label key={one} class={one === method ? 'is-chosen' : ''}>
                    <input
                      type="radio"
                      name="method"
                      value={one}
                      checked={one === method}
                      onChange={() => setMethod(one)}
                    />
                    <MethodChip method={one} />
                  </label>
                ))}
              </div>
            ) : (
              <MethodChip method={action.kind === 'event' ? 'EVENT' : method} />
            )}
            <span class="grow" />
            <button type="button" class="ghost small" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
              JSON
            </button>
          </div>
          {takesQuery && input.query && (
            <Part
              title="Query"
              model={model}
              schema={input.query}
              value={query}
              isRaw={isRaw}
              errors={errors}
              id="query"
              isSparse
              onChange={setQuery}
            />
          )}
          {input.data && (
            <Part
              title={action.kind === 'event' ? 'Payload' : 'Data'}
              model={model}
              schema={input.data}
              value={data}
              isRaw={isRaw}
              errors={errors}
              id="data"
              onChange={setData}
            />
          )}
          {!takesQuery && !input.data && <p class="note empty">Takes nothing.</p>}
          <div class="buttons">
            <button class="primary" type="submit" disabled={isBusy}>
              {status === 'open' ? (isBusy ? 'Waiting…' : action.subscribes ? 'Subscribe' : 'Send') : 'Connect first'}
            </button>
            <span class="grow" />
            {action.kind === 'action' && (
              <CopyButton
                label="Copy as client code"
                text={() => clientCode(request, action.subscribes, handshakeOf(readCredentials()))}
              />
            )}
            <CopyButton
              label="Copy as frame"
              text={() => (action.kind === 'event' ? JSON.stringify(data, null, 2) : frameText(request))}
            />
          </div>
        </form>
        <AnswerPanel action={action} model={model} outcome={outcome} />
      </div>
    </article>
  );
}

interface PartProps {
  readonly title: string;
  readonly model: ApiModel;
  readonly schema: Schema;
  readonly value: unknown;
  readonly isRaw: boolean;
  readonly errors: Outcome['errors'];
  readonly id: string;
  readonly isSparse?: boolean;
  readonly onChange: (value: unknown) => void;
}

function Part({ title, model, schema, value, isRaw, errors, id, isSparse, onChange }: PartProps) {
  const isForm = hasForm(model, schema) && !isRaw;
  const elsewhere = Object.entries(errors).filter(([name]) => name === '' || !isForm);
  return (
    <fieldset>
      <legend>{title}</legend>
      {elsewhere.map(([name, list]) => (
        <p class="fault" role="alert" key={name}>
          {name && <code>{name}</code>} {list.join(' ')}
        </p>
      ))}
      {isForm ? (
        <SchemaForm
          model={model}
          schema={schema}
          values={(value ?? {}) as Values}
          errors={errors}
          idPrefix={id}
          isSparse={isSparse}
          onChange={onChange}
        />
      ) : (
        <JsonField title={title} value={value} onChange={onChange} />
      )}
    </fieldset>
  );
}

function JsonField({ title, value, onChange }: Pick<PartProps, 'title' | 'value' | 'onChange'>) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  const [isWrong, setWrong] = useState(false);
  return (
    <>
      <textarea
        class="raw"
        rows={8}
        spellcheck={false}
        aria-label={`${title} as JSON`}
        aria-invalid={isWrong || undefined}
        value={text}
        placeholder="{ }"
        onInput={(event) => {
          const written = event.currentTarget.value;
          setText(written);
          try {
            onChange(written.trim() === '' ? undefined : JSON.parse(written));
            setWrong(false);
          } catch {
            setWrong(true);
          }
        }}
      />
      {isWrong && <p class="fault">Not JSON yet.</p>}
    </>
  );
}

/** The text, with the parts between backticks as code. */
function withCode(text: string): (string | JSX.Element)[] {
  return text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part));
}

function hasForm(model: ApiModel, schema: Schema | undefined): boolean {
  const { properties } = schema ? model.resolve(schema) : {};
  return Object.values((properties ?? {}) as Record<string, Schema>).some((one) => one['x-ignored'] !== true);
}

function isSaid(value: unknown): boolean {
  return value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

function errorsOf(data: unknown): Outcome['errors'] {
  return ((data ?? {}) as { errors?: Outcome['errors'] }).errors ?? NO_ERRORS;
}

function handshakeOf({ path, auth }: Credentials): Handshake {
  try {
    return { path, members: Object.keys(JSON.parse(auth || '{}') as object) };
  } catch {
    return { path, members: [] };
  }
}
