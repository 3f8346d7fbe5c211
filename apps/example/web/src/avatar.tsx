import type { JSX } from 'preact';

interface AvatarProps {
  readonly name: string | undefined;
  readonly size?: 'small' | 'large';
}

/** The initial of a name on a colour of its own; a dashed ring for nobody. Decoration: the name stands beside it in words. */
export function Avatar({ name, size = 'small' }: AvatarProps): JSX.Element {
  if (name === undefined) return <span class={`avatar avatar-${size} avatar-nobody`} aria-hidden="true" />;
  return (
    <span class={`avatar avatar-${size}`} style={{ '--hue': String(hueOf(name)) }} aria-hidden="true">
      {name[0]}
    </span>
  );
}

/** By the first name, so that "Ada" and "Ada Lovelace" look alike. */
function hueOf(name: string): number {
  const first = name.split(' ', 1)[0] ?? '';
  return [...first].reduce((hue, letter) => (hue * 31 + (letter.codePointAt(0) ?? 0)) % 360, 11);
}
