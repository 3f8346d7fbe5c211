import type { JSX } from 'preact';
import { CopyButton } from './copy-button';
import { Json } from './json';
import type { ActionModel, ApiModel } from './model';
import { SchemaView } from './schema-view';
import type { Answer } from './session';

export interface Outcome {
  readonly answer?: Answer;
  /** Why there is no answer. */
  readonly fault?: string;
  readonly ms: number;
  readonly errors: Readonly<Record<string, readonly string[]>>;
}

interface Props {
  readonly action: ActionModel;
  readonly model: ApiModel;
  readonly outcome: Outcome | undefined;
}

export function AnswerPanel({ action, model, outcome }: Props): JSX.Element {
  if (!outcome) return <Expectation action={action} model={model} />;
  const { answer, fault, ms } = outcome;
  const isGood = answer !== undefined && answer.status < 400;
  const { code, message }: { code?: string; message?: string } = isGood ? {} : (answer?.data ?? {});
  return (
    <section class="panel answer" aria-label="Answer" aria-live="polite">
      <div class="panel-head">
        <span class={`status ${isGood ? 'is-good' : 'is-bad'}`}>{answer?.status ?? '–'}</span>
        {code && <code class="code">{code}</code>}
        <span class="time">{ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms</span>
        <span class="grow" />
        {answer && <CopyButton label="Copy" text={() => JSON.stringify(answer.data, null, 2)} />}
      </div>
      {answer?.position && (
        <p class="position" title="The commit that this request made">
          position <code>{answer.position}</code>
        </p>
      )}
      {(fault ?? message) && <p class="fault">{fault ?? message}</p>}
      {answer && <Json value={action.subscribes ? brief(answer.data) : answer.data} />}
    </section>
  );
}

/** The possible answers, shown before there is one. */
function Expectation({ action, model }: Omit<Props, 'outcome'>) {
  return (
    <section class="panel answer" aria-label="What is answered">
      <div class="panel-head">
        <h2>Answers</h2>
        {action.timeoutMs !== undefined && <span class="time">within {action.timeoutMs / 1_000} s</span>}
      </div>
      {action.output && <SchemaView schema={action.output} model={model} />}
      {action.errors.length > 0 && (
        <details class="errors">
          <summary>{action.errors.length} codes of errors</summary>
          <table>
            <tbody>
              {action.errors.map(({ code, status, retryable }) => (
                <tr key={code}>
                  <td class="status is-bad">{status}</td>
                  <td>
                    <code>{code}</code>
                  </td>
                  <td class="note">{retryable ? 'try again' : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </section>
  );
}

/** The answer without the rows of a subscription, which are in its table. */
function brief(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const { snapshot: _, resume: _token, rows: _rows, ids: _ids, ...rest } = data as Record<string, unknown>;
  return rest;
}
