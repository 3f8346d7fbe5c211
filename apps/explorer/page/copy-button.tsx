import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

export function CopyButton({ label, text }: { readonly label: string; readonly text: () => string }): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      // Without permission or a secure origin, copy the old way.
      const field = document.createElement('textarea');
      field.value = text();
      document.body.append(field);
      field.select();
      // oxlint-disable-next-line typescript/no-deprecated -- the only way on pages without a secure origin
      document.execCommand('copy');
      field.remove();
    }
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button type="button" class="ghost small" onClick={() => void copy()} aria-live="polite">
      {isCopied ? 'Copied' : label}
    </button>
  );
}
