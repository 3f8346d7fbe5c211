// At the foot of the page: what goes over the wire, as it goes.

import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Frame, useFrames } from './frames.js';

export function FramesDrawer(): JSX.Element {
  const { frames, count, clear } = useFrames();
  const [isOpen, setOpen] = useState(false);
  const log = useRef<HTMLOListElement>(null);
  /** Whoever scrolled up is reading: new frames must not carry the lines away. */
  const isAtEnd = useRef(true);

  useLayoutEffect(() => {
    if (log.current && isAtEnd.current) log.current.scrollTop = log.current.scrollHeight;
  }, [frames, isOpen]);

  return (
    <section class="frames" aria-label="Frames">
      <div class="frames-bar">
        <button
          type="button"
          class="frames-toggle"
          aria-expanded={isOpen}
          aria-controls="frames-log"
          onClick={() => setOpen(!isOpen)}
        >
          <span class="frames-arrow" aria-hidden="true" />
          Frames <span class="count">{count}</span>
        </button>
        <p class="frames-hint">{isOpen ? 'The WebSocket of this window. Click a frame to read it.' : ''}</p>
        {isOpen && (
          <button type="button" class="frames-clear" onClick={clear}>
            Clear
          </button>
        )}
      </div>
      <ol
        id="frames-log"
        class="frames-log"
        ref={log}
        hidden={!isOpen}
        tabIndex={0}
        aria-label="Frames, oldest first"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < 8;
        }}
      >
        {isOpen && frames.map((frame) => <FrameLine key={frame.number} frame={frame} />)}
        {isOpen && frames.length === 0 && <li class="frames-none">Nothing yet. Move a card.</li>}
      </ol>
    </section>
  );
}

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

function FrameLine({ frame }: { readonly frame: Frame }): JSX.Element {
  const { isSent, at, namespace, summary, bytes, content } = frame;
  return (
    <li class={`frame frame-${isSent ? 'sent' : 'received'}`}>
      <details>
        <summary>
          <span class="frame-way" aria-hidden="true">
            {isSent ? '↑' : '↓'}
          </span>
          <span class="visually-hidden">{isSent ? 'Sent' : 'Received'}</span>
          <time class="frame-time">{TIME.format(at)}</time>
          <span class="frame-namespace">{namespace ?? ''}</span>
          <span class="frame-summary">{summary}</span>
          <code class="frame-peek" aria-hidden="true">
            {JSON.stringify(content)?.slice(0, 160)}
          </code>
          <span class="frame-bytes">{bytes} B</span>
        </summary>
        <pre tabIndex={0} aria-label="Content of the frame">
          {JSON.stringify(content, null, 2)}
        </pre>
      </details>
    </li>
  );
}
