import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from './avatar.js';
import { Field, formErrors, NO_ERRORS } from './field.js';
import { useJira, useLive, WHOLE } from './jira.js';
import type { People } from './people.js';

interface CommentsProps {
  readonly issueId: number;
  readonly nameOf: People['nameOf'];
}

export function Comments({ issueId, nameOf }: CommentsProps): JSX.Element {
  const jira = useJira();
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  const { rows, isLoaded } = useLive(
    `comments of issue ${issueId}`,
    (client) => client.hook('comments').list({ issueId, ...WHOLE }),
    (change) => {
      if (change.type === 'added') setFresh((all) => new Set(all).add(change.data.id));
    },
  );
  const [text, setText] = useState('');
  const [errors, setErrors] = useState(NO_ERRORS);
  const [isBusy, setBusy] = useState(false);

  const send = async (): Promise<void> => {
    setBusy(true);
    try {
      await jira.hook('comments').create({ issueId, text: text.trim() });
      setText('');
      setErrors(NO_ERRORS);
    } catch (error) {
      setErrors(formErrors(error, ['text']));
    } finally {
      setBusy(false);
    }
  };

  // The newest is what one wants to see.
  const list = useRef<HTMLOListElement>(null);
  useLayoutEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [rows.length]);

  return (
    <section class="comments" aria-labelledby="comments-title">
      <h3 id="comments-title">
        Comments <span class="count">{rows.length}</span>
      </h3>
      <ol class="comment-list" aria-live="polite" aria-label="Comments" tabIndex={0} ref={list}>
        {rows.map((comment) => (
          <li key={comment.id} class={fresh.has(comment.id) ? 'comment is-fresh' : 'comment'}>
            <Avatar name={nameOf(comment.authorId)} />
            <div>
              <p class="comment-head">
                <strong>{nameOf(comment.authorId)}</strong> <Time iso={comment.createdAt} />
              </p>
              <p class="comment-text">{comment.text}</p>
            </div>
          </li>
        ))}
      </ol>
      {isLoaded && rows.length === 0 && <p class="empty">Nobody has said anything yet.</p>}
      <form
        class="comment-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Field id="comment-text" label="Add a comment" errors={errors.fields['text']}>
          {(control) => (
            <textarea
              {...control}
              class="input"
              rows={2}
              readOnly={isBusy}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send();
              }}
            />
          )}
        </Field>
        {errors.rest && (
          <p class="form-error" role="alert">
            {errors.rest}
          </p>
        )}
        <button type="submit" class="button" disabled={isBusy}>
          {isBusy ? 'Sending…' : 'Comment'}
        </button>
      </form>
    </section>
  );
}

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function Time({ iso }: { readonly iso: string }): JSX.Element {
  return <time dateTime={iso}>{WHEN.format(new Date(iso))}</time>;
}
