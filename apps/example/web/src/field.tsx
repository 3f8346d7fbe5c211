import type { ComponentChildren, JSX } from 'preact';
import { JiraClientError } from 'nestjs-jira-client';
import { wordsOf } from './notices.js';

/** What goes on the control of a field. */
export interface ControlProps {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string | undefined;
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly errors: readonly string[] | undefined;
  readonly children: (control: ControlProps) => ComponentChildren;
}

/** A label, a control, and what the server has against its content. */
export function Field({ id, label, errors, children }: FieldProps): JSX.Element {
  const errorId = `${id}-error`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-invalid': errors !== undefined, 'aria-describedby': errors && errorId })}
      {errors && (
        <p id={errorId} class="field-error" role="alert">
          {errors.map(sentence).join(' ')}
        </p>
      )}
    </div>
  );
}

export interface FormErrors {
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** What belongs to no field of the form. */
  readonly rest?: string;
}

export const NO_ERRORS: FormErrors = { fields: {} };

/** Sorts a failure to the fields of a form. */
export function formErrors(error: unknown, fields: readonly string[]): FormErrors {
  const all = error instanceof JiraClientError ? (error.errors ?? {}) : {};
  const known = Object.entries(all).filter(([field]) => fields.includes(field));
  const others = Object.entries(all).filter(([field]) => !fields.includes(field));
  if (known.length > 0 && others.length === 0) return { fields: Object.fromEntries(known) };
  const rest = others.length > 0 ? others.flatMap(([, messages]) => messages).join(' ') : wordsOf(error);
  return { fields: Object.fromEntries(known), rest };
}

function sentence(text: string): string {
  const capital = text.charAt(0).toLocaleUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
