// Keeps the last frames of the page's WebSockets for the drawer that shows them. Imported before the client is, which
// takes the browser's WebSocket as it finds it.

import { useEffect, useState } from 'preact/hooks';

export interface Frame {
  readonly number: number;
  readonly at: Date;
  readonly isSent: boolean;
  readonly bytes: number;
  /** The event's name, which is the hook's namespace; undefined for what belongs to the connection itself. */
  readonly namespace: string | undefined;
  /** In a few words, e.g. `GET list` or `200 list`. */
  readonly summary: string;
  readonly content: unknown;
}

const MAX_FRAMES = 200;

let frames: readonly Frame[] = [];
let count = 0;
/** Of each request, so that its answer can be shown with it. */
const namespaces = new Map<string, string>();
const listeners = new Set<() => void>();

function keep(isSent: boolean, data: unknown): void {
  if (typeof data !== 'string') return;
  const content = readPacket(data);
  if (!content) return;
  frames = [
    ...frames.slice(1 - MAX_FRAMES),
    { number: ++count, at: new Date(), isSent, bytes: data.length, ...content },
  ];
  for (const listener of listeners) listener();
}

type Packet = Pick<Frame, 'namespace' | 'summary' | 'content'>;

/** A packet of Socket.IO: `4`, its type, perhaps the number of an acknowledgement, JSON. Pings are of no interest. */
function readPacket(text: string): Packet | undefined {
  const [, type, json = ''] = /^4(\d)\d*(.*)$/s.exec(text) ?? [];
  if (type === undefined) return undefined;
  const content = json === '' ? undefined : readJson(json);
  if (type === '0') return { namespace: undefined, summary: 'connect', content };
  if (type === '1') return { namespace: undefined, summary: 'disconnect', content };
  if (type === '4') return { namespace: undefined, summary: 'refused', content };
  const [first, second] = Array.isArray(content) ? (content as unknown[]) : [];
  if (typeof first !== 'string') return { namespace: namespaceOf(first), summary: summaryOf(first), content: first };
  const { requestId } = (second ?? {}) as { requestId?: unknown };
  if (typeof requestId === 'string') namespaces.set(requestId, first);
  return { namespace: first, summary: summaryOf(second), content: second };
}

function namespaceOf(answer: unknown): string | undefined {
  const { requestId, status } = (answer ?? {}) as { requestId?: unknown; status?: unknown };
  if (typeof requestId !== 'string') return undefined;
  const namespace = namespaces.get(requestId);
  if (status !== 206) namespaces.delete(requestId);
  return namespace;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A request has a method and no status; a change has a type; an answer has a status. */
function summaryOf(frame: unknown): string {
  const { method, action, status, type, id } = (frame ?? {}) as Readonly<Record<string, unknown>>;
  if (status === undefined) return `${textOf(method)} ${textOf(action)}`;
  if (type === undefined) return `${textOf(status)} ${textOf(action)}`;
  return id === undefined || id === null ? textOf(type) : `${textOf(type)} #${textOf(id)}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

globalThis.WebSocket = class extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    this.addEventListener('message', ({ data }) => keep(false, data));
  }

  override send(data: Parameters<WebSocket['send']>[0]): void {
    keep(true, data);
    super.send(data);
  }
};

/** The frames so far, oldest first, and how many there have been; and a way to forget them. */
export function useFrames(): { readonly frames: readonly Frame[]; readonly count: number; readonly clear: () => void } {
  const [state, setState] = useState({ frames, count });
  useEffect(() => {
    const update = (): void => setState({ frames, count });
    update();
    listeners.add(update);
    return () => void listeners.delete(update);
  }, []);
  const clear = (): void => {
    frames = [];
    count = 0;
    setState({ frames, count });
  };
  return { ...state, clear };
}
