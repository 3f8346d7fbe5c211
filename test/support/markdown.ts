// Reads the fenced blocks of a Markdown file.

export interface Fence {
  /** The first word after the fence, e.g. `json`. */
  readonly language: string;
  /** What follows that word, e.g. `request`. */
  readonly info: string;
  readonly text: string;
  /** Number of the block's first line of text, counted from 1. */
  readonly line: number;
}

export function fencesOf(markdown: string): readonly Fence[] {
  const fences: Fence[] = [];
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const opening = /^(\s*)(`{3,}|~{3,})\s*(\S*)\s*(.*)$/.exec(lines[i] ?? '');
    if (!opening) continue;
    const [, indent = '', mark = '', language = '', info = ''] = opening;
    const start = i + 1;
    do i++;
    while (i < lines.length && !(lines[i] ?? '').trim().startsWith(mark));
    const text = lines.slice(start, i).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    fences.push({ language, info: info.trim(), text: text.join('\n'), line: start + 1 });
  }
  return fences;
}
