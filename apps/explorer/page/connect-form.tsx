import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Credentials, SessionState } from './session';
import { readCredentials } from './storage';
import type { Schema } from './model';

interface Props {
  readonly status: SessionState['status'];
  readonly reason?: string;
  readonly schemes: readonly Schema[];
  readonly onConnect: (credentials: Credentials) => void;
  readonly onDisconnect: () => void;
  /** Absent if the form is part of the page. */
  readonly onClose?: () => void;
}

/** The credentials of the handshake. They are kept for this tab only. */
export function ConnectForm({ status, reason, schemes, onConnect, onDisconnect, onClose }: Props): JSX.Element {
  const [credentials, setCredentials] = useState(readCredentials());
  const [fault, setFault] = useState('');
  const wasSent = useRef(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  useEffect(() => {
    if (status === 'open' && wasSent.current) onClose?.();
  }, [status]);

  const connect = (event: Event): void => {
    event.preventDefault();
    try {
      wasSent.current = true;
      setFault('');
      onConnect(credentials);
    } catch {
      setFault('The additional credentials are not JSON.');
    }
  };
  const field = (name: keyof Credentials) => ({
    value: credentials[name],
    onInput: (event: Event) =>
      setCredentials({ ...credentials, [name]: (event.currentTarget as HTMLInputElement).value }),
  });
  const help = schemes.map(({ description }) => description as string | undefined).filter(Boolean);

  return (
    <form class={`connect ${onClose ? 'is-over' : 'panel'}`} aria-label="Connect" onSubmit={connect}>
      <h2>Connect</h2>
      <label>
        <span>Token</span>
        <input
          ref={first}
          type="text"
          autocomplete="off"
          spellcheck={false}
          placeholder="none: anonymous"
          {...field('token')}
        />
      </label>
      {help.length > 0 && <p class="note">{help.join(' ')}</p>}
      <details open={credentials.auth !== '' || credentials.path !== ''}>
        <summary>More of the handshake</summary>
        <label>
          <span>Further members of auth, as JSON</span>
          <textarea rows={2} spellcheck={false} placeholder={'{ "tenant": "acme" }'} {...field('auth')} />
        </label>
        <label>
          <span>Path of hooks with a URL of their own</span>
          <input type="text" spellcheck={false} placeholder="/thing/5" {...field('path')} />
        </label>
      </details>
      {(fault || (status === 'refused' && reason)) && (
        <p class="fault" role="alert">
          {fault || reason}
        </p>
      )}
      <p class="buttons">
        <button class="primary" type="submit">
          {status === 'connecting' ? 'Connecting…' : status === 'open' ? 'Connect again' : 'Connect'}
        </button>
        {status === 'open' && (
          <button type="button" onClick={onDisconnect}>
            Disconnect
          </button>
        )}
        {onClose && (
          <button type="button" class="ghost" onClick={onClose}>
            Close
          </button>
        )}
      </p>
    </form>
  );
}
