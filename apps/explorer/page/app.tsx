import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { ActionPage } from './action-page';
import { FrameConsole } from './console';
import { ConnectForm } from './connect-form';
import { Overview } from './overview';
import type { ApiModel } from './model';
import { addressOf, readAddress } from './address';
import { Session } from './session';
import { Sidebar } from './sidebar';
import { applyTheme, keepCredentials, readCredentials, readTheme, type Theme } from './storage';
import { useStore } from './store';

const WORDS = { open: 'Connected', connecting: 'Connecting…', closed: 'Not connected', refused: 'Refused' } as const;

export function App({ model }: { readonly model: ApiModel }): JSX.Element {
  const session = useMemo(() => new Session(model.socketPath), [model]);
  const { status, reason, subscriptions } = useStore(session);
  const [address, setAddress] = useState(readAddress());
  const [isConnecting, setConnecting] = useState(false);
  const [hasConsole, setConsole] = useState(false);
  const [hasMenu, setMenu] = useState(false);
  const [theme, setTheme] = useState<Theme>(readTheme());
  const action = address && model.find(address.namespace, address.action);

  useEffect(() => {
    const follow = (): void => {
      setAddress(readAddress());
      setMenu(false);
    };
    addEventListener('hashchange', follow);
    const credentials = readCredentials();
    if (credentials.token || credentials.auth) session.connect(credentials);
    else setConnecting(true);
    return () => removeEventListener('hashchange', follow);
  }, [session]);

  useEffect(() => {
    if (status === 'open') setConnecting(false);
  }, [status]);

  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key === 'Escape') setConnecting(false);
      if (isTyping || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === '`') setConsole((is) => !is);
      if (event.key === 'c') {
        event.preventDefault();
        setConnecting(true);
      }
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, []);

  const flip = (): void => {
    const next = theme === 'dark' ? 'light' : 'dark';
    applyTheme(next);
    setTheme(next);
  };

  // The overview has its own place for the connection form.
  const isInPage = !action && status !== 'open';
  const connectForm = (onClose?: () => void): JSX.Element => (
    <ConnectForm
      status={status}
      reason={reason}
      schemes={Object.values(model.document.components.securitySchemes)}
      onConnect={(credentials) => {
        keepCredentials(credentials);
        session.connect(credentials);
      }}
      onDisconnect={() => session.disconnect()}
      onClose={onClose}
    />
  );

  return (
    <div class={`app ${hasConsole ? 'has-console' : ''}`}>
      <header class="top">
        <button class="ghost menu-button" aria-label="Menu" aria-expanded={hasMenu} onClick={() => setMenu(!hasMenu)}>
          ☰
        </button>
        <a class="brand" href="#/">
          <span class="mark" aria-hidden="true" />
          <span class="brand-name">{model.document.info.title}</span>
          <span class="version">{model.document.info.version}</span>
        </a>
        <span class="grow" />
        <button
          class={`pill status-${status}`}
          title={reason ?? WORDS[status]}
          onClick={() => setConnecting(!isConnecting)}
        >
          <span class="dot" aria-hidden="true" />
          {WORDS[status]}
        </button>
        <button class="ghost" aria-pressed={hasConsole} title="Frames (`)" onClick={() => setConsole(!hasConsole)}>
          Frames
        </button>
        <button class="ghost icon" aria-label={theme === 'dark' ? 'Light colours' : 'Dark colours'} onClick={flip}>
          {theme === 'dark' ? '☀' : '☾'}
        </button>
      </header>
      {isConnecting && !isInPage && connectForm(() => setConnecting(false))}
      <Sidebar model={model} current={address} subscriptions={subscriptions} isOpen={hasMenu} />
      <main class="page" id="page">
        {action ? (
          <ActionPage
            key={addressOf(action.namespace, action.name)}
            model={model}
            action={action}
            session={session}
            prefill={address?.request}
            onConnect={() => setConnecting(true)}
          />
        ) : (
          <Overview model={model} connect={isInPage ? connectForm() : undefined} />
        )}
      </main>
      {hasConsole && <FrameConsole session={session} onClose={() => setConsole(false)} />}
    </div>
  );
}
