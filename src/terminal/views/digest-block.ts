import { digestWords } from '../../encoding/words.ts';
import { COLUMNS } from './wrap.ts';

/** Hex digits of a group, groups of a row, words of a row. */
const GROUP = 4;
const ROW = 8;

/** A digest as people compare it: its kind, hex in groups of four, and 32 words in rows of eight. */
export function digestLines(kind: string, digest: string): string[] {
  const groups = digest.match(new RegExp(`.{1,${String(GROUP)}}`, 'g')) ?? [];
  return [
    `${kind} digest`,
    ...rows(groups).map((row) => `  ${row.join(' ')}`),
    '',
    ...wordRows(digestWords(digest)),
  ];
}

function wordRows(words: readonly string[]): string[] {
  const lines = rows(words);
  const widths = Array.from({ length: ROW }, (_, at) =>
    Math.max(...lines.map((row) => row[at]?.length ?? 0)),
  );
  const aligned = lines.map((row) =>
    `  ${row.map((word, at) => word.padEnd(widths[at] ?? 0)).join(' ')}`.trimEnd(),
  );
  if (aligned.every((line) => line.length <= COLUMNS)) return aligned;
  // Eight words a row is what people count by: rows that are too wide give up their columns first, and the few
  // that are still wider than the screen (87 columns at most) are wrapped by the terminal.
  return lines.map((row) => row.join(' '));
}

function rows<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / ROW) }, (_, at) =>
    items.slice(at * ROW, at * ROW + ROW),
  );
}
