import type { JSX } from 'preact';

const SHORT: Readonly<Record<string, string>> = { SUBSCRIPTION: 'LIVE', DELETE: 'DEL', EVENT: 'EVT' };

export function MethodChip({
  method,
  isShort = false,
}: {
  readonly method: string;
  readonly isShort?: boolean;
}): JSX.Element {
  return (
    <span class={`chip chip-${method.toLowerCase()}`} title={method}>
      {(isShort ? SHORT[method] : undefined) ?? method}
    </span>
  );
}
