import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { CopyButton } from './copy-button';
import type { Frame, Session } from './session';
import { useStore } from './store';

/** Every frame that went over the connection, and a field to send your own. */
export function FrameConsole({
  session,
  onClose,
}: {
  readonly session: Session;
  readonly onClose: () => void;
}): JSX.Element {
  const { frames } = useStore(session);
  const [event, setEvent] = useState('');
  const [payload, setPayload] = useState('');
  const [fault, setFault] = useState('');
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [frames]);

  const send = async (submitted: Event): Promise<void> => {
    submitted.preventDefault();
    try {
      setFault('');
      await session.send(event, payload.trim() === '' ? undefined : JSON.parse(payload));
    } catch (error) {
      setFault((error as Error).message);
    }
  };
  return (
    <section class="console" aria-label="Frames">
      <div class="panel-head">
        <h2>Frames</h2>
        <span class="note">{frames.length} of this session</span>
        <span class="grow" />
        <CopyButton label="Copy all" text={() => JSON.stringify(frames, null, 2)} />
        <button type="button" class="ghost small" onClick={() => session.set({ frames: [] })}>
          Clear
        </button>
        <button type="button" class="ghost small" onClick={onClose}>
          Close
        </button>
      </div>
      <ol class="frames" ref={list} tabIndex={0} aria-label="Frames sent and received">
        {frames.map((frame) => (
          <FrameLine key={frame.id} frame={frame} />
        ))}
      </ol>
      {frames.length === 0 && <p class="note frames-empty">What is sent and received appears here.</p>}
      <form class="raw-send" onSubmit={(submitted) => void send(submitted)} aria-label="Send a frame">
        <input
          aria-label="Event"
          placeholder="event"
          spellcheck={false}
          value={event}
          onInput={(typed) => setEvent(typed.currentTarget.value)}
        />
        <input
          class="grow"
          aria-label="Payload as JSON"
          placeholder={'{ "requestId": "1", "method": "GET", "action": "list" }'}
          spellcheck={false}
          value={payload}
          onInput={(typed) => setPayload(typed.currentTarget.value)}
        />
        <button type="submit">Send</button>
      </form>
      {fault && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
    </section>
  );
}

function FrameLine({ frame: { at, direction, event, payload } }: { readonly frame: Frame }) {
  const { status, type } = (payload ?? {}) as { status?: number; type?: string };
  return (
    <li class={`frame is-${direction}`}>
      <details>
        <summary>
          <time>{at.toLocaleTimeString([], { hour12: false })}</time>
          <span class="arrow" aria-label={direction}>
            {direction === 'sent' ? '↑' : '↓'}
          </span>
          <span class="event">{event}</span>
          {direction === 'received' && status !== undefined && (
            <span class={`status ${status < 400 ? 'is-good' : 'is-bad'}`}>{type ?? status}</span>
          )}
          <code>{JSON.stringify(payload)}</code>
        </summary>
        <pre class="json">{JSON.stringify(payload, null, 2)}</pre>
      </details>
    </li>
  );
}
